package synth

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/iam"
)

func TestSpell(t *testing.T) {
	describe := []iam.Action{
		"ec2:DescribeAddresses", "ec2:DescribeHosts", "ec2:DescribeImages", "ec2:DescribeInstances", "ec2:DescribeTags", "ec2:DescribeVpcs",
	}
	for name, c := range map[string]struct {
		word       iam.Pattern
		stay, gone []iam.Action
		want       []iam.Pattern
	}{
		"few are named":          {"s3:*", []iam.Action{"s3:PutObject", "s3:GetObject"}, []iam.Action{"s3:DeleteBucket"}, []iam.Pattern{"s3:GetObject", "s3:PutObject"}},
		"many share a beginning": {"ec2:*", describe, []iam.Action{"ec2:RunInstances"}, []iam.Pattern{"ec2:Describe*"}},
		"one that goes spoils the beginning": {"ec2:*", describe, []iam.Action{"ec2:DescribeVolumes"}, []iam.Pattern{
			"ec2:DescribeAddresses", "ec2:DescribeHosts", "ec2:DescribeImages", "ec2:DescribeInstances", "ec2:DescribeTags", "ec2:DescribeVpcs",
		}},
		"never past the granted word":  {"ec2:Describe*", describe, nil, []iam.Pattern{"ec2:Describe*"}},
		"a service that stays whole":   {"*", describe, []iam.Action{"s3:GetObject"}, []iam.Pattern{"ec2:*"}},
		"case is not a difference":     {"EC2:DESCRIBE*", describe, nil, []iam.Pattern{"ec2:Describe*"}},
		"what goes is spelled already": {"ec2:*", describe, []iam.Action{"ec2:describetags"}[:0], []iam.Pattern{"ec2:*"}},
	} {
		if diff := cmp.Diff(c.want, spell(c.word, c.stay, c.gone)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestSpellIsExact: whatever is kept is matched, nothing that goes is.
func TestSpellIsExact(t *testing.T) {
	verbs := []string{"Get", "List", "Put", "Describe", "GetObject", "Delete"}
	nouns := []string{"", "Object", "Objects", "Tags", "Acl", "Policy", "ObjectTagging"}
	for mask := range 1 << 12 {
		var stay, gone []iam.Action
		for i := range 42 {
			a := iam.Action("s3:" + verbs[i/7] + nouns[i%7])
			if mask>>(i%12)&1 == 1 {
				stay = append(stay, a)
			} else {
				gone = append(gone, a)
			}
		}
		patterns := spell("s3:*", stay, without(gone, stay))
		for _, a := range stay {
			if !matchesAny(patterns, a) {
				t.Fatalf("%v lost %s of %v", patterns, a, stay)
			}
		}
		for _, a := range without(gone, stay) {
			if matchesAny(patterns, a) {
				t.Fatalf("%v keeps %s, which goes", patterns, a)
			}
		}
	}
}

// without is the actions that are not among the others: verbs and nouns of the
// test make some names twice.
func without(actions, others []iam.Action) []iam.Action {
	var out []iam.Action
	for _, a := range actions {
		twice := false
		for _, o := range others {
			twice = twice || a.Equal(o)
		}
		if !twice {
			out = append(out, a)
		}
	}
	return out
}
