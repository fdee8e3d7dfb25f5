package trail

import (
	"slices"
	"strings"
	"time"
)

// Day counts days from 1970-01-01 UTC.
type Day int32

// DayOf is the UTC day of a time.
func DayOf(t time.Time) Day { return Day(floorDiv(t.Unix(), 86400)) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Start is the first instant of the day.
func (d Day) Start() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String is the day as 2006-01-02.
func (d Day) String() string { return d.Start().Format(time.DateOnly) }

// Hours is a set of hours of one UTC day: bit h stands for h:00 to h:59.
type Hours uint32

// HourOf is the set of the one hour that t lies in.
func HourOf(t time.Time) Hours { return 1 << t.UTC().Hour() }

// Fact is what equal records have in common: the key by which they fold. Two
// records of one day with equal Facts are one Observation.
type Fact struct {
	Identity    Identity
	Account     string // recipient account
	Region      string
	EventSource string
	EventName   string
	EventType   string
	Category    string
	ErrorCode   string
	Denial      Denial
	VPCEndpoint string
	SourceIP    string // only the AWS service name, if a service called; an address is not kept
	ReadOnly    Tristate
	Omitted     bool
	Resources   []Resource // sorted
	Params      []Param    // sorted by path, then value
}

// Observation is equal records of one day folded into one.
type Observation struct {
	Fact
	Day         Day
	First, Last time.Time // event times, seconds
	Hours       Hours
	EventID     string // sample: of the record that is first by time, then ID
	Shared      string // sharedEventID of the sample
}

// Observe is the observation of a single record. With keepAddress the caller's
// IP address stays in SourceIP, for interpretation that is not stored.
func (r *Record) Observe(keepAddress bool) Observation {
	ip := r.SourceIP
	if !keepAddress {
		ip = r.callingService()
	}
	return Observation{
		Fact: Fact{
			Identity: r.Identity, Account: r.Account, Region: r.Region,
			EventSource: r.EventSource, EventName: r.EventName,
			EventType: r.EventType, Category: r.Category,
			ErrorCode: r.ErrorCode, Denial: r.Denial,
			VPCEndpoint: r.VPCEndpoint, SourceIP: ip,
			ReadOnly: r.ReadOnly, Omitted: r.Omitted,
			Resources: r.Resources, Params: r.Params,
		},
		Day: DayOf(r.EventTime), First: r.EventTime, Last: r.EventTime,
		Hours: HourOf(r.EventTime), EventID: r.EventID, Shared: r.SharedEventID,
	}
}

// callingService is SourceIP where it names a service and no address.
func (r *Record) callingService() string {
	if strings.HasSuffix(r.SourceIP, ".amazonaws.com") {
		return r.SourceIP
	}
	return ""
}

// Merge folds p, an observation of the same Fact and Day, into o. The result
// does not depend on order, nor on how often a record was delivered.
func (o *Observation) Merge(p *Observation) {
	if p.First.Before(o.First) || p.First.Equal(o.First) && ParseEventID(p.EventID).Compare(ParseEventID(o.EventID)) < 0 {
		o.First, o.EventID, o.Shared = p.First, p.EventID, p.Shared
	}
	if p.Last.After(o.Last) {
		o.Last = p.Last
	}
	o.Hours |= p.Hours
}

// Get gives the values at a parameter path, which is compared without regard
// to the case of ASCII letters (the SDK says RoleArn, CloudTrail roleArn).
func (f *Fact) Get(path string) []string {
	var values []string
	for _, p := range f.Params {
		if len(p.Path) == len(path) && strings.EqualFold(p.Path, path) {
			values = append(values, p.Value)
		}
	}
	return values
}

// First gives the first of the values that Get gives, "" if there is none.
func (f *Fact) First(path string) string {
	for i := range f.Params {
		if p := &f.Params[i]; len(p.Path) == len(path) && strings.EqualFold(p.Path, path) {
			return p.Value
		}
	}
	return ""
}

// SortParams brings parameters into the order of [Fact.Params] and drops
// repeated ones.
func SortParams(params []Param) []Param {
	slices.SortFunc(params, func(a, b Param) int {
		if c := strings.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		return strings.Compare(a.Value, b.Value)
	})
	return slices.Compact(params)
}
