package usage

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// Visibility answers whether silence about a request means that it was not
// made.
type Visibility struct {
	catalog *catalog.Catalog
	account *account.Account
	org     *account.Organization
	window  Window
	covered []bool // by day of the window: logs are complete
	cause   string // why days are missing
	trails  []watcher

	management map[iam.Action]Sight // of management events, which no resource sets apart
}

// NewVisibility looks at an account's coverage over the window.
func NewVisibility(c *catalog.Catalog, org *account.Organization, a *account.Account, w Window, coverage []trail.Interval) *Visibility {
	v := &Visibility{catalog: c, account: a, org: org, window: w, management: map[iam.Action]Sight{}}
	v.covered, v.cause = coveredDays(w, coverage)
	v.trails = v.watchers()
	return v
}

// coveredDays marks the window's days that some interval covers and no hole
// touches.
func coveredDays(w Window, coverage []trail.Interval) (days []bool, cause string) {
	if len(coverage) == 0 {
		return make([]bool, max(w.Days(), 0)), "no log of this account was read"
	}
	for day := w.From; day.Before(w.To); day = day.AddDate(0, 0, 1) {
		covered, hole := dayCoverage(day, coverage)
		days = append(days, covered && hole == "")
		switch {
		case hole != "":
			cause = hole
		case !covered && cause == "":
			cause = "no records on " + day.Format(time.DateOnly)
		}
	}
	return days, cause
}

// Reach is the window made to begin earlier, by no more days than there need
// be, so that so many of its days are covered: days with holes are made up for
// by older ones. It is the window as it was if most days do not suffice.
func (w Window) Reach(days, most int, coverage []trail.Interval) Window {
	out := w
	marked, _ := coveredDays(w, coverage)
	for _, covered := range marked {
		if covered {
			days--
		}
	}
	for days > 0 && out.Days() < most {
		out.From = out.From.AddDate(0, 0, -1)
		if covered, hole := dayCoverage(out.From, coverage); covered && hole == "" {
			days--
		}
	}
	if days > 0 {
		return w
	}
	return out
}

// dayCoverage looks for intervals that touch the day. A hole in any region
// counts: global services are recorded in the partition's home region, and
// what a role does elsewhere may show there only.
func dayCoverage(day time.Time, coverage []trail.Interval) (covered bool, hole string) {
	for _, in := range coverage {
		if !in.From.Before(day.AddDate(0, 0, 1)) || !in.To.After(day) {
			continue
		}
		if in.Coverage == trail.Hole {
			hole = fmt.Sprintf("%s %s %s: %s", in.Region, in.From.Format("2006-01-02 15:04"), in.To.Format("15:04"), in.Cause)
			continue
		}
		covered = true
	}
	return covered, hole
}

// Days is how many days of the window are visible, and why not all.
func (v *Visibility) Days() (days int, cause string) { return v.since(time.Time{}) }

// since counts the visible days after a change of the trail: what it recorded
// before is not known.
func (v *Visibility) since(change time.Time) (days int, cause string) {
	cause = v.cause
	for i, covered := range v.covered {
		switch day := v.window.From.AddDate(0, 0, i); {
		case !covered:
		case day.Before(change):
			cause = "the trail was changed on " + change.Format(time.DateOnly) + ": what it recorded before is not known"
		default:
			days++
		}
	}
	return days, cause
}

// Cause names in a word what visibility lacks.
type Cause string

// The causes.
const (
	NotLogged   Cause = "not logged"   // CloudTrail never records the action, or is not known to
	DataOff     Cause = "data off"     // a data event that no trail records
	NoTrail     Cause = "no trail"     // no trail is known that records it
	DaysMissing Cause = "days missing" // it is recorded, but not on every day of the window
)

// Sight is for how many days of the window every request of an action on a
// resource pattern would have been seen, and what keeps it from being more.
type Sight struct {
	Days   int
	Reason string // why not all days
	Change string // what would make it visible
	Cause  Cause
}

// Visible is See without the cause.
func (v *Visibility) Visible(name iam.Action, resource iam.Pattern) (days int, reason, change string) {
	s := v.See(name, resource)
	return s.Days, s.Reason, s.Change
}

// See says for how many days of the window every request of this action on
// resources of the pattern would have been seen.
func (v *Visibility) See(name iam.Action, resource iam.Pattern) Sight {
	a, ok := v.catalog.Action(name)
	if !ok {
		return Sight{Reason: "the catalog does not know the action", Cause: NotLogged}
	}
	switch {
	case a.Logged == catalog.NeverLogged:
		return Sight{Reason: "CloudTrail never records " + string(a.Name), Cause: NotLogged}
	case a.Logged == catalog.Unsure:
		return Sight{Reason: "no CloudTrail event is known that shows " + string(a.Name), Cause: NotLogged}
	case !v.account.TrailsKnown && len(v.trails) == 0:
		return Sight{
			Reason: "what the trails record is not known: the snapshot has no event selectors",
			Change: "save the trails with `pruner snapshot`", Cause: NoTrail,
		}
	case a.Logged == catalog.DataEvent:
		return v.seeData(a, resource)
	}
	return v.seeManagement(a)
}

// watchers lists the trails that record the account everywhere: its own, and the
// organisation's. One that is stopped or sees one region only proves nothing
// by its silence.
func (v *Visibility) watchers() []watcher {
	var out []watcher
	for _, a := range v.org.Accounts {
		for _, t := range a.Trails {
			reaches := a == v.account || t.Organization && t.ARN.Partition() == partitionOf(v.account)
			if reaches && t.Logging && t.MultiRegion {
				days, cause := v.since(t.Changed)
				out = append(out, watcher{selectors(t), Sight{Days: days, Reason: cause, Cause: DaysMissing}})
			}
		}
	}
	return out
}

func partitionOf(a *account.Account) string {
	if len(a.Roles) > 0 {
		return a.Roles[0].ARN.Partition()
	}
	return "aws"
}

// seeManagement takes the trail that shows the most days.
func (v *Visibility) seeManagement(a *catalog.Action) Sight {
	if got, ok := v.management[a.Name]; ok {
		return got
	}
	none := Sight{Reason: "no trail records " + string(a.Name) + " in this account", Change: "log all management events in a trail", Cause: NoTrail}
	v.management[a.Name] = v.best(none, a, "*")
	return v.management[a.Name]
}

func (v *Visibility) seeData(a *catalog.Action, resource iam.Pattern) Sight {
	kinds := slices.Compact(slices.Sorted(slices.Values(a.DataTypes)))
	kind := strings.Join(kinds, " or ")
	none := Sight{
		Reason: fmt.Sprintf("%s is a data event (%s) and the trails do not record it for %s", a.Name, kind, resource),
		Change: fmt.Sprintf("record data events of %s for %s", kind, resource), Cause: DataOff,
	}
	return v.best(none, a, resource)
}

// best is the sight through the trail that shows the most days, or none.
func (v *Visibility) best(none Sight, a *catalog.Action, resource iam.Pattern) Sight {
	best := none
	for _, t := range v.trails {
		if (t.sight.Days > best.Days || best.Change != "") && t.records(v.catalog, a, resource) {
			best = t.sight
		}
	}
	return best
}
