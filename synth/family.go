package synth

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// How much wider than what was used a holder's actions of one service are
// kept. The used actions themselves, with their way back, are the lowest
// level. Whether that is enough is not assumed but tried on held-out days: the
// lowest level counts which, learnt on the first two thirds of the window,
// would have let through what was new in the last. Principals that deploy do
// something else with each change, so they start at the family.
type reach uint8

const (
	reachUsed   reach = iota
	reachFamily       // no more than used, on the same types of resources
	reachAccess       // no more than used, on anything of the service
	reachGrant        // all that is granted
)

func (r reach) reason(used iam.Action) string {
	switch r {
	case reachFamily:
		return "on the same resources as " + string(used) + ", which is used; what the role does of the service changes"
	case reachAccess:
		return "no more than " + string(used) + ", which is used; what the role does of the service keeps changing"
	}
	return string(used) + " is used, and nothing tells what else of the service will be"
}

// rank orders access levels by what they allow: looking, changing, granting.
func rank(a catalog.Access) int {
	switch a {
	case catalog.List, catalog.Read:
		return 0
	case catalog.Permissions:
		return 2
	}
	return 1
}

// covers reports whether an action that was not used lies in reach of one that
// was, both of the same service.
func (r reach) covers(used, a *catalog.Action) bool {
	switch {
	case r == reachGrant:
		return true
	case r == reachUsed || rank(a.Access) > rank(used.Access):
		return false
	case r == reachAccess:
		return true
	}
	return slices.ContainsFunc(used.Resources, func(t *catalog.ResourceType) bool { return slices.Contains(a.Resources, t) })
}

// reachOf is the level of a holder in a service, worked out once.
func (s *synthesizer) reachOf(h *Holder, prefix string) reach {
	level, ok := h.reach[prefix]
	if !ok {
		level = s.heldOut(h, prefix)
		h.reach[prefix] = level
	}
	return level
}

func (s *synthesizer) heldOut(h *Holder, prefix string) reach {
	split := heldOutFrom(s.window)
	var known, fresh []*catalog.Action
	for _, folded := range h.index.services[prefix] {
		a, ok := s.catalog.Action(folded)
		if !ok {
			continue
		}
		if slices.ContainsFunc(h.index.byAction[folded], func(u *HeldUse) bool { return u.Days[0].Start().Before(split) }) {
			known = append(known, a)
		} else {
			fresh = append(fresh, a)
		}
	}
	level := reachUsed
	if s.deploys(h) {
		level = reachFamily
	}
	if len(known) == 0 {
		return level // nothing was learnt that could be tried
	}
	for level < reachGrant && !allCovered(level, known, fresh) {
		level++
	}
	return level
}

func allCovered(level reach, known, fresh []*catalog.Action) bool {
	for _, a := range fresh {
		if !slices.ContainsFunc(known, func(u *catalog.Action) bool { return level.covers(u, a) || isWayBack(u.Name, a.Name) }) {
			return false
		}
	}
	return true
}

// deployers are services and identity providers whose roles change
// infrastructure.
var deployers = []iam.Pattern{
	"cloudformation.amazonaws.com", "codebuild.amazonaws.com", "codepipeline.amazonaws.com", "codedeploy.amazonaws.com",
	"*:oidc-provider/token.actions.githubusercontent.com", "*:oidc-provider/gitlab*", "*:oidc-provider/app.terraform.io",
	"*:oidc-provider/api.bitbucket.org*", "*:oidc-provider/agent.buildkite.com", "*:oidc-provider/oidc.circleci.com*",
}

// deploys reports whether the role is one of those that deploy: by whom it
// trusts.
func (s *synthesizer) deploys(h *Holder) bool {
	if h.Role.Trust == nil {
		return false
	}
	for i := range h.Role.Trust.Statements {
		st := &h.Role.Trust.Statements[i]
		if st.Effect != iam.Allow || st.Principal == nil {
			continue
		}
		for _, p := range st.Principal.Values {
			if slices.ContainsFunc(deployers, func(d iam.Pattern) bool { return d.Match(strings.ToLower(p.Value)) }) {
				return true
			}
		}
	}
	return false
}

// family finds a used action in whose reach the action lies, for some holder.
func (n *narrower) family(s *iam.Statement, a iam.Action) (iam.Action, reach) {
	known, ok := n.catalog.Action(a)
	if !ok || !n.touched(a) {
		return "", reachUsed
	}
	for _, h := range n.holders {
		level := n.reachOf(h, strings.ToLower(a.Prefix()))
		if level == reachUsed {
			continue
		}
		for _, folded := range h.index.services[strings.ToLower(a.Prefix())] {
			used, ok := n.catalog.Action(folded)
			if !ok || !level.covers(used, known) {
				continue
			}
			if e := n.seen(s, used.Name); e != nil && e.inWindow {
				return used.Name, level
			}
		}
	}
	return "", reachUsed
}
