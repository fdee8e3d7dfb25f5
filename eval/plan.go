package eval

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pruner/pruner/iam"
)

// maxPlans caps how many actions a set keeps plans for; others are decided by
// going through all statements.
const maxPlans = 1024

// plans are a set's plans by action, as requests spell it. The map is never
// changed, only replaced, so that readers need no lock.
type plans struct {
	known atomic.Pointer[map[iam.Action]*plan]
	mu    sync.Mutex
}

// plan is what a set has to look at for one action: the statements whose
// Action element matches, found by the resource.
type plan struct {
	missing string
	root    prefixNode
}

// prefixNode is a node of a tree over the literal beginnings of resource
// patterns. A pattern can match a resource only if it hangs on the way from
// the root along the resource's text.
type prefixNode struct {
	text    string // from the parent's end to here
	entries []entry
	next    []*prefixNode // no two begin with the same byte
}

// entry is one resource pattern of a statement, or a whole statement.
type entry struct {
	statement *statement
	order     int32
	pattern   iam.Pattern // "": the statement's Resource element as a whole
	literal   bool        // the pattern has no wildcard and ends at its node
	rest      bool        // the pattern is what stands at its node and `*`
}

// planFor gives the plan of an action, or nil past the cap.
func (s *Set) planFor(action iam.Action) *plan {
	known := s.plans.known.Load()
	if known != nil {
		if p := (*known)[action]; p != nil {
			return p
		}
		if len(*known) >= maxPlans {
			return nil
		}
	}
	return s.makePlan(action)
}

func (s *Set) makePlan(action iam.Action) *plan {
	s.plans.mu.Lock()
	defer s.plans.mu.Unlock()
	all := map[iam.Action]*plan{}
	if known := s.plans.known.Load(); known != nil {
		for a, p := range *known {
			all[a] = p
		}
	}
	p := &plan{missing: missing(action)}
	folded := string(action.Fold())
	for i := range s.statements {
		if st := &s.statements[i]; st.matchAction(folded) {
			p.add(st, int32(i))
		}
	}
	all[action] = p
	s.plans.known.Store(&all)
	return p
}

func missing(action iam.Action) string {
	return "no statement allows " + string(action) + " on this resource"
}

func (p *plan) add(s *statement, order int32) {
	if s.resources == nil || s.notResources {
		p.root.entries = append(p.root.entries, entry{statement: s, order: order})
		return
	}
	for _, r := range s.resources {
		text := string(r)
		if end := strings.IndexAny(text, "*?$"); end >= 0 {
			text = text[:end]
		}
		tail := string(r[len(text):])
		node := p.root.at(text)
		node.entries = append(node.entries, entry{
			statement: s, order: order, pattern: r,
			literal: tail == "",
			rest:    tail == "*" && strings.Count(text, ":") >= 5,
		})
	}
}

// at finds or makes the node where the text ends.
func (n *prefixNode) at(text string) *prefixNode {
	if text == "" {
		return n
	}
	for i, c := range n.next {
		if c.text[0] != text[0] {
			continue
		}
		same := 1
		for same < len(c.text) && same < len(text) && c.text[same] == text[same] {
			same++
		}
		if same < len(c.text) {
			split := &prefixNode{text: c.text[:same], next: []*prefixNode{c}}
			c.text = c.text[same:]
			n.next[i], c = split, split
		}
		return c.at(text[same:])
	}
	leaf := &prefixNode{text: text}
	n.next = append(n.next, leaf)
	return leaf
}

// decide goes along the resource's text through the tree.
func (p *plan) decide(r *iam.Request) iam.Decision {
	var v votes
	rest := string(r.Resource)
	for n := &p.root; n != nil; {
		for i := range n.entries {
			e := &n.entries[i]
			if match := e.match(r, rest); match != no {
				v.count(e.statement, e.order, match)
			}
		}
		if n = n.child(rest); n != nil {
			rest = rest[len(n.text):]
		}
	}
	return v.decision(p.missing)
}

func (n *prefixNode) child(rest string) *prefixNode {
	if rest == "" {
		return nil
	}
	for _, c := range n.next {
		if c.text[0] == rest[0] {
			if strings.HasPrefix(rest, c.text) {
				return c
			}
			return nil
		}
	}
	return nil
}

// match says whether the entry's statement applies; rest is what of the
// resource lies behind the entry's node.
func (e *entry) match(r *iam.Request, rest string) tri {
	result := yes
	switch {
	case e.pattern == "":
		result = e.statement.matchResource(r)
	case e.literal:
		result = truth(rest == "")
	case !e.rest:
		result = e.statement.matchOne(e.pattern, r)
	}
	return e.statement.underConditions(r, result)
}

// votes are the statements that apply to a request: of each kind the first in
// document order.
type votes struct {
	allow, deny, perhapsAllow, perhapsDeny struct {
		statement *statement
		order     int32
	}
}

func (v *votes) count(s *statement, order int32, match tri) {
	slot := &v.allow
	switch {
	case s.source.Effect == iam.Deny && match == yes:
		slot = &v.deny
	case s.source.Effect == iam.Deny:
		slot = &v.perhapsDeny
	case match == maybe:
		slot = &v.perhapsAllow
	}
	if slot.statement == nil || order < slot.order {
		slot.statement, slot.order = s, order
	}
}

func (v *votes) decision(missing string) iam.Decision {
	switch {
	case v.deny.statement != nil:
		return iam.Decision{Outcome: iam.ExplicitlyDenied, By: v.deny.statement.reason()}
	case v.allow.statement == nil && v.perhapsAllow.statement == nil:
		return iam.Decision{Outcome: iam.ImplicitlyDenied, Missing: missing}
	case v.perhapsDeny.statement != nil:
		return iam.Decision{Outcome: iam.Unknown, By: v.perhapsDeny.statement.reason(), Missing: "a deny hangs on a condition key that is not known"}
	case v.allow.statement != nil:
		return iam.Decision{Outcome: iam.Allowed, By: v.allow.statement.reason()}
	}
	return iam.Decision{Outcome: iam.Unknown, By: v.perhapsAllow.statement.reason(), Missing: "the allow hangs on a condition key that is not known"}
}
