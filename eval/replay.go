package eval

import "github.com/pruner/pruner/iam"

// ReplayState is what became of an observed call under the new policies.
type ReplayState string

// The states. Kept is a proof: every request inside the call that the old
// policies allow, the new ones allow, whatever the keys CloudTrail does not
// record. Unproved counts against a proposal like Denied.
const (
	Kept        ReplayState = "kept"
	DeniedNow   ReplayState = "denied"
	Unexplained ReplayState = "unexplained" // the old policies do not allow it either
	NotProved   ReplayState = "unproved"
)

// Replayed is the replay of one call.
type Replayed struct {
	State     ReplayState
	Statement iam.Reason // of the new policies that keeps it
	Reason    string
}

// Replay proves old ∩ call ⊆ new for each call.
func (e *Engine) Replay(oldPolicies, newPolicies []Named, calls []iam.Call) ([]Replayed, error) {
	c := &container{engine: e}
	var err error
	if c.old, err = e.Compile(oldPolicies); err != nil {
		return nil, err
	}
	if c.new, err = e.Compile(newPolicies); err != nil {
		return nil, err
	}
	out := make([]Replayed, len(calls))
	for i := range calls {
		out[i] = c.replay(&calls[i])
	}
	return out, nil
}

func (c *container) replay(call *iam.Call) Replayed {
	granted := false
	var kept iam.Reason
	for _, resource := range call.Resources {
		for i := range c.old.statements {
			o := &c.old.statements[i]
			if o.source.Effect != iam.Allow || !o.matchAction(string(call.Action.Fold())) || !o.meets(resource) || o.refuted(call) {
				continue
			}
			granted = true
			n := c.keeper(o, call, resource)
			if n == nil {
				return Replayed{State: DeniedNow, Reason: string(call.Action) + " on " + string(resource) + " was allowed by " + o.policy + " " + o.name}
			}
			kept = n.reason()
		}
	}
	if !granted {
		return Replayed{State: Unexplained, Reason: "no identity policy allows " + string(call.Action)}
	}
	return Replayed{State: Kept, Statement: kept}
}

// meets: the old statement reaches some resource of the call.
func (s *statement) meets(resource iam.Pattern) bool {
	if s.notResources {
		for _, p := range s.resources {
			if !p.HasVariable() && p.CoversARN(resource) {
				return false
			}
		}
		return true
	}
	for _, p := range s.resources {
		if overlapsResource(p, resource) {
			return true
		}
	}
	return false
}

// refuted: a condition on a key that the event shows does not hold, so the
// statement did not allow this call.
func (s *statement) refuted(call *iam.Call) bool {
	r := iam.Request{Action: call.Action, Context: call.Context}
	for i := range s.conditions {
		c := &s.conditions[i]
		if _, shown := call.Context.Get(c.source.Key); shown && c.holds(&r, s.version) == no {
			return true
		}
	}
	return false
}

// keeper finds a statement of new that allows all that o allowed of the call.
func (c *container) keeper(o *statement, call *iam.Call, resource iam.Pattern) *statement {
	for i := range c.new.statements {
		n := &c.new.statements[i]
		if n.source.Effect != iam.Allow || !n.matchAction(string(call.Action.Fold())) {
			continue
		}
		if c.reaches(n, o, resource) && impliedBy(n, o) && c.noNewDeny() {
			return n
		}
	}
	return nil
}

// reaches: n covers the call's resource, or all of o's resources that meet it.
func (c *container) reaches(n, o *statement, resource iam.Pattern) bool {
	if coversResource(n, resource, o) {
		return true
	}
	if o.notResources {
		return sameResources(n, o)
	}
	for _, p := range o.resources {
		if overlapsResource(p, resource) && !coversResource(n, p, o) {
			return false
		}
	}
	return true
}

func sameResources(n, o *statement) bool {
	if n.notResources != o.notResources || len(n.resources) != len(o.resources) {
		return false
	}
	for i := range n.resources {
		if n.resources[i] != o.resources[i] {
			return false
		}
	}
	return true
}

// noNewDeny: every deny of new stood in old.
func (c *container) noNewDeny() bool {
	for i := range c.new.statements {
		d := &c.new.statements[i]
		if d.source.Effect != iam.Deny {
			continue
		}
		found := false
		for j := range c.old.statements {
			found = found || sameStatement(d, &c.old.statements[j])
		}
		if !found {
			return false
		}
	}
	return true
}
