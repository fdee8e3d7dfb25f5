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
}

// NewVisibility looks at an account's coverage over the window.
func NewVisibility(c *catalog.Catalog, org *account.Organization, a *account.Account, w Window, coverage []trail.Interval) *Visibility {
	v := &Visibility{catalog: c, account: a, org: org, window: w}
	v.covered, v.cause = coveredDays(w, coverage)
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

// Visible says for how many days of the window every request of this action on
// resources of the pattern would have been seen; 0 comes with the reason, and
// with the change that would make it visible.
func (v *Visibility) Visible(name iam.Action, resource iam.Pattern) (days int, reason, change string) {
	a, ok := v.catalog.Action(name)
	if !ok {
		return 0, "the catalog does not know the action", ""
	}
	switch {
	case a.Logged == catalog.NeverLogged:
		return 0, "CloudTrail never records " + string(a.Name), ""
	case a.Logged == catalog.Unsure:
		return 0, "no CloudTrail event is known that shows " + string(a.Name), ""
	case !v.account.TrailsKnown && len(v.trails()) == 0:
		return 0, "what the trails record is not known: the snapshot has no event selectors", "save the trails with `pruner snapshot`"
	case a.Logged == catalog.DataEvent:
		return v.dataVisible(a, resource)
	}
	return v.managementVisible(a)
}

// trails lists the trails that record the account everywhere: its own, and the
// organisation's. One that is stopped or sees one region only proves nothing
// by its silence.
func (v *Visibility) trails() []account.Trail {
	var out []account.Trail
	for _, a := range v.org.Accounts {
		for _, t := range a.Trails {
			reaches := a == v.account || t.Organization && t.ARN.Partition() == partitionOf(v.account)
			if reaches && t.Logging && t.MultiRegion {
				out = append(out, t)
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

// managementVisible takes the trail that shows the most days.
func (v *Visibility) managementVisible(a *catalog.Action) (days int, reason, change string) {
	reason, change = "no trail records "+string(a.Name)+" in this account", "log all management events in a trail"
	for _, t := range v.trails() {
		if !recordsManagement(v.catalog, t, a) {
			continue
		}
		if n, cause := v.since(t.Changed); n > days || change != "" {
			days, reason, change = n, cause, ""
		}
	}
	return days, reason, change
}

func (v *Visibility) dataVisible(a *catalog.Action, resource iam.Pattern) (days int, reason, change string) {
	kinds := slices.Compact(slices.Sorted(slices.Values(a.DataTypes)))
	kind := strings.Join(kinds, " or ")
	reason = fmt.Sprintf("%s is a data event (%s) and the trails do not record it for %s", a.Name, kind, resource)
	change = fmt.Sprintf("record data events of %s for %s", kind, resource)
	for _, t := range v.trails() {
		if !slices.ContainsFunc(kinds, func(k string) bool { return recordsData(t, k, resource) }) {
			continue
		}
		if n, cause := v.since(t.Changed); n > days || change != "" {
			days, reason, change = n, cause, ""
		}
	}
	return days, reason, change
}
