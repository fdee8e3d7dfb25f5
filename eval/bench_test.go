package eval

import (
	"fmt"
	"testing"

	"github.com/pruner/pruner/iam"
)

// statements makes a policy of n statements on buckets of their own.
func statements(n int, action iam.Pattern, conditions ...iam.Condition) []Named {
	p := &iam.Policy{Version: iam.Version2012}
	for i := range n {
		p.Statements = append(p.Statements, iam.Statement{
			Effect:    iam.Allow,
			Action:    []iam.Pattern{action, iam.Pattern(fmt.Sprintf("s3:Action%d", i))},
			Resource:  []iam.Pattern{iam.Pattern(fmt.Sprintf("arn:aws:s3:::bucket-%d/*", i))},
			Condition: conditions,
		})
	}
	return []Named{{"p", p}}
}

func BenchmarkSetDecide(b *testing.B) {
	context := iam.Context{}.Set("aws:SourceIp", "10.1.2.3").Set("aws:PrincipalTag/team", "blue").
		Set("s3:max-keys", "10").Set("aws:CurrentTime", "2026-01-02T03:04:05Z").Set("aws:SecureTransport", "true")
	for _, bench := range []struct {
		name       string
		conditions []iam.Condition
	}{
		{"plain", nil},
		{"text", []iam.Condition{{Operator: "StringLike", Key: "aws:PrincipalTag/team", Values: []string{"red", "bl*"}}}},
		{"bool", []iam.Condition{{Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"true"}}}},
		{"ip", []iam.Condition{{Operator: "IpAddress", Key: "aws:SourceIp", Values: []string{"10.0.0.0/8"}}}},
		{"number", []iam.Condition{{Operator: "NumericLessThan", Key: "s3:max-keys", Values: []string{"100"}}}},
		{"date", []iam.Condition{{Operator: "DateGreaterThan", Key: "aws:CurrentTime", Values: []string{"2025-01-01T00:00:00Z"}}}},
	} {
		b.Run(bench.name, func(b *testing.B) { benchmarkDecide(b, bench.conditions, context) })
	}
}

func benchmarkDecide(b *testing.B, conditions []iam.Condition, context iam.Context) {
	set, err := New(nil).Compile(statements(200, "s3:GetObject", conditions...))
	if err != nil {
		b.Fatal(err)
	}
	var requests []iam.Request
	for i := range 256 {
		requests = append(requests, iam.Request{
			Action: "s3:GetObject", Context: context,
			Resource: iam.ARN(fmt.Sprintf("arn:aws:s3:::bucket-%d/key-%d", i, i)),
		})
	}
	allowed, i := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		if set.Decide(&requests[i%len(requests)]).Outcome == iam.Allowed {
			allowed++
		}
		i++
	}
	if allowed == 0 || allowed == i && i > 200 {
		b.Fatalf("%d of %d allowed", allowed, i)
	}
}

// BenchmarkContain compares two documents of 6,144 characters that differ in
// one way throughout, so that little is proved at once.
func BenchmarkContain(b *testing.B) {
	one := func(operator, key, value string) []iam.Condition {
		return []iam.Condition{{Operator: operator, Key: key, Values: []string{value}}}
	}
	for _, bench := range []struct {
		name     string
		old, new func(i int) iam.Statement
		want     Result
	}{
		{"narrower", bucket("s3:Get*", nil), bucket("s3:GetObject", nil), Contained},
		{"wider", bucket("s3:GetObject", nil), bucket("s3:Get*", nil), Wider},
		{"apart", func(i int) iam.Statement { return bucket("s3:Get*", one("Null", "aws:a", fmt.Sprint(i%2 == 0)))(i / 2) }, func(i int) iam.Statement { return bucket("s3:GetObject", nil)(i % 20) }, Contained},
		{"conditions", bucket("s3:Get*", one("NumericLessThan", "aws:a", "10")), bucket("s3:Get*", one("NumericLessThan", "aws:a", "9")), Contained},
		{"variables", bucket("s3:Get*", one("StringEquals", "aws:a", "${aws:b}")), bucket("s3:GetObject", one("StringEquals", "aws:a", "${aws:b}")), Contained},
		{"stars", starred("b"), starred("ab"), Contained},
		{"stars apart", starred("ab"), starred("b"), Wider},
	} {
		b.Run(bench.name, func(b *testing.B) {
			older, newer := fill(bench.old), fill(bench.new)
			for b.Loop() {
				if got := New(nil).Contain(older, newer, IdentityPolicy); got.Result != bench.want {
					b.Fatal(got)
				}
			}
		})
	}
}

func bucket(action iam.Pattern, conditions []iam.Condition) func(i int) iam.Statement {
	return func(i int) iam.Statement {
		return iam.Statement{Effect: iam.Allow, Action: []iam.Pattern{action}, Resource: []iam.Pattern{iam.Pattern(fmt.Sprintf("arn:aws:s3:::bucket-%d/*", i))}, Condition: conditions}
	}
}

// starred has a star at either end of each resource.
func starred(text string) func(i int) iam.Statement {
	return func(i int) iam.Statement {
		return iam.Statement{Effect: iam.Allow, Action: []iam.Pattern{"s3:GetObject"}, Resource: []iam.Pattern{iam.Pattern(fmt.Sprintf("arn:aws:s3:::*%s%d.*", text, i))}}
	}
}

// fill makes a document of statements up to the quota of a managed policy.
func fill(statement func(i int) iam.Statement) []Named {
	p := &iam.Policy{Version: iam.Version2012}
	for i := 0; Size(p) < 6_000; i++ {
		p.Statements = append(p.Statements, statement(i))
	}
	return []Named{{"p", p}}
}
