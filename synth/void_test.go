package synth

import (
	"testing"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

func TestVoid(t *testing.T) {
	n := &narrower{synthesizer: &synthesizer{catalog: catalog.Default()}}
	const bucket, objects, everything = "arn:aws:s3:::b", "arn:aws:s3:::b/*", "*"
	for name, c := range map[string]struct {
		word     iam.Pattern
		action   iam.Action
		resource []iam.Pattern
		want     bool
	}{
		"needs the resource *":              {"s3:*", "s3:ListAllMyBuckets", []iam.Pattern{bucket, objects}, true},
		"and has it":                        {"s3:*", "s3:ListAllMyBuckets", []iam.Pattern{everything}, false},
		"named by a person":                 {"s3:ListAllMyBuckets", "s3:ListAllMyBuckets", []iam.Pattern{bucket}, false},
		"an object action on objects":       {"s3:*", "s3:GetObject", []iam.Pattern{bucket, objects}, false},
		"an object action on a bucket only": {"s3:Get*", "s3:GetObject", []iam.Pattern{bucket}, true},
		"a pattern that may be either":      {"s3:*", "s3:GetObject", []iam.Pattern{"arn:aws:s3:::b*"}, false},
		"another service's resource":        {"*", "sqs:SendMessage", []iam.Pattern{bucket}, true},
		"a policy variable":                 {"s3:*", "s3:GetObject", []iam.Pattern{"${aws:PrincipalTag/x}"}, false},
		"services that share a prefix":      {"elasticloadbalancing:*", "elasticloadbalancing:AddTags", []iam.Pattern{bucket}, false},
		"an action nobody knows":            {"s3:*", "s3:NoSuchAction", []iam.Pattern{bucket}, false},
	} {
		if got := n.void(&iam.Statement{Effect: iam.Allow, Resource: c.resource}, c.word, c.action); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
