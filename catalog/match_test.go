package catalog

import (
	"strings"
	"testing"

	"github.com/pruner/pruner/iam"
)

// TestMatchPlain holds the fast match of plain ARNs to the patterns' own.
func TestMatchPlain(t *testing.T) {
	var arns []string
	for _, prefix := range []string{"s3", "logs", "autoscaling", "ecs", "kms", "wafv2", "states", "glue", "elasticloadbalancing"} {
		s, _ := Default().Service(prefix)
		for _, r := range s.Resources {
			plain := strings.ReplaceAll(string(r.Pattern), "*", "x")
			arns = append(arns, plain, plain+":y", plain+"/y", strings.ReplaceAll(string(r.Pattern), "*", ""))
		}
	}
	matched := 0
	for _, prefix := range []string{"s3", "logs", "autoscaling", "ecs", "kms", "wafv2", "states", "glue", "elasticloadbalancing"} {
		s, _ := Default().Service(prefix)
		for _, r := range s.Resources {
			for _, arn := range arns {
				segments, ok := iam.Pattern(arn).Segments()
				want := ok
				for i := range segments {
					want = want && r.segments[i].Covers(segments[i])
				}
				if got := r.Match(iam.Pattern(arn)); got != want {
					t.Errorf("%s matches %s: %v, want %v", r.Pattern, arn, got, want)
				}
				if want {
					matched++
				}
			}
		}
	}
	if matched < len(arns)/4 {
		t.Errorf("only %d of %d ARNs match a type", matched, len(arns))
	}
}
