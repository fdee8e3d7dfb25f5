package catalog

import (
	"slices"
	"strings"
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

// TestSorted: the compiled data bring actions and services in order, which
// nobody sorts again, and each action once.
func TestSorted(t *testing.T) {
	c := Default()
	byName := func(a, b *Action) int { return strings.Compare(string(a.Name.Fold()), string(b.Name.Fold())) }
	if !slices.IsSortedFunc(c.Actions(), byName) {
		t.Error("the actions are not sorted by their folded names")
	}
	if len(c.actions) != len(c.sorted) {
		t.Errorf("%d actions have %d names", len(c.sorted), len(c.actions))
	}
	n := 0
	for prefix, s := range c.services {
		n += len(s.Actions)
		for _, a := range s.Actions {
			if a.Name.Prefix() != prefix || a.Folded != a.Name.Fold() {
				t.Fatalf("%s (%s) is among the actions of %s", a.Name, a.Folded, prefix)
			}
		}
	}
	if n != len(c.sorted) {
		t.Errorf("the services have %d actions of %d", n, len(c.sorted))
	}
}

// TestEventsSorted: an action's events lie in order, each once.
func TestEventsSorted(t *testing.T) {
	for _, a := range Default().Actions() {
		for i := 1; i < len(a.Events); i++ {
			if x, y := a.Events[i-1], a.Events[i]; x.Source+" "+x.Name >= y.Source+" "+y.Name {
				t.Errorf("%s: %v stands before %v", a.Name, x, y)
			}
		}
	}
}
