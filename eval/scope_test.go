package eval

import (
	"math/rand/v2"
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
		{{Operator: "ForAllValues:StringEquals", Key: "aws:b", Values: []string{"1", "2"}}},
		{{Operator: "StringEqualsIfExists", Key: "aws:a", Values: []string{"2"}}},
		{{Operator: "Null", Key: "aws:b", Values: []string{"true"}}},
		{{Operator: "ForAnyValue:StringLike", Key: "aws:b", Values: []string{"1*"}}},
	}
)

// scopeRequests are all requests that statements of the small scope can tell
// apart.
func scopeRequests() []iam.Request {
	var out []iam.Request
	caller := iam.Principal{Type: iam.PrincipalAWS, Value: "arn:aws:iam::123456789012:role/sample"}
	sets := [][]string{nil, {"1"}, {"2"}, {"3"}, {"12"}, {"1", "2"}, {"1", "3"}, {"2", "3"}, {"12", "2"}, {"1", "12"}}
	for _, action := range []iam.Action{"s3:GetObject", "s3:GetOther", "x:Y"} {
		for _, resource := range []iam.ARN{"arn:aws:s3:::b/x", "arn:aws:s3:::b/y", "arn:aws:s3:::c", "*"} {
			for _, a := range sets[:4] {
				for _, b := range sets {
					r := iam.Request{Principal: caller, Action: action, Resource: resource, Context: iam.Context{}}
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

// scopeStatements are all statements over the first conditions, with or
// without those that exclude.
func scopeStatements(conditions int, exclusions bool) []iam.Statement {
	var out []iam.Statement
	for _, effect := range []iam.Effect{iam.Allow, iam.Deny} {
		for _, a := range scopeActions {
			for _, r := range scopeResources {
				for _, c := range scopeConditions[:conditions] {
					out = append(out, iam.Statement{Effect: effect, Action: a, Resource: r, Condition: c})
					if exclusions {
						out = append(out,
							iam.Statement{Effect: effect, NotAction: a, Resource: r, Condition: c},
							iam.Statement{Effect: effect, Action: a, NotResource: r, Condition: c})
					}
				}
			}
		}
	}
	return out
}

// scope is all policies of one or two of the statements, each with the set of
// requests that it allows according to the naive twin.
type scope struct {
	statements []iam.Statement
	requests   []iam.Request
	matched    []bits // by statement
}

type bits [8]uint64

func newScope(statements []iam.Statement) *scope {
	s := &scope{statements: statements, requests: scopeRequests()}
	for i := range statements {
		var b bits
		one := statements[i]
		one.Effect = iam.Allow
		p := []Named{{"p", &iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{one}}}}
		for j := range s.requests {
			if naiveAllows(p, IdentityPolicy, &s.requests[j]) {
				b[j/64] |= 1 << (j % 64)
			}
		}
		s.matched = append(s.matched, b)
	}
	return s
}

// policies counts the policies of one or two statements.
func (s *scope) policies() int { n := len(s.statements); return n + n*(n+1)/2 }

// policy gives the one of a number, and the requests that it allows.
func (s *scope) policy(number int) ([]Named, bits) {
	n := len(s.statements)
	members := []int{number}
	if number >= n {
		first := 0
		for number -= n; number >= n-first; first++ {
			number -= n - first
		}
		members = []int{first, first + number}
	}
	p := &iam.Policy{Version: iam.Version2012}
	var allowed, denied bits
	for _, m := range members {
		p.Statements = append(p.Statements, s.statements[m])
		into := &allowed
		if s.statements[m].Effect == iam.Deny {
			into = &denied
		}
		for i := range into {
			into[i] |= s.matched[m][i]
		}
	}
	for i := range allowed {
		allowed[i] &^= denied[i]
	}
	return []Named{{"p", p}}, allowed
}

// agree holds Contain against enumeration for two policies.
func (s *scope) agree(t *testing.T, e *Engine, oldNumber, newNumber int) {
	t.Helper()
	older, before := s.policy(oldNumber)
	newer, after := s.policy(newNumber)
	want := Contained
	for i := range after {
		if after[i]&^before[i] != 0 {
			want = Wider
		}
	}
	if got := e.Contain(older, newer, IdentityPolicy); got.Result != want {
		t.Fatalf("got %v %s, enumeration says %v\nold %s\nnew %s", got.Result, got.Reason, want, older[0].Policy.Indent(), newer[0].Policy.Indent())
	}
}

// TestSmallScope holds Contain against enumeration for pairs of policies of at
// most two statements over three actions, three resources and two condition
// keys, those that exclude among them.
func TestSmallScope(t *testing.T) {
	s, e, random := newScope(scopeStatements(len(scopeConditions), true)), New(nil), rand.New(rand.NewPCG(4, 2))
	for range count(t, 4_000) {
		s.agree(t, e, random.IntN(s.policies()), random.IntN(s.policies()))
	}
}

// TestSmallScopeExhaustively goes through all pairs of policies of at most two
// statements over three actions, three resources and a condition on each of
// two keys: by default every 2,003rd, with PRUNER_LONG all 2.4 million.
func TestSmallScopeExhaustively(t *testing.T) {
	statements := scopeStatements(4, false)
	keep := statements[:0]
	for _, s := range statements {
		if len(s.Condition) == 0 || s.Condition[0].Operator != "StringEquals" {
			keep = append(keep, s)
		}
	}
	s, e := newScope(keep), New(nil)
	stride := 2_003
	if count(t, 0) > 0 {
		stride = 1
	}
	n := s.policies()
	for pair := 0; pair < n*n; pair += stride {
		s.agree(t, e, pair/n, pair%n)
	}
	t.Logf("%d policies, %d pairs, every %d.", n, n*n, stride)
}
