package eval

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/pruner/pruner/iam"
)

// TestPlansAgree holds decisions by plan against going through all
// statements.
func TestPlansAgree(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 1))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	resource := func() iam.Pattern {
		return iam.Pattern(pick("*", "**", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b*", "arn:aws:s3:::bucket/${aws:u}/*",
			"arn:*:s3:::b", "arn:aws:s3*", "arn:aws:s3:::b/${*}", "arn:aws:s3:::b/${aws:gone}", "arn:aws:s3:::bu?ket", "", "arn:aws:sqs:*:1:q"))
	}
	for range 2_000 {
		p := &iam.Policy{Version: pick(iam.Version2012, iam.Version2008)}
		for range 1 + random.IntN(6) {
			s := iam.Statement{Effect: iam.Effect(pick("Allow", "Allow", "Deny"))}
			s.Action = []iam.Pattern{iam.Pattern(pick("*", "s3:*", "S3:GetObject", "s3:Get*", "sqs:*"))}
			list := []iam.Pattern{resource(), resource()}
			if random.IntN(5) == 0 {
				s.NotResource = list
			} else {
				s.Resource = list
			}
			if random.IntN(3) == 0 {
				s.Condition = []iam.Condition{{Operator: pick("StringLike", "StringNotLike"), Key: pick("aws:u", "aws:v"), Values: []string{pick("a*", "x")}}}
			}
			p.Statements = append(p.Statements, s)
		}
		set, err := New(nil).Compile([]Named{{"p", p}})
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			r := iam.Request{
				Action: iam.Action(pick("s3:GetObject", "s3:getobject", "s3:Put", "sqs:Send")),
				Resource: iam.ARN(pick("*", "", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "arn:aws:s3:::bucket/a/k", "arn:aws:s3:::bücket",
					"arn:aws-cn:s3:::b", "arn:aws:sqs:eu:1:q", "arn:aws:s3", "b")),
			}
			if v := pick("", "a", "ab", "x"); v != "" {
				r.Context = r.Context.Set("aws:u", v)
			}
			if random.IntN(4) == 0 {
				r.Unknown = []string{pick("*", "aws:v")}
			}
			if got, want := set.Decide(&r), set.decideSlowly(&r); got != want {
				t.Fatalf("%+v\n%s\ngot  %+v\nwant %+v", r, p.Indent(), got, want)
			}
		}
	}
}

// TestSetNamesTheFirst of the statements that apply, in document order.
func TestSetNamesTheFirst(t *testing.T) {
	for text, want := range map[string]string{
		"allow s3:Put* on * ; allow s3:* on * ; allow s3:Get* on arn:aws:s3:::b/k":                            "#1",
		"allow s3:Put* on * ; allow s3:Get* on arn:aws:s3:::b/k ; allow s3:* on *":                            "#1",
		"allow s3:* on * ; deny s3:Put* on * ; deny s3:* on arn:aws:s3:::b/* ; deny s3:* on arn:aws:s3:::b/k": "#2",
	} {
		set, err := New(nil).Compile(document(t, text))
		if err != nil {
			t.Fatal(err)
		}
		r := iam.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}
		if got := set.Decide(&r); got.By.Statement != want {
			t.Errorf("%s: by %+v, want %s", text, got.By, want)
		}
	}
}

// TestPlansAreCapped asks about more actions than plans are kept for.
func TestPlansAreCapped(t *testing.T) {
	set, err := New(nil).Compile(statements(1, "s3:a*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxPlans + 10 {
		r := iam.Request{Action: iam.Action("s3:a" + strings.Repeat("b", i)), Resource: "arn:aws:s3:::bucket-0/k"}
		if d := set.Decide(&r); d.Outcome != iam.Allowed {
			t.Fatal(r.Action, d)
		}
	}
	if n := len(*set.plans.known.Load()); n != maxPlans {
		t.Errorf("%d plans, want %d", n, maxPlans)
	}
}

// TestDecideAllocatesNothing once an action is known, with conditions too.
func TestDecideAllocatesNothing(t *testing.T) {
	set, err := New(nil).Compile(statements(50, "s3:GetObject",
		iam.Condition{Operator: "IpAddress", Key: "aws:SourceIp", Values: []string{"10.0.0.0/8"}},
		iam.Condition{Operator: "StringLike", Key: "aws:u", Values: []string{"a*"}},
		iam.Condition{Operator: "ArnLike", Key: "aws:arn", Values: []string{"arn:aws:iam::*:role/xylophone*"}},
		iam.Condition{Operator: "NumericLessThan", Key: "aws:n", Values: []string{"100"}},
		iam.Condition{Operator: "DateLessThan", Key: "aws:t", Values: []string{"2030-01-01T00:00:00Z"}},
		iam.Condition{Operator: "DateGreaterThan", Key: "aws:s", Values: []string{"100"}},
		iam.Condition{Operator: "StringEquals", Key: "aws:u", Values: []string{"ab"}},
		iam.Condition{Operator: "Bool", Key: "aws:b", Values: []string{"true"}}))
	if err != nil {
		t.Fatal(err)
	}
	context := iam.Context{}.Set("aws:SourceIp", "10.1.2.3").Set("aws:u", "ab").Set("aws:n", "79").Set("aws:t", "2026-01-01T00:00:00Z").Set("aws:s", "1767225600").Set("aws:b", "true").Set("aws:arn", "arn:aws:iam::1:role/xylophone-player")
	for _, r := range []iam.Request{
		{Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket-7/k", Context: context},
		{Action: "s3:GetObject", Resource: "arn:aws:s3:::other/k", Context: context},
		{Action: "s3:PutObject", Resource: "arn:aws:s3:::bucket-7/k"},
	} {
		if n := testing.AllocsPerRun(100, func() { set.Decide(&r) }); n != 0 {
			t.Errorf("%s on %s: %v allocations", r.Action, r.Resource, n)
		}
	}
}

// TestSetTrust: a statement without Resource is about every resource.
func TestSetTrust(t *testing.T) {
	set, err := New(nil).Compile([]Named{{"trust", &iam.Policy{Statements: []iam.Statement{{Effect: iam.Allow, Action: []iam.Pattern{"sts:AssumeRole"}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := set.Decide(&iam.Request{Action: "sts:AssumeRole", Resource: "arn:aws:iam::111122223333:role/t"}); got.Outcome != iam.Allowed {
		t.Error(got)
	}
}
