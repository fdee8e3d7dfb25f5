package synth

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

func passing(resolution iam.Resolution, days []trail.Day, roles ...iam.Pattern) HeldUse {
	return HeldUse{Call: iam.Call{Action: passRole, Resources: roles, Kind: iam.Implied, Resolution: resolution}, Days: days, InWindow: true}
}

func TestPassed(t *testing.T) {
	const web, task, other = "arn:aws:iam::111122223333:role/web", "arn:aws:iam::111122223333:role/task", "arn:aws:iam::111122223333:role/other"
	twice, once := []trail.Day{20000, 20001}, []trail.Day{20000}
	for name, c := range map[string]struct {
		granted []iam.Pattern
		uses    []HeldUse
		later   bool
		want    []iam.Pattern // nil: left as it is
		grade   Grade
	}{
		"to the roles passed":        {[]iam.Pattern{"*"}, []HeldUse{passing(iam.Exact, twice, web), passing(iam.Exact, twice, task)}, false, []iam.Pattern{task, web}, Safe},
		"once is not enough":         {[]iam.Pattern{"*"}, []HeldUse{passing(iam.Exact, twice, web), passing(iam.Exact, once, task)}, false, nil, Later},
		"once, when later ones go":   {[]iam.Pattern{"*"}, []HeldUse{passing(iam.Exact, once, task)}, true, []iam.Pattern{task}, Later},
		"a call that hides its role": {[]iam.Pattern{"*"}, []HeldUse{passing(iam.Exact, twice, web), passing(iam.Partial, twice, "arn:aws:iam::111122223333:role/*")}, true, nil, ""},
		"never past the grant":       {[]iam.Pattern{"arn:aws:iam::*:role/w*"}, []HeldUse{passing(iam.Exact, twice, web, other)}, false, []iam.Pattern{web}, Safe},
		"narrow already":             {[]iam.Pattern{web}, []HeldUse{passing(iam.Exact, twice, web)}, false, nil, ""},
	} {
		n := &narrower{
			synthesizer: &synthesizer{catalog: catalog.Default(), options: Options{Later: c.later}},
			change:      &PolicyChange{}, holders: []*Holder{{Uses: c.uses}},
		}
		s := &iam.Statement{Effect: iam.Allow, Action: []iam.Pattern{"iam:PassRole"}, Resource: c.granted}
		n.at = s
		got, ok := n.passed(s, "S", []fate{{action: passRole, kind: Kept}})
		if !ok {
			got = nil
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		grade := Grade("")
		if len(n.out) > 0 {
			grade = n.out[0].Grade
		}
		if grade != c.grade {
			t.Errorf("%s: grade %q, want %q", name, grade, c.grade)
		}
	}
}
