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

// BenchmarkContain compares documents of about 6,144 characters, the second
// granting one action more so that the whole space is gone through.
func BenchmarkContain(b *testing.B) {
	older, newer := statements(50, "s3:GetObject"), statements(50, "s3:Get*")
	b.ReportMetric(float64(Size(older[0].Policy)), "chars")
	for b.Loop() {
		if New(nil).Contain(newer, older, IdentityPolicy).Result != Contained {
			b.Fatal("not contained")
		}
		if New(nil).Contain(older, newer, IdentityPolicy).Result != Wider {
			b.Fatal("not wider")
		}
	}
}
