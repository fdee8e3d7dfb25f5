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
	days    int    // days of the window with complete logs
	cause   string // why days are missing
}

// NewVisibility looks at an account's coverage over the window. first is the
// time of the account's first record; zero if it has none.
func NewVisibility(c *catalog.Catalog, org *account.Organization, a *account.Account, w Window, coverage []trail.Interval) *Visibility {
	v := &Visibility{catalog: c, account: a, org: org}
	v.days, v.cause = visibleDays(w, coverage)
	return v
}

// visibleDays counts the window's days that some interval covers and no hole
// touches.
func visibleDays(w Window, coverage []trail.Interval) (days int, cause string) {
	if len(coverage) == 0 {
		return 0, "no log of this account was read"
	}
	for day := w.From; day.Before(w.To); day = day.AddDate(0, 0, 1) {
		covered, hole := false, ""
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
		switch {
		case hole != "":
			cause = hole
		case covered:
			days++
		case cause == "":
			cause = "no records on " + day.Format(time.DateOnly)
		}
	}
	return days, cause
}

// Days is how many days of the window are visible, and why not all.
func (v *Visibility) Days() (days int, cause string) { return v.days, v.cause }

// Visible says for how many days of the window every request of this action on
// resources of the pattern would have been seen; 0 comes with the reason, and
// with the change that would make it visible.
func (v *Visibility) Visible(name iam.Action, resource iam.Pattern) (days int, reason, change string) {
	a, ok := v.catalog.Action(name)
	if !ok {
		return 0, "the catalog does not know the action", ""
	}
	switch a.Logged {
	case catalog.NeverLogged:
		return 0, "CloudTrail never records " + string(a.Name), ""
	case catalog.Unsure:
		return 0, "no CloudTrail event is known that shows " + string(a.Name), ""
	case catalog.DataEvent:
		return v.dataVisible(a, resource)
	}
	if !v.management(a) {
		return 0, "no trail records management events of this account", "log all management events in a trail"
	}
	return v.days, v.cause, ""
}

// trails lists the trails that record the account: its own, and the
// organisation's.
func (v *Visibility) trails() []account.Trail {
	out := slices.Clone(v.account.Trails)
	for _, a := range v.org.Accounts {
		for _, t := range a.Trails {
			if t.Organization && t.ARN.Partition() == partitionOf(v.account) {
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

func (v *Visibility) management(a *catalog.Action) bool {
	readOnly := a.Access == catalog.Read || a.Access == catalog.List
	for _, t := range v.trails() {
		if !t.Logging || !t.MultiRegion {
			continue
		}
		for _, s := range t.Basic {
			excluded := slices.Contains(s.Excluded, a.Name.Prefix()+".amazonaws.com")
			if s.Management && !excluded && (s.ReadWrite == "All" || s.ReadWrite == "ReadOnly" && readOnly || s.ReadWrite == "WriteOnly" && !readOnly) {
				return true
			}
		}
		for _, s := range t.Advanced {
			if recordsAll(s, "Management", "", "*") {
				return true
			}
		}
	}
	return false
}

func (v *Visibility) dataVisible(a *catalog.Action, resource iam.Pattern) (int, string, string) {
	for _, kind := range a.DataTypes {
		for _, t := range v.trails() {
			if t.Logging && t.MultiRegion && recordsData(t, kind, resource) {
				return v.days, v.cause, ""
			}
		}
	}
	kind := strings.Join(slices.Compact(slices.Sorted(slices.Values(a.DataTypes))), " or ")
	return 0, fmt.Sprintf("%s is a data event (%s) and the trails do not record it for %s", a.Name, kind, resource),
		fmt.Sprintf("record data events of %s for %s", kind, resource)
}

func recordsData(t account.Trail, kind string, resource iam.Pattern) bool {
	for _, s := range t.Basic {
		for _, d := range s.Data {
			if d.Type == kind && s.ReadWrite == "All" && coversAny(d.Values, resource) {
				return true
			}
		}
	}
	for _, s := range t.Advanced {
		if recordsAll(s, "Data", kind, resource) {
			return true
		}
	}
	return false
}

// coversAny reports whether some prefix begins every ARN of the pattern. A call
// on a whole bucket (ListObjects) is recorded with the prefix of the objects it
// asks for, so a selector that ends behind the bucket's slash records it.
//
// Source: CloudTrail User Guide, "Logging data events", Amazon S3.
func coversAny(prefixes []string, resource iam.Pattern) bool {
	if bucket, ok := strings.CutPrefix(string(resource), "arn:"); ok && strings.Contains(bucket, ":s3:::") && !strings.ContainsAny(bucket, "/*?") {
		resource += "/"
	}
	for _, p := range prefixes {
		// "arn:aws:s3" stands for every bucket.
		if p == "arn:aws:s3" || p == "arn:aws:lambda" || p == "arn:aws:dynamodb" || (iam.Escape(p) + "*").Covers(resource) {
			return true
		}
	}
	return false
}

// recordsAll: the selector records every event of the category and type whose
// resource lies in the pattern. A field it cannot judge makes that not sure.
//
// Source: CloudTrail User Guide, "Advanced event selectors".
func recordsAll(s account.AdvancedSelector, category, kind string, resource iam.Pattern) bool {
	for _, f := range s.Fields {
		switch f.Field {
		case "eventCategory":
			if !slices.Contains(f.Equals, category) {
				return false
			}
		case "resources.type":
			if !slices.Contains(f.Equals, kind) {
				return false
			}
		case "resources.ARN":
			if len(f.NotEquals)+len(f.NotStartsWith)+len(f.EndsWith)+len(f.NotEndsWith) > 0 {
				return false
			}
			if !coversAny(f.StartsWith, resource) && !slices.Contains(f.Equals, string(resource)) {
				return false
			}
		default:
			return false
		}
	}
	return len(s.Fields) > 0
}
