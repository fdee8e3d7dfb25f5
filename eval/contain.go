package eval

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// Result is the answer to "does NEW grant nothing that OLD did not".
type Result string

// The three results. Unproved is no verdict: neither a proof nor a witness was
// found.
const (
	Contained Result = "contained"
	Wider     Result = "wider"
	Unproved  Result = "unknown"
)

// Kind is the kind of policy whose grants are compared.
type Kind int

// The kinds.
const (
	IdentityPolicy Kind = iota
	ResourcePolicy
)

// Containment is the answer with its witness, a request that NEW allows and
// OLD does not.
type Containment struct {
	Result  Result
	Witness *iam.Request
	Reason  string // for Unproved: what could not be shown
}

// Contain compares what the union of new grants with the union of old. Quick
// first: each allow of new is covered by an allow of old with weaker
// conditions, and each deny of old that touches it is kept. Else all regions
// of requests that the documents tell apart are gone through. Wider comes with
// a witness that the engine itself confirmed.
func (e *Engine) Contain(oldPolicies, newPolicies []Named, kind Kind) Containment {
	c := &container{engine: e, kind: kind}
	var err error
	if c.old, err = e.Compile(oldPolicies); err != nil {
		return Containment{Result: Unproved, Reason: err.Error()}
	}
	if c.new, err = e.Compile(newPolicies); err != nil {
		return Containment{Result: Unproved, Reason: err.Error()}
	}
	if c.prove() == "" {
		return Containment{Result: Contained}
	}
	answer := c.explore()
	if answer.Result == Contained && c.callersMissing {
		answer = Containment{Result: Unproved, Reason: "not every aws:PrincipalArn was tried"}
	}
	if answer.Result == Unproved {
		if w := c.witness(); w != nil {
			return Containment{Result: Wider, Witness: w}
		}
	}
	return answer
}

// container is one comparison under way.
type container struct {
	engine   *Engine
	kind     Kind
	old, new *Set
	space    *callSpace      // where only requests of a call are compared
	lists    map[string]bool // keys that may have several values; nil until asked for

	visited        map[string]bool // sets of statements that were searched
	nodes          int             // what is left of maxNodes
	steps          int             // what is spent of maxSteps
	principals     []iam.Principal
	texts          map[*iam.Statement]string
	callersMissing bool
}

// listKeys are the keys that the compared policies, whole, take for lists.
func (c *container) listKeys() map[string]bool {
	if c.lists == nil {
		c.lists = listKeys(c.old, c.new)
	}
	return c.lists
}

// prove gives "" if every allow of new is covered, else what is not.
func (c *container) prove() string {
	for i := range c.new.statements {
		n := &c.new.statements[i]
		if n.source.Effect != iam.Allow {
			continue
		}
		if reason := c.proveStatement(n); reason != "" {
			return reason
		}
	}
	return ""
}

func (c *container) proveStatement(n *statement) string {
	if slices.ContainsFunc(c.old.statements, func(o statement) bool {
		return o.source.Effect == iam.Allow && c.sameStatement(&o, n)
	}) {
		return c.deniesKept(n)
	}
	if n.notResources || n.source.NotPrincipal != nil {
		return "statement " + n.name + " grants by exclusion"
	}
	resources := n.resources
	if resources == nil {
		resources = []iam.Pattern{"*"}
	}
	for _, resource := range resources {
		if n.notActions {
			if !c.covered(n, resource, func(o *statement) bool { return excludesNoMore(o, n) }) {
				return "statement " + n.name + " grants by exclusion"
			}
			continue
		}
		for _, action := range n.actions {
			if !c.covered(n, resource, func(o *statement) bool { return coversAction(o, action) }) {
				return "statement " + n.name + ": " + string(action) + " on " + string(resource)
			}
		}
	}
	return c.deniesKept(n)
}

// covered: one allow of old covers the actions on the resource pattern.
func (c *container) covered(n *statement, resource iam.Pattern, actions func(o *statement) bool) bool {
	for i := range c.old.statements {
		o := &c.old.statements[i]
		if o.source.Effect == iam.Allow && actions(o) && coversResource(o, resource, n) &&
			impliedBy(o, n) && c.coversPrincipal(o, n) {
			return true
		}
	}
	return false
}

// excludesNoMore: o grants all actions but some, and n, which grants by
// exclusion, excludes those too.
func excludesNoMore(o, n *statement) bool {
	if !o.notActions {
		return slices.Contains(o.actions, "*")
	}
	for _, p := range o.actions {
		if !slices.ContainsFunc(n.actions, func(q iam.Pattern) bool { return q.Covers(p) }) {
			return false
		}
	}
	return true
}

func coversAction(o *statement, action iam.Pattern) bool {
	if o.notActions {
		for _, p := range o.actions {
			if p.Overlaps(action) {
				return false
			}
		}
		return true
	}
	for _, p := range o.actions {
		if p.Covers(action) {
			return true
		}
	}
	return false
}

// coversResource compares patterns. A variable stands for the same text in both
// statements.
func coversResource(o *statement, resource iam.Pattern, n *statement) bool {
	if o.resources == nil {
		return true
	}
	if o.notResources {
		if resource.HasVariable() {
			return false
		}
		for _, p := range o.resources {
			if p.HasVariable() || p.OverlapsARN(resource) {
				return false
			}
		}
		return true
	}
	for _, p := range o.resources {
		if p == "*" || coversARN(p, resource) {
			return true
		}
	}
	return false
}

func (c *container) coversPrincipal(o, n *statement) bool {
	if c.kind == IdentityPolicy {
		return true
	}
	op, np := o.source.Principal, n.source.Principal
	switch {
	case op == nil || np == nil:
		return false
	case op.Any:
		return true
	case np.Any:
		return slices.Contains(op.Values, iam.Principal{Type: iam.PrincipalAWS, Value: "*"})
	}
	for _, v := range np.Values {
		if !slices.ContainsFunc(op.Values, func(w iam.Principal) bool { return principalCovers(w, v) }) {
			return false
		}
	}
	return true
}

// principalCovers: an account covers every principal in it.
func principalCovers(w, v iam.Principal) bool {
	if w.Type != v.Type {
		return false
	}
	if w.Value == v.Value || w.Value == "*" {
		return true
	}
	account := iam.ARN(v.Value).Account()
	if account == "" {
		account = v.Value
	}
	return w.Type == iam.PrincipalAWS &&
		(w.Value == account || strings.HasSuffix(w.Value, ":iam::"+account+":root"))
}

// deniesKept: every deny of old that can touch what n allows stands in new.
func (c *container) deniesKept(n *statement) string {
	for i := range c.old.statements {
		d := &c.old.statements[i]
		if d.source.Effect != iam.Deny || !c.touches(d, n) {
			continue
		}
		if !slices.ContainsFunc(c.new.statements, func(s statement) bool {
			return s.source.Effect == iam.Deny && c.sameStatement(&s, d)
		}) {
			return "the deny " + d.policy + " " + d.name + " is gone"
		}
	}
	return ""
}

func (c *container) touches(d, n *statement) bool {
	if d.notActions || d.notResources || n.notActions || n.notResources {
		return !disjointExclusion(d, n)
	}
	action := overlap(d.actions, n.actions, iam.Pattern.Overlaps)
	resource := d.resources == nil || n.resources == nil || overlap(d.resources, n.resources, overlapsResource)
	return action && resource
}

// disjointExclusion: a deny on NotAction leaves alone what it names.
func disjointExclusion(d, n *statement) bool {
	if d.notActions && !n.notActions && allCovered(n.actions, d.actions, iam.Pattern.Covers) {
		return true
	}
	if d.notResources && !n.notResources && n.resources != nil && allCovered(n.resources, d.resources, iam.Pattern.CoversARN) {
		return true
	}
	if !d.notActions && !n.notActions && !overlap(d.actions, n.actions, iam.Pattern.Overlaps) {
		return true
	}
	return false
}

func allCovered(list, by []iam.Pattern, covers func(iam.Pattern, iam.Pattern) bool) bool {
	for _, p := range list {
		if p.HasVariable() || !slices.ContainsFunc(by, func(b iam.Pattern) bool { return !b.HasVariable() && covers(b, p) }) {
			return false
		}
	}
	return true
}

func overlap(a, b []iam.Pattern, overlaps func(iam.Pattern, iam.Pattern) bool) bool {
	for _, p := range a {
		for _, q := range b {
			if overlaps(p, q) {
				return true
			}
		}
	}
	return false
}

func overlapsResource(p, q iam.Pattern) bool {
	return p.HasVariable() || q.HasVariable() || p.OverlapsARN(q)
}

// sameStatement compares what two statements say, their Sids aside.
func (c *container) sameStatement(a, b *statement) bool {
	return a.version == b.version && c.text(a) == c.text(b)
}

// text is what a statement says, its Sid aside, as JSON.
func (c *container) text(s *statement) string {
	if text, known := c.texts[s.source]; known {
		return text
	}
	plain := *s.source
	plain.Sid = ""
	text, _ := plain.MarshalJSON() // never fails
	if c.texts == nil {
		c.texts = map[*iam.Statement]string{}
	}
	c.texts[s.source] = string(text)
	return string(text)
}
