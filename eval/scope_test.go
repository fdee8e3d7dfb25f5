package eval

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/pruner/pruner/iam"
)

// small scope: every statement over these elements.
var (
	scopeActions    = [][]iam.Pattern{{"s3:GetObject"}, {"s3:Get*"}, {"*"}}
	scopeResources  = [][]iam.Pattern{{"arn:aws:s3:::b/x"}, {"arn:aws:s3:::b/*"}, {"*"}}
	scopeConditions = [][]iam.Condition{
		nil,
		{{Operator: "StringEquals", Key: "aws:a", Values: []string{"1"}}},
		{{Operator: "StringNotEquals", Key: "aws:a", Values: []string{"1"}}},
		{{Operator: "StringEqualsIfExists", Key: "aws:a", Values: []string{"2"}}},
		{{Operator: "Null", Key: "aws:b", Values: []string{"true"}}},
		{{Operator: "ForAllValues:StringEquals", Key: "aws:b", Values: []string{"1", "2"}}},
		{{Operator: "ForAnyValue:StringLike", Key: "aws:b", Values: []string{"1*"}}},
	}
)

// scopeRequests are all requests that statements of the small scope can tell
// apart.
func scopeRequests() []iam.Request {
	var out []iam.Request
	sets := [][]string{nil, {"1"}, {"2"}, {"3"}, {"12"}, {"1", "2"}, {"1", "3"}, {"2", "3"}, {"12", "2"}, {"1", "12"}}
	for _, action := range []iam.Action{"s3:GetObject", "s3:GetOther", "x:Y"} {
		for _, resource := range []iam.ARN{"arn:aws:s3:::b/x", "arn:aws:s3:::b/y", "arn:aws:s3:::c", "*"} {
			for _, a := range sets[:4] {
				for _, b := range sets {
					r := iam.Request{Action: action, Resource: resource, Context: iam.Context{}}
					if a != nil {
						r.Context = r.Context.Set("aws:a", a...)
					}
					if b != nil {
						r.Context = r.Context.Set("aws:b", b...)
					}
					out = append(out, r)
				}
			}
		}
	}
	return out
}

func scopeStatements() []iam.Statement {
	var out []iam.Statement
	for _, effect := range []iam.Effect{iam.Allow, iam.Deny} {
		for _, a := range scopeActions {
			for _, r := range scopeResources {
				for _, c := range scopeConditions {
					out = append(out,
						iam.Statement{Effect: effect, Action: a, Resource: r, Condition: c},
						iam.Statement{Effect: effect, NotAction: a, Resource: r, Condition: c},
						iam.Statement{Effect: effect, Action: a, NotResource: r, Condition: c})
				}
			}
		}
	}
	return out
}

// TestSmallScope holds Contain against enumeration. By default a sample of the
// pairs of policies of two statements; PRUNER_LONG=1 takes a million.
func TestSmallScope(t *testing.T) {
	pairs := 4_000
	if os.Getenv("PRUNER_LONG") != "" {
		pairs = 1_000_000
	}
	e, random := New(nil), rand.New(rand.NewPCG(4, 2))
	statements, requests := scopeStatements(), scopeRequests()
	policy := func() []Named {
		p := &iam.Policy{Version: iam.Version2012}
		for range 1 + random.IntN(2) {
			p.Statements = append(p.Statements, statements[random.IntN(len(statements))])
		}
		return []Named{{"p", p}}
	}
	counts := map[Result]int{}
	for range pairs {
		older, newer := policy(), policy()
		want := wider(t, e, older, newer, requests)
		got := e.Contain(older, newer, IdentityPolicy)
		counts[got.Result]++
		if got.Result == Unproved || (got.Result == Wider) != want {
			t.Fatalf("got %v %s, enumeration says wider=%v\nold %s\nnew %s", got.Result, got.Reason, want, older[0].Policy.Indent(), newer[0].Policy.Indent())
		}
	}
	t.Log(fmt.Sprint(counts))
}

func wider(t *testing.T, e *Engine, older, newer []Named, requests []iam.Request) bool {
	t.Helper()
	o, err1 := e.Compile(older)
	n, err2 := e.Compile(newer)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	for i := range requests {
		if n.Decide(&requests[i]).Outcome == iam.Allowed && o.Decide(&requests[i]).Outcome != iam.Allowed {
			return true
		}
	}
	return false
}
