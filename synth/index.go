package synth

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/usage"
)

// index finds a holder's uses by action. A wildcard grants thousands of
// actions, so each must be looked up without walking all uses.
type index struct {
	byAction map[iam.Action][]*HeldUse // by folded action
	services map[string][]iam.Action   // by prefix: the folded actions used of it, sorted
}

func newIndex(uses []HeldUse) *index {
	x := &index{byAction: map[iam.Action][]*HeldUse{}, services: map[string][]iam.Action{}}
	for i := range uses {
		action := uses[i].Call.Action.Fold()
		x.byAction[action] = append(x.byAction[action], &uses[i])
	}
	for action := range x.byAction {
		x.services[action.Prefix()] = append(x.services[action.Prefix()], action)
	}
	for _, actions := range x.services {
		slices.Sort(actions)
	}
	return x
}

// seen is what the holders' uses of one action within one statement add up to.
type seen struct {
	Evidence
	inWindow   bool
	unresolved bool // some use does not show its resource
	resources  []iam.Pattern
	days       []usage.Day
}

// seen gathers the uses of an action that the statement reaches, over all
// holders; nil if there are none.
func (n *narrower) seen(s *iam.Statement, a iam.Action) *seen {
	if !n.touched(a) {
		return nil
	}
	var out *seen
	folded := a.Fold()
	for _, h := range n.holders {
		for _, u := range h.index.byAction[folded] {
			if !reaches(s, &u.Call) {
				continue
			}
			if out == nil {
				out = &seen{Evidence: Evidence{First: u.Evidence.First, Last: u.Evidence.Last, EventID: u.Evidence.EventID}}
			}
			out.add(u)
		}
	}
	if out != nil {
		slices.Sort(out.days)
		out.days = slices.Compact(out.days)
		out.Days = len(out.days)
		slices.Sort(out.resources)
		out.resources = slices.Compact(out.resources)
	}
	return out
}

// touched: some holder shows a use of the action's service. Of a wildcard's
// hundreds of services most are not.
func (n *narrower) touched(a iam.Action) bool {
	prefix := strings.ToLower(a.Prefix())
	return slices.ContainsFunc(n.holders, func(h *Holder) bool { return len(h.index.services[prefix]) > 0 })
}

func (e *seen) add(u *HeldUse) {
	more := &u.Evidence
	if more.First.Before(e.First) || more.First.Equal(e.First) && more.EventID < e.EventID {
		e.First, e.EventID = more.First, more.EventID
	}
	if more.Last.After(e.Last) {
		e.Last = more.Last
	}
	e.days = append(e.days, u.Days...)
	e.inWindow = e.inWindow || u.InWindow
	e.unresolved = e.unresolved || u.Call.Resolution == iam.None || u.Call.Resolution == ""
	e.resources = append(e.resources, u.Call.Resources...)
}

// reaches: some resource of the call may be one that the statement grants.
func reaches(s *iam.Statement, call *iam.Call) bool {
	if call.Resolution == iam.None || s.NotResource != nil {
		return true
	}
	for _, r := range call.Resources {
		for _, p := range s.Resource {
			if p == "*" || p.HasVariable() || p.OverlapsARN(r) {
				return true
			}
		}
	}
	return false
}
