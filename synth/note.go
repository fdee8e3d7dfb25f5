package synth

import (
	"fmt"

	"github.com/pruner/pruner/iam"
)

// weigh is the weight of an action on the resources of the statement that is
// being narrowed.
func (n *narrower) weigh(a iam.Action) int {
	return breadthOf(n.catalog, n.at, a).of(Weight(n.catalog, a))
}

func (n *narrower) note(f Finding) {
	f.Policy = n.change.Name
	n.out = append(n.out, f)
}

// fewActions is up to how many actions of a word each get a finding of their
// own whatever it says; of more, those without evidence are told by service.
const fewActions = 12

// noteWord writes the findings of a word: one for each action that has
// evidence or a reason of its own, the rest of a wildcard by service.
func (n *narrower) noteWord(name string, stay, leave []fate) {
	few := len(stay)+len(leave) <= fewActions
	var rest []fate
	for _, f := range stay {
		if few || f.seen != nil {
			n.note(n.finding(name, f, string(f.action), n.weigh(f.action)))
		} else {
			rest = append(rest, f)
		}
	}
	n.noteGroups(name, rest)
	if len(leave) > fewActions {
		n.noteGroups(name, leave)
		return
	}
	for _, f := range leave {
		n.note(n.finding(name, f, string(f.action), n.weigh(f.action)))
	}
}

func (n *narrower) finding(name string, f fate, action string, weight int) Finding {
	return Finding{Finding: f.kind, Grade: f.grade, Statement: name, Action: action, Weight: weight, Evidence: f.evidence(), Reason: f.reason}
}

// noteGroups folds fates of one service, kind and reason into one finding.
func (n *narrower) noteGroups(name string, fates []fate) {
	type group struct {
		first         fate
		count, weight int
	}
	type key struct {
		service, reason string
		kind            FindingKind
		grade           Grade
	}
	groups := map[key]*group{}
	var order []*group
	var at key
	var g *group
	for _, f := range fates {
		if k := (key{f.action.Prefix(), generalReason(f), f.kind, f.grade}); g == nil || k != at {
			at, g = k, groups[k]
		}
		if g == nil {
			g = &group{first: f}
			groups[at] = g
			order = append(order, g)
		}
		g.count++
		g.weight += n.weigh(f.action)
	}
	for _, g := range order {
		action := string(g.first.action)
		if g.count > 1 {
			action = fmt.Sprintf("%s: %d actions, such as %s", g.first.action.Prefix(), g.count, g.first.action.Name())
		}
		n.note(n.finding(name, g.first, action, g.weight))
	}
}

// generalReason is what groups blind actions: their reasons name the action
// itself, so the kind alone groups them.
func generalReason(f fate) string {
	if f.kind == Blind {
		return ""
	}
	return f.reason
}
