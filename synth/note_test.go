package synth

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/iam"
)

func testNarrower() *narrower {
	return &narrower{
		synthesizer: quotaSynthesizer(), change: &PolicyChange{Holding: account.Holding{Name: "p"}, Limit: 6144},
		at: &iam.Statement{Effect: iam.Allow, Action: []iam.Pattern{"sqs:*"}, Resource: []iam.Pattern{"*"}},
	}
}

// TestEach: what is told together is told again action by action, each with its
// own weight and a reason that names it.
func TestEach(t *testing.T) {
	n := testNarrower()
	var fates []fate
	for _, a := range n.catalog.Expand("sqs:*") {
		f := fate{action: a, kind: Removed, grade: Safe, reason: "no sign of use"}
		if strings.HasPrefix(a.Name(), "List") {
			f.kind, f.grade, f.reason = Blind, "", fmt.Sprintf("%s is not recorded, whatever sqs:ListQueues is", a)
		}
		fates = append(fates, f)
	}
	n.noteWord("S", nil, fates)
	if len(n.out) >= len(fates) {
		t.Fatalf("%d findings of %d actions: nothing is told together", len(n.out), len(fates))
	}
	var want, got []Finding
	for _, f := range fates {
		one := n.finding("S", f, string(f.action), n.weigh(f.action))
		one.Policy, one.of = "p", n.change
		want = append(want, one)
	}
	for _, f := range n.out {
		weight := 0
		for one := range f.Each() {
			got = append(got, one)
			weight += one.Weight
		}
		if weight != f.Weight {
			t.Errorf("%s weighs %d, its actions %d", f.Action, f.Weight, weight)
		}
	}
	key := func(f Finding) string { return fmt.Sprintf("%+v", f) }
	sorted := func(list []Finding) []string {
		var out []string
		for _, f := range list {
			out = append(out, key(f))
		}
		slices.Sort(out)
		return out
	}
	if a, b := sorted(got), sorted(want); !slices.Equal(a, b) {
		t.Errorf("told one by one:\n%s\nwant\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
	}
}

// TestComeBack: what the quota brings back is not said to go.
func TestComeBack(t *testing.T) {
	n := testNarrower()
	old := parsed(t, `{"Version":"2012-10-17","Statement":[{"Sid":"Q","Effect":"Allow","Action":"sqs:*","Resource":"*"}]}`)
	smaller := parsed(t, `{"Version":"2012-10-17","Statement":[{"Sid":"Q","Effect":"Allow","Action":["sqs:DeleteQueue","sqs:DeleteMessage","sqs:GetQueueUrl"],"Resource":"*"}]}`)
	n.names = []string{"Q"}
	var leave []fate
	for _, a := range n.catalog.Expand("sqs:*") {
		if a != "sqs:DeleteQueue" && a != "sqs:DeleteMessage" && a != "sqs:GetQueueUrl" {
			leave = append(leave, fate{action: a, kind: Removed, grade: Safe, reason: "no sign of use"})
		}
	}
	n.noteWord("Q", nil, leave)
	fitted := n.fit(old, smaller, 1)
	if got := fitted.Statements[0].Action; !slices.Equal(got, []iam.Pattern{"sqs:*"}) {
		t.Fatalf("fitted to %q", got)
	}
	granted := grantedBy(n.synthesizer, &fitted.Statements[0])
	back := 0
	for _, f := range n.out {
		for one := range f.Each() {
			if granted[one.Action] != (one.Finding == Kept) {
				t.Errorf("%s is %s, granted: %v", one.Action, one.Finding, granted[one.Action])
			}
			if one.Finding == Kept {
				back++
			}
		}
	}
	if back == 0 {
		t.Error("nothing came back: the case tests nothing")
	}
}
