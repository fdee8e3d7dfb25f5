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
