package eval

import (
	"fmt"
	"testing"

	"github.com/pruner/pruner/iam"
)

// statements makes a policy of n statements on buckets of their own.
func statements(n int, action iam.Pattern) []Named {
	p := &iam.Policy{Version: iam.Version2012}
	for i := range n {
		p.Statements = append(p.Statements, iam.Statement{
			Effect:   iam.Allow,
			Action:   []iam.Pattern{action, iam.Pattern(fmt.Sprintf("s3:Action%d", i))},
			Resource: []iam.Pattern{iam.Pattern(fmt.Sprintf("arn:aws:s3:::bucket-%d/*", i))},
		})
	}
	return []Named{{"p", p}}
}

func BenchmarkSetDecide(b *testing.B) {
	set, err := New(nil).Compile(statements(200, "s3:GetObject"))
	if err != nil {
		b.Fatal(err)
	}
	r := iam.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket-150/key"}
	b.ReportAllocs()
	for b.Loop() {
		if set.Decide(&r).Outcome != iam.Allowed {
			b.Fatal("denied")
		}
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
