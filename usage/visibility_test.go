package usage

import (
	"strings"
	"testing"
	"time"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

var august = Window{day(1), day(31)}

func whole() []trail.Interval {
	return []trail.Interval{{Account: "111122223333", Region: "eu-west-1", From: day(1), To: day(31), Coverage: trail.Assumed}}
}

func field(name string, equals ...string) account.FieldSelector {
	return account.FieldSelector{Field: name, Equals: equals}
}

func visible(t account.Trail, coverage []trail.Interval, a iam.Action, r iam.Pattern) (int, string) {
	org := organization()
	t.Logging, t.MultiRegion = true, true
	org.Accounts[0].Trails = []account.Trail{t}
	days, reason, _ := NewVisibility(catalog.Default(), org, org.Accounts[0], august, coverage).Visible(a, r)
	return days, reason
}

// What the selectors record, by the examples of the CloudTrail User Guide,
// "Logging management events" and "Logging data events".
func TestSelectors(t *testing.T) {
	management := field("eventCategory", "Management")
	basic := func(s account.Selector) account.Trail { return account.Trail{Basic: []account.Selector{s}} }
	advanced := func(f ...account.FieldSelector) account.Trail {
		return account.Trail{Advanced: []account.AdvancedSelector{{Fields: f}}}
	}
	object := []account.FieldSelector{field("eventCategory", "Data"), field("resources.type", "AWS::S3::Object")}
	prefix := account.FieldSelector{Field: "resources.ARN", StartsWith: []string{"arn:aws:s3:::b/"}}
	const any = iam.Pattern("*")
	for _, c := range []struct {
		name     string
		trail    account.Trail
		action   iam.Action
		resource iam.Pattern
		want     bool
	}{
		{"all", basic(account.Selector{ReadWrite: "All", Management: true}), "sqs:CreateQueue", any, true},
		{"no management", basic(account.Selector{ReadWrite: "All"}), "sqs:CreateQueue", any, false},
		{"writes, a write", basic(account.Selector{ReadWrite: "WriteOnly", Management: true}), "sqs:CreateQueue", any, true},
		{"writes, a read", basic(account.Selector{ReadWrite: "WriteOnly", Management: true}), "sqs:ListQueues", any, false},
		{"writes, AssumeRole is readOnly", basic(account.Selector{ReadWrite: "WriteOnly", Management: true}), "sts:AssumeRole", any, false},
		{"kms left out", basic(account.Selector{ReadWrite: "All", Management: true, Excluded: []string{"kms.amazonaws.com"}}), "kms:Decrypt", any, false},
		{"kms left out, others not", basic(account.Selector{ReadWrite: "All", Management: true, Excluded: []string{"kms.amazonaws.com"}}), "sqs:CreateQueue", any, true},
		{"advanced", advanced(management), "sqs:CreateQueue", any, true},
		{"advanced without kms", advanced(management, account.FieldSelector{Field: "eventSource", NotEquals: []string{"kms.amazonaws.com"}}), "sqs:CreateQueue", any, true},
		{"advanced without kms, kms", advanced(management, account.FieldSelector{Field: "eventSource", NotEquals: []string{"kms.amazonaws.com"}}), "kms:CreateKey", any, false},
		{"advanced reads", advanced(management, field("readOnly", "true")), "sqs:CreateQueue", any, false},
		{"a field not judged", advanced(management, account.FieldSelector{Field: "userIdentity.arn", NotStartsWith: []string{"arn:aws:sts::1"}}), "sqs:CreateQueue", any, false},
		{"objects", advanced(object...), "s3:GetObject", "arn:aws:s3:::b/k", true},
		{"objects of a bucket", advanced(append(object, prefix)...), "s3:GetObject", "arn:aws:s3:::b/*", true},
		{"objects of another bucket", advanced(append(object, prefix)...), "s3:GetObject", "arn:aws:s3:::c/*", false},
		{"every bucket under one prefix", advanced(append(object, prefix)...), "s3:GetObject", any, false},
		{"objects, writes only", advanced(append(object, field("readOnly", "false"))...), "s3:GetObject", "arn:aws:s3:::b/k", false},
		{"management only", advanced(management), "s3:GetObject", "arn:aws:s3:::b/k", false},
	} {
		if days, reason := visible(c.trail, whole(), c.action, c.resource); (days == august.Days()) != c.want {
			t.Errorf("%s: %s on %s is visible on %d days (%s), want %v", c.name, c.action, c.resource, days, reason, c.want)
		}
	}
}

// A hole in any region closes the day; days before a change of the trail do
// not count, nor do days without any record.
func TestVisibleDays(t *testing.T) {
	all := account.Trail{Basic: []account.Selector{{ReadWrite: "All", Management: true}}}
	changed := all
	changed.Changed = day(11).Add(time.Hour)
	hole := trail.Interval{Region: "us-east-1", From: day(5).Add(time.Hour), To: day(5).Add(2 * time.Hour), Coverage: trail.Hole, Cause: "no log file"}
	late := []trail.Interval{{From: day(21), To: day(31), Coverage: trail.Proved}}
	for _, c := range []struct {
		name     string
		trail    account.Trail
		coverage []trail.Interval
		want     int
		reason   string
	}{
		{"whole", all, whole(), 30, ""},
		{"hole", all, append(whole(), hole), 29, "no log file"},
		{"changed", changed, whole(), 19, "2026-08-11"},
		{"late", all, late, 10, "no records on 2026-08-01"},
		{"nothing", all, nil, 0, "no log"},
	} {
		days, reason := visible(c.trail, c.coverage, "sqs:CreateQueue", "*")
		if days != c.want || !strings.Contains(reason, c.reason) {
			t.Errorf("%s: %d days (%s), want %d (%s)", c.name, days, reason, c.want, c.reason)
		}
	}
}

func TestUnknownTrailsAndActions(t *testing.T) {
	org := organization()
	org.Accounts[0].Trails, org.Accounts[0].TrailsKnown = nil, false
	v := NewVisibility(catalog.Default(), org, org.Accounts[0], august, whole())
	for action, want := range map[iam.Action]string{"sqs:CreateQueue": "no event selectors", "sqs:NoSuchThing": "does not know"} {
		if days, reason, _ := v.Visible(action, "*"); days != 0 || !strings.Contains(reason, want) {
			t.Errorf("%s: %d days, %q; want 0 and %q", action, days, reason, want)
		}
	}
}

// Holes are made up for by older days, as few as will do, or not at all.
func TestReach(t *testing.T) {
	end := time.Date(2026, 8, 31, 0, 0, 0, 0, time.UTC)
	w := WindowOf(end, 10)
	interval := func(from, to int, c trail.Coverage) trail.Interval {
		return trail.Interval{Region: "us-east-1", From: end.AddDate(0, 0, from), To: end.AddDate(0, 0, to), Coverage: c}
	}
	all, hole := interval(-30, 0, trail.Assumed), interval(-3, -1, trail.Hole)
	older := interval(-12, -11, trail.Hole)
	for name, c := range map[string]struct {
		days, most int
		coverage   []trail.Interval
		want       int
	}{
		"enough":             {10, 20, []trail.Interval{all}, 10},
		"enough but for two": {8, 20, []trail.Interval{all, hole}, 10},
		"two more":           {10, 20, []trail.Interval{all, hole}, 12},
		"past an older hole": {10, 20, []trail.Interval{all, hole, older}, 13},
		"not to be had":      {10, 11, []trail.Interval{all, hole}, 10},
		"no logs":            {10, 20, nil, 10},
	} {
		if got := w.Reach(c.days, c.most, c.coverage); got.Days() != c.want || !got.To.Equal(w.To) {
			t.Errorf("%s: %d days, want %d", name, got.Days(), c.want)
		}
	}
}
