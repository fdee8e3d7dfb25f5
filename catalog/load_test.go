package catalog

import (
	"slices"
	"testing"

	"github.com/pruner/pruner/iam"
)

// TestAccessLevels: every action has one of the five levels, and each level
// has actions.
func TestAccessLevels(t *testing.T) {
	count := map[Access]int{}
	for _, a := range Default().Actions() {
		count[a.Access]++
	}
	for _, level := range []Access{List, Read, Write, Tagging, Permissions} {
		if count[level] < 100 {
			t.Errorf("%d actions have the access level %s", count[level], level)
		}
		delete(count, level)
	}
	if len(count) > 0 {
		t.Errorf("unknown access levels: %v", count)
	}
}

func TestDependents(t *testing.T) {
	c := Default()
	for action, want := range map[iam.Action][]iam.Action{
		"access-analyzer:CreateAnalyzer": {"iam:CreateServiceLinkedRole"},
		"s3:GetObject":                   nil,
	} {
		a, _ := c.Action(action)
		if !slices.Equal(a.Dependents, want) {
			t.Errorf("%s depends on %v, want %v", action, a.Dependents, want)
		}
	}
	a, _ := c.Action("lambda:CreateFunction")
	if !slices.Contains(a.Dependents, "iam:PassRole") {
		t.Errorf("lambda:CreateFunction depends on %v, want iam:PassRole among them", a.Dependents)
	}
}

// TestDependentsExist: what an action depends on is an action, or one that AWS
// has renamed or dropped since the column was last published.
func TestDependentsExist(t *testing.T) {
	c := Default()
	total, gone := 0, map[iam.Action]int{}
	for _, a := range c.Actions() {
		for _, d := range a.Dependents {
			total++
			if _, ok := c.Action(d); !ok {
				gone[d]++
			}
		}
	}
	t.Logf("%d dependent actions, of which unknown today: %v", total, gone)
	if total < 4000 || len(gone) > total/100 {
		t.Errorf("%d dependent actions, %d unknown: %v", total, len(gone), gone)
	}
}
