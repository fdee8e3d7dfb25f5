package eval

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pruner/pruner/iam"
)

// TestContainIsCapped: documents made to be hard get no proof, in bounded time.
func TestContainIsCapped(t *testing.T) {
	allow := func(conditions []iam.Condition, resources ...iam.Pattern) iam.Statement {
		return iam.Statement{Effect: iam.Allow, Action: []iam.Pattern{"s3:GetObject"}, Resource: resources, Condition: conditions}
	}
	everyone := func(s iam.Statement) iam.Statement {
		s.Principal = &iam.Principals{Any: true}
		return s
	}
	long := iam.Pattern("arn:aws:s3:::" + strings.Repeat("a", 40_000))
	var stars []iam.Pattern
	var opaque []iam.Condition
	var anyOf []iam.Statement
	for i := range 20 {
		stars = append(stars, iam.Pattern(fmt.Sprintf("arn:aws:s3:::*%c%c*", 'a'+i, 'b'+i)))
		opaque = append(opaque, iam.Condition{Operator: "StringEqualsIgnoreCase", Key: fmt.Sprintf("aws:k%d", i), Values: []string{"${aws:gone}"}})
		anyOf = append(anyOf, allow([]iam.Condition{{Operator: "ForAnyValue:StringEquals", Key: "aws:k", Values: []string{fmt.Sprint(i)}}}, "*"))
	}
	denied := allow(opaque, "*")
	denied.Effect = iam.Deny
	longAction := allow(nil, "*")
	longAction.Action = []iam.Pattern{"s3:" + long}
	callers := func(operator string) iam.Statement {
		return everyone(allow([]iam.Condition{{Operator: operator, Key: "aws:PrincipalArn", Values: []string{string(long)}}}, "*"))
	}
	split := everyone(allow([]iam.Condition{{Operator: "Null", Key: "aws:k", Values: []string{"true"}}}, "*"))
	other := everyone(allow([]iam.Condition{{Operator: "Null", Key: "aws:k", Values: []string{"false"}}}, "*"))
	from := func(cidr string, resources ...iam.Pattern) iam.Statement {
		return allow([]iam.Condition{
			{Operator: "IpAddress", Key: "aws:SourceIp", Values: []string{cidr}}, {Operator: "Null", Key: "aws:k", Values: []string{"true"}},
		}, resources...)
	}
	called := func(name string, resources ...iam.Pattern) iam.Statement {
		return allow([]iam.Condition{
			{Operator: "StringEquals", Key: "aws:name", Values: []string{name}}, {Operator: "Null", Key: "aws:k", Values: []string{"true"}},
		}, resources...)
	}
	many := allow(nil, long)
	for i := range 200 {
		many.Action = append(many.Action, iam.Pattern(fmt.Sprint("s3:A", i)))
		many.Resource = append(many.Resource, iam.Pattern(fmt.Sprint("arn:aws:s3:::b", i)))
	}
	halves := []iam.Statement{allow(split.Condition, "*"), allow(other.Condition, "*")}
	for i := range halves {
		halves[i].Action = []iam.Pattern{"*"}
	}
	for _, test := range []struct {
		name     string
		old, new []iam.Statement
		kind     Kind
		reason   string
	}{
		{"long action", []iam.Statement{longAction, allow(nil, "arn:aws:s3:::b")}, []iam.Statement{allow(nil, "arn:aws:s3:::b", "arn:aws:s3:::b/k")}, IdentityPolicy, ""},
		{"long action, contained", []iam.Statement{longAction, allow(nil, "arn:aws:s3:::b/*"), allow(nil, "arn:aws:s3:::c")}, []iam.Statement{longAction, {Effect: iam.Allow, NotAction: []iam.Pattern{"*"}, Resource: []iam.Pattern{"*"}}}, IdentityPolicy, "the action patterns have too many combinations"},
		{"long resource", []iam.Statement{allow(nil, long), split, other}, []iam.Statement{allow(nil, long, "arn:aws:s3:::b")}, IdentityPolicy, "the resource patterns have too many combinations"},
		{"long resource, addresses", []iam.Statement{from("10.0.0.0/8", long)}, []iam.Statement{from("11.0.0.0/8", long, "arn:aws:s3:::b")}, IdentityPolicy, ""},
		{"long resource, a text like addresses", []iam.Statement{called("10.0.0.0/16", long)}, []iam.Statement{called("10.0.0.0/8", long, "arn:aws:s3:::b")}, IdentityPolicy, ""},
		{"many samples", halves, []iam.Statement{many}, IdentityPolicy, "the resource patterns have too many combinations"},
		{"many resources", []iam.Statement{allow(nil, stars...), split, other}, []iam.Statement{allow(nil, append(stars[1:], "*")...)}, IdentityPolicy, "the resource patterns have too many combinations"},
		{"many callers", []iam.Statement{callers("StringLike"), split, other}, []iam.Statement{everyone(allow(nil, "*"))}, ResourcePolicy, "not every aws:PrincipalArn was tried"},
		{"many combinations", []iam.Statement{allow(split.Condition, "*"), allow(other.Condition, "*")}, []iam.Statement{allow(nil, "*"), denied}, IdentityPolicy, "the conditions have too many combinations"},
		{"many sets", append(anyOf, allow([]iam.Condition{{Operator: "Null", Key: "aws:k", Values: []string{"true"}}}, "*"), allow([]iam.Condition{{Operator: "Null", Key: "aws:k", Values: []string{"false"}}}, "*")), []iam.Statement{allow(nil, "*")}, IdentityPolicy, "not every value of aws:k was tried"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := New(nil).Contain(
				[]Named{{"old", &iam.Policy{Version: iam.Version2012, Statements: test.old}}},
				[]Named{{"new", &iam.Policy{Version: iam.Version2012, Statements: test.new}}}, test.kind)
			want := Unproved
			if test.reason == "" {
				want = Wider
			}
			if got.Result != want || !strings.Contains(got.Reason, test.reason) {
				t.Errorf("got %s, %q by %+v", got.Result, got.Reason, got.Witness)
			}
		})
	}
}

// TestFreshChar: a policy may name every character that comes to mind.
func TestFreshChar(t *testing.T) {
	named := "zqxjkvwy0123456789abcdefghilmnoprstu_.~!@#%^&()[];,|<>\u4e00"
	found, all := matchings([]glob{plainGlob(named, false), newGlob("?", false)}, "", 0, nil)
	if !all || len(found) != 3 {
		t.Fatal(found, all)
	}
	for _, m := range found {
		if m.hits[1] && strings.Contains(named, m.text) {
			t.Errorf("%q is named", m.text)
		}
	}
}
