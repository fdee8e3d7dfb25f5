package synth

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/usage"
)

// used is a use of an action on a resource on days of the window.
func used(action iam.Action, resource iam.Pattern, days ...int) *HeldUse {
	u := &HeldUse{Call: iam.Call{Action: action, Resources: []iam.Pattern{resource}, Resolution: iam.Exact}, InWindow: true}
	for _, d := range days {
		u.Days = append(u.Days, usage.Day(testWindow.From.Unix()/86400)+usage.Day(d-1))
	}
	return u
}

const (
	queues  = iam.Pattern("arn:aws:sqs:*:111122223333:*")
	objects = iam.Pattern("arn:aws:s3:::data/*")
)

// The levels in turn: the names themselves where the set is settled, their
// shared beginning where it would have held on held-out days, else the grant.
func TestGeneralise(t *testing.T) {
	queue := func(name string) iam.Pattern { return iam.Pattern("arn:aws:sqs:eu-west-1:111122223333:" + name) }
	object := func(key string) iam.Pattern { return iam.Pattern("arn:aws:s3:::data/" + key) }
	for name, c := range map[string]struct {
		grant iam.Pattern
		uses  []*HeldUse
		want  []iam.Pattern // nil: the grant stays
	}{
		"settled": {
			queues,
			[]*HeldUse{used("sqs:PurgeQueue", queue("a"), 1, 80, 81), used("sqs:PurgeQueue", queue("b"), 2, 3)},
			[]iam.Pattern{"arn:aws:sqs:*:111122223333:a", "arn:aws:sqs:*:111122223333:b"},
		},
		"hardly used of late": {
			queues,
			[]*HeldUse{used("sqs:PurgeQueue", queue("a"), 1, 2, 3, 4, 80), used("sqs:PurgeQueue", queue("b"), 2, 3)},
			nil,
		},
		"a shared beginning, not used of late": {
			objects,
			[]*HeldUse{used("s3:GetObject", object("exports/2026-01-03.csv"), 3), used("s3:GetObject", object("exports/2026-01-20.csv"), 20)},
			nil,
		},
		"one was seen on one day": {
			queues,
			[]*HeldUse{used("sqs:PurgeQueue", queue("a"), 1, 80, 81), used("sqs:PurgeQueue", queue("b"), 2)},
			nil,
		},
		"one came late": {
			queues,
			[]*HeldUse{used("sqs:PurgeQueue", queue("a"), 1, 80, 81), used("sqs:PurgeQueue", queue("b"), 70, 71)},
			nil,
		},
		"a shared beginning, which held": {
			objects,
			[]*HeldUse{used("s3:GetObject", object("exports/2026-01-03.csv"), 3), used("s3:GetObject", object("exports/2026-01-20.csv"), 20), used("s3:GetObject", object("exports/2026-03-20.csv"), 79, 80)},
			[]iam.Pattern{"arn:aws:s3:::data/exports/*"},
		},
		"a shared beginning, which did not hold": {
			objects,
			[]*HeldUse{used("s3:GetObject", object("exports/daily/a.csv"), 3), used("s3:GetObject", object("exports/daily/b.csv"), 20), used("s3:GetObject", object("exports/weekly/c.csv"), 79, 80)},
			nil,
		},
		"nothing to try it on": {
			objects,
			[]*HeldUse{used("s3:GetObject", object("exports/a-1.csv"), 79, 80)},
			nil,
		},
		"what makes new ones has no whole list": {
			queues,
			[]*HeldUse{used("sqs:CreateQueue", queue("a"), 1, 80, 81), used("sqs:CreateQueue", queue("b"), 1, 2)},
			nil,
		},
		"names are literal, whatever is in them": {
			objects,
			[]*HeldUse{used("s3:GetObject", "arn:aws:s3:::data/${*}${?}${$}{aws:username}", 1, 80, 81)},
			[]iam.Pattern{"arn:aws:s3:::data/${*}${?}${$}{aws:username}"},
		},
		"never past the grant": {
			"arn:aws:sqs:us-east-1:111122223333:*",
			[]*HeldUse{used("sqs:PurgeQueue", queue("a"), 1, 2), used("sqs:PurgeQueue", "arn:aws:sqs:us-east-1:111122223333:b", 1, 80, 81)},
			[]iam.Pattern{"arn:aws:sqs:us-east-1:111122223333:b"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := generaliser{catalog: testCatalog, grant: c.grant, names: map[iam.Pattern]*member{}}
			for _, u := range c.uses {
				g.add(u.Call.Action, []*HeldUse{u})
			}
			got, why := g.result(testWindow)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got, because %q):\n%s", why, diff)
			}
		})
	}
}

// What AWS makes up stays open in a narrowed resource.
func TestGeneraliseOpensMadeUpParts(t *testing.T) {
	g := generaliser{catalog: testCatalog, grant: "*", names: map[iam.Pattern]*member{}}
	g.add("ec2:StopInstances", []*HeldUse{used("ec2:StopInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0", 1, 80, 81)})
	got, why := g.result(testWindow)
	if diff := cmp.Diff([]iam.Pattern{"arn:aws:ec2:*:111122223333:instance/*"}, got); diff != "" {
		t.Errorf("(-want +got, because %q):\n%s", why, diff)
	}
}
