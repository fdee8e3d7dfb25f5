package eval

import (
	"testing"

	"github.com/pruner/pruner/iam"
)

// FuzzWild holds the quick matchers against those of package iam.
func FuzzWild(f *testing.F) {
	f.Add("arn:aws:s3:::b/*x?", "arn:aws:s3:::b/axy")
	f.Add("arn:*:q", "arn:aws:sqs:r:a:q")
	f.Add("*", "a:b")
	f.Add("a**?", "ab")
	f.Add("a**::", "a:0::")
	f.Add("arn:aws:sqs:*:q", "arn:aws:sqs:r:a:q")
	f.Add("${*}a", "*a")
	f.Fuzz(func(t *testing.T, p, s string) {
		if got, want := matchText(iam.Pattern(p), s), iam.Pattern(p).Match(s); got != want {
			t.Errorf("%q on %q: %v, want %v", p, s, got, want)
		}
		if got, want := matchARN(iam.Pattern(p), iam.ARN(s)), iam.Pattern(p).MatchARN(iam.ARN(s)); got != want && p != "*" {
			t.Errorf("ARN %q on %q: %v, want %v", p, s, got, want)
		}
	})
}
