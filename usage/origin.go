package usage

import (
	"slices"

	"github.com/pruner/pruner/trail"
)

// place is where calls come from, as far as the store keeps it: the session's
// name, hashed, and the VPC endpoint. Addresses and user agents are not stored.
type place struct{ session, endpoint string }

// origin is one place and the days it was seen on, up to steadyDays.
type origin struct{ days []Day }

// steadyDays is on how many days a place was seen that belongs to a principal's
// work. Sessions that are named anew each time never are; where no place is
// steady, nothing is told of places.
const steadyDays = 7

func (o *origin) steady() bool { return len(o.days) >= steadyDays }

func (o *origin) add(d Day) {
	if i, found := slices.BinarySearch(o.days, d); !found && !o.steady() {
		o.days = slices.Insert(o.days, i, d)
	}
}

// maxOrigins bounds what is remembered of a use's places: one that came from
// more of them is no single visit.
const maxOrigins = 8

// origins are a principal's places, and those of each use.
type origins struct {
	all   map[place]*origin
	ofUse map[*Use][]*origin
}

func newOrigins() origins { return origins{map[place]*origin{}, map[*Use][]*origin{}} }

// from is the observation's place.
func (s *origins) from(o *trail.Observation) *origin {
	key := place{o.Identity.ARN, o.VPCEndpoint}
	at := s.all[key]
	if at == nil {
		at = &origin{}
		s.all[key] = at
	}
	at.add(o.Day)
	return at
}

func (s *origins) note(u *Use, at *origin) {
	list := s.ofUse[u]
	if len(list) > maxOrigins || len(list) > 0 && list[len(list)-1] == at || slices.Contains(list, at) {
		return
	}
	s.ofUse[u] = append(list, at)
}

// mark tells the uses that came from none of the principal's steady places,
// where it has any.
func (s *origins) mark() {
	isSteady := func(o *origin) bool { return o.steady() }
	some := false
	for _, o := range s.all {
		some = some || o.steady()
	}
	for u, list := range s.ofUse {
		u.Apart = some && len(list) <= maxOrigins && !slices.ContainsFunc(list, isSteady)
	}
}
