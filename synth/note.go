package synth

import (
	"fmt"
	"iter"
	"strings"

	"github.com/pruner/pruner/iam"
)

// weigh is the weight of an action on the resources of the statement that is
// being narrowed.
func (n *narrower) weigh(a iam.Action) int {
	return breadthOf(n.catalog, n.at, a).of(Weight(n.catalog, a))
}

func (n *narrower) note(f Finding) {
	f.Policy, f.of = n.change.Name, n.change
	n.out = append(n.out, f)
}

// Member is one action of a finding that tells of several.
type Member struct {
	Action iam.Action
	Weight int
}

// Each gives a finding for every action that the finding tells of: itself, if
// that is one.
func (f *Finding) Each() iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		if len(f.Members) == 0 {
			yield(*f)
			return
		}
		for i, m := range f.Members {
			one := *f
			one.Action, one.Weight, one.Members = string(m.Action), m.Weight, nil
			if i > 0 { // the reason names the first
				one.Reason = strings.ReplaceAll(f.Reason, string(f.Members[0].Action), string(m.Action))
			}
			if !yield(one) {
				return
			}
		}
	}
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

// noteGroups folds fates of one service, kind and reason into one finding. A
// fate with evidence stays by itself.
func (n *narrower) noteGroups(name string, fates []fate) {
	type key struct {
		service, reason string
		kind            FindingKind
		grade           Grade
	}
	groups := map[key]*Finding{}
	var order []*Finding
	var at key
	var g *Finding
	for _, f := range fates {
		weight := n.weigh(f.action)
		if f.seen != nil {
			one := n.finding(name, f, string(f.action), weight)
			order = append(order, &one)
			continue
		}
		if k := (key{f.action.Prefix(), generalReason(f), f.kind, f.grade}); g == nil || k != at {
			at, g = k, groups[k]
		}
		if g == nil {
			one := n.finding(name, f, "", 0)
			g = &one
			groups[at] = g
			order = append(order, g)
		}
		g.Members = append(g.Members, Member{f.action, weight})
		g.Weight += weight
	}
	for _, g := range order {
		g.name()
		n.note(*g)
	}
}

// name writes what a person reads as the action of a finding with members.
func (f *Finding) name() {
	switch len(f.Members) {
	case 0:
	case 1:
		f.Action, f.Members = string(f.Members[0].Action), nil
	default:
		first := f.Members[0].Action
		f.Action = fmt.Sprintf("%s: %d actions, such as %s", first.Prefix(), len(f.Members), first.Name())
	}
}

// generalReason is a fate's reason without the action's own name, in which
// those of one group differ.
func generalReason(f fate) string {
	return strings.ReplaceAll(f.reason, string(f.action), "\x00")
}

// comeBack corrects the findings by what the quota brought back: actions that
// no evidence keeps, and that a wider word grants again.
func (n *narrower) comeBack(smaller, fitted *iam.Policy) {
	for i := range fitted.Statements {
		before := grantedBy(n.synthesizer, &smaller.Statements[i])
		back := map[string]bool{}
		for a := range grantedBy(n.synthesizer, &fitted.Statements[i]) {
			if !before[a] {
				back[a] = true
			}
		}
		if len(back) > 0 {
			n.takeBack(n.names[i], back)
		}
	}
}

func grantedBy(s *synthesizer, st *iam.Statement) map[string]bool {
	out := map[string]bool{}
	for _, a := range Granted(s.catalog, st) {
		out[string(a)] = true
	}
	return out
}

// takeBack turns findings of a statement that say that an action goes.
func (n *narrower) takeBack(statement string, back map[string]bool) {
	var out []Finding
	for _, f := range n.out {
		var goes, stays []Finding
		for one := range f.Each() {
			if f.Statement != statement || f.Finding != Removed || !back[one.Action] {
				goes = append(goes, one)
				continue
			}
			one.Finding, one.Grade = Kept, ""
			one.Reason = fmt.Sprintf("nothing keeps it, but to leave it out the policy would go over its quota of %d characters", n.change.Limit)
			stays = append(stays, one)
		}
		if len(stays) == 0 {
			out = append(out, f)
			continue
		}
		out = append(append(out, together(goes)...), together(stays)...)
	}
	n.out = out
}

// together tells findings of one service, kind and reason as one, if there are any.
func together(list []Finding) []Finding {
	if len(list) < 2 {
		return list
	}
	f := list[0]
	f.Weight = 0
	for _, one := range list {
		f.Members = append(f.Members, Member{iam.Action(one.Action), one.Weight})
		f.Weight += one.Weight
	}
	f.name()
	return []Finding{f}
}
