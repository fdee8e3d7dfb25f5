package synth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// Explain says what becomes of one action of one role, statement by statement
// in the order of its policies, with the rule that decided. A report folds the
// thousands of actions of a wildcard into a few lines; this is the line of one
// of them. Roles that share a policy are judged together, as in Propose.
func Explain(in Inputs, role iam.ARN, action iam.Action) ([]Finding, error) {
	s, err := newSynthesizer(in)
	if err != nil {
		return nil, err
	}
	if _, err := s.calibrate(1); err != nil {
		return nil, err
	}
	s.asked = &question{role: role, action: action}
	for _, group := range s.groups() {
		if !slices.ContainsFunc(group, func(r roleRef) bool { return r.role.ARN == role }) {
			continue
		}
		p, err := s.proposeFor(group)
		if err != nil {
			return nil, fmt.Errorf("explain %s of %s: %w", action, role, err)
		}
		if _, _, err := Check(in.Engine, p); err != nil {
			return nil, err
		}
		for i := range s.asked.answers {
			a := &s.asked.answers[i]
			switch {
			case a.Finding != Removed && a.Finding != Narrowed || a.Blocker != "":
			case a.of.unproved:
				a.Blocker = a.of.Report
			default:
				a.Blocker = strings.Join(p.Blockers, "; ")
			}
		}
	}
	return s.asked.answers, nil
}

// question is what Explain was asked, and the answers so far.
type question struct {
	role    iam.ARN
	action  iam.Action
	answers []Finding
}

// answer notes the fate of the action that was asked for.
func (n *narrower) answer(f *fate) {
	q := n.asked
	if q == nil || !f.action.Equal(q.action) || !slices.ContainsFunc(n.holders, func(h *Holder) bool { return h.Role.ARN == q.role }) {
		return
	}
	found := n.finding(n.name, *f, string(f.action), n.weigh(f.action))
	found.Policy, found.of, found.Resource = n.change.Name, n.change, words(n.at.Resource, n.at.NotResource)
	q.answers = append(q.answers, found)
}

// held says in the answers what keeps the whole policy as it is.
func (n *narrower) held() {
	if n.asked == nil || n.change.Report == "" {
		return
	}
	for i := range n.asked.answers {
		if a := &n.asked.answers[i]; a.of == n.change && (a.Finding == Removed || a.Finding == Narrowed) {
			a.Blocker = n.change.Report
		}
	}
}
