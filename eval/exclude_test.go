package eval

import (
	"fmt"
	"testing"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// TestLongExclusions: lists of hundreds of excluded actions are compared word by
// word, where going through all that they tell apart would take hours.
func TestLongExclusions(t *testing.T) {
	excluding := func(n int) *iam.Statement {
		s := &iam.Statement{Effect: iam.Allow, Resource: []iam.Pattern{"*"}}
		for i := range n {
			s.NotAction = append(s.NotAction, iam.Pattern(fmt.Sprintf("svc%d:Get*", i)))
		}
		return s
	}
	for name, c := range map[string]struct {
		old, new *iam.Statement
	}{
		"of all":                {&iam.Statement{Effect: iam.Allow, Action: []iam.Pattern{"*"}, Resource: []iam.Pattern{"*"}}, excluding(400)},
		"of all but some":       {excluding(300), excluding(400)},
		"on fewer resources":    {excluding(300), &iam.Statement{Effect: iam.Allow, NotAction: excluding(400).NotAction, Resource: []iam.Pattern{"arn:aws:s3:::a", "arn:aws:s3:::b"}}},
		"in a wider exclusion":  {excluding(1), &iam.Statement{Effect: iam.Allow, NotAction: append(excluding(400).NotAction[1:], "svc0:*"), Resource: []iam.Pattern{"*"}}},
		"under a condition too": {excluding(300), &iam.Statement{Effect: iam.Allow, NotAction: excluding(400).NotAction, Resource: []iam.Pattern{"*"}, Condition: []iam.Condition{{Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"true"}}}}},
	} {
		named := func(s *iam.Statement) []Named {
			return []Named{{Name: "p", Policy: &iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{*s}}}}
		}
		if got := New(catalog.Default()).Contain(named(c.old), named(c.new), IdentityPolicy); got.Result != Contained {
			t.Errorf("%s: %+v", name, got)
		}
		few := excluding(2)
		if got := New(catalog.Default()).Contain(named(excluding(3)), named(few), IdentityPolicy); got.Result != Wider {
			t.Errorf("excluding less is %+v", got)
		}
	}
}
