package eval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// ReplayState is what became of an observed call under the new policies.
type ReplayState string

// The states. Kept is a proof: every request inside the call that the old
// policies allow, the new ones allow, whatever the keys CloudTrail does not
// record. NotProved counts against a proposal like DeniedNow.
const (
	Kept        ReplayState = "kept"
	DeniedNow   ReplayState = "denied"
	Unexplained ReplayState = "unexplained" // the old policies do not allow it either
	NotProved   ReplayState = "unproved"
)

// Replayed is the replay of one call.
type Replayed struct {
	State     ReplayState
	Statement iam.Reason   // of the new policies that keeps it, where it is one alone
	Witness   *iam.Request // for DeniedNow: a request of the call that was allowed and is not any more
	Reason    string       // for all but Kept
}

// Replay proves old ∩ call ⊆ new for each call: a resource of a call may be a
// pattern, keys that the call does not show may have any value or none. What
// several new statements cover together is kept as well.
func (e *Engine) Replay(oldPolicies, newPolicies []Named, calls []iam.Call) ([]Replayed, error) {
	r := &replayer{proof: &container{engine: e}}
	var err error
	if r.proof.old, err = e.Compile(oldPolicies); err != nil {
		return nil, err
	}
	if r.proof.new, err = e.Compile(newPolicies); err != nil {
		return nil, err
	}
	r.keepsDenies = r.proof.noNewDeny()
	out := make([]Replayed, len(calls))
	for i := range calls {
		out[i] = r.call(&calls[i])
	}
	return out, nil
}

// replayer replays calls against one pair of policies.
type replayer struct {
	proof       *container
	keepsDenies bool // every deny of new stood in old
}

// callSpace is the set of requests of a call on one of its resources.
type callSpace struct {
	action   iam.Action
	resource iam.Pattern
	context  iam.Context
}

func (s *callSpace) holds(r *iam.Request) bool {
	return s.resource.MatchARN(r.Resource) && !slices.ContainsFunc(s.context, func(a iam.Attribute) bool {
		values, there := r.Context.Get(a.Key)
		return !there || !slices.Equal(values, a.Values)
	})
}

// call: each resource has to be kept. The worst of them is the call's answer;
// a resource that was never allowed does not hide that another is lost.
func (r *replayer) call(call *iam.Call) Replayed {
	answer := Replayed{State: Unexplained, Reason: "no identity policy allows " + string(call.Action)}
	for i, resource := range call.Resources {
		one := r.resource(&callSpace{call.Action, resource, call.Context})
		switch {
		case one.State == DeniedNow || one.State == NotProved:
			return one
		case one.State == Kept || i == 0:
			answer = one
		}
	}
	return answer
}

// resource goes from the quick to the thorough: what is certain whatever the
// hidden keys are, one statement that keeps what another allowed, and at last
// the search through everything that the statements tell apart.
func (r *replayer) resource(s *callSpace) Replayed {
	if answer, settled := r.certain(s); settled {
		return answer
	}
	old := r.granting(s)
	if len(old) == 0 {
		return unexplained(s)
	}
	if reason, kept := r.keptByOne(s, old); kept {
		return Replayed{State: Kept, Statement: reason}
	}
	return r.search(s, old)
}

func unexplained(s *callSpace) Replayed {
	return Replayed{State: Unexplained, Reason: fmt.Sprintf("no identity policy allows %s on %s", s.action, s.resource)}
}

// certain decides an exact resource under both policies, with every key that
// the call does not show unknown.
func (r *replayer) certain(s *callSpace) (Replayed, bool) {
	text, exact := s.resource.Literal()
	if !exact {
		return Replayed{}, false
	}
	request := iam.Request{Action: s.action, Resource: iam.ARN(text), Context: s.context, Unknown: []string{"*"}}
	before, after := r.proof.old.Decide(&request), r.proof.new.Decide(&request)
	switch {
	case before.Outcome == iam.ImplicitlyDenied || before.Outcome == iam.ExplicitlyDenied:
		return unexplained(s), true
	case after.Outcome == iam.Allowed:
		return Replayed{State: Kept, Statement: after.By}, true
	case before.Outcome == iam.Allowed && after.Outcome != iam.Unknown:
		request.Unknown = nil
		return lost(s, &request, before.By), true
	}
	return Replayed{}, false
}

func lost(s *callSpace, witness *iam.Request, by iam.Reason) Replayed {
	reason := fmt.Sprintf("%s on %s was allowed by %s %s and would not be", s.action, s.resource, by.Policy, by.Statement)
	if string(witness.Resource) != string(s.resource) {
		reason += ", on " + string(witness.Resource) + " for one"
	}
	return Replayed{State: DeniedNow, Witness: witness, Reason: reason}
}

// granting lists the allows of old that reach the call.
func (r *replayer) granting(s *callSpace) []*statement {
	var out []*statement
	folded := string(s.action.Fold())
	for i := range r.proof.old.statements {
		o := &r.proof.old.statements[i]
		if o.source.Effect == iam.Allow && o.matchAction(folded) && o.meets(s.resource) && !o.refuted(s) {
			out = append(out, o)
		}
	}
	return out
}

// meets: the statement reaches some resource of the call.
func (s *statement) meets(resource iam.Pattern) bool {
	if s.notResources {
		return !slices.ContainsFunc(s.resources, func(p iam.Pattern) bool { return !p.HasVariable() && p.CoversARN(resource) })
	}
	return s.resources == nil || slices.ContainsFunc(s.resources, func(p iam.Pattern) bool { return overlapsResource(p, resource) })
}

// refuted: a condition on a key that the event shows does not hold, so the
// statement did not allow this call.
func (s *statement) refuted(call *callSpace) bool {
	r := iam.Request{Action: call.action, Context: call.context, Unknown: []string{"*"}}
	return slices.ContainsFunc(s.conditions, func(c condition) bool { return c.holds(&r) == no })
}

// keptByOne: for each old allow there is a new one that allows all that it
// allowed of the call.
func (r *replayer) keptByOne(s *callSpace, old []*statement) (iam.Reason, bool) {
	var reason iam.Reason
	if !r.keepsDenies || r.deniesBefore(s) {
		return reason, false
	}
	folded := string(s.action.Fold())
	for _, o := range old {
		at := slices.IndexFunc(r.proof.new.statements, func(n statement) bool {
			return n.source.Effect == iam.Allow && n.matchAction(folded) && reaches(&n, o, s.resource) && impliedBy(&n, o)
		})
		if at < 0 {
			return reason, false
		}
		reason = r.proof.new.statements[at].reason()
	}
	return reason, true
}

// deniesBefore: a deny of old may take the whole call.
func (r *replayer) deniesBefore(s *callSpace) bool {
	folded := string(s.action.Fold())
	return slices.ContainsFunc(r.proof.old.statements, func(d statement) bool {
		return d.source.Effect == iam.Deny && d.matchAction(folded) && d.meets(s.resource)
	})
}

// reaches: n covers the call's resource, or all of o's resources that meet it.
func reaches(n, o *statement, resource iam.Pattern) bool {
	if coversResource(n, resource, o) {
		return true
	}
	if o.notResources {
		return n.notResources && o.version == n.version && slices.Equal(n.resources, o.resources)
	}
	for _, p := range o.resources {
		if overlapsResource(p, resource) && !coversResource(n, p, o) {
			return false
		}
	}
	return true
}

// noNewDeny: every deny of new stood in old.
func (c *container) noNewDeny() bool {
	for i := range c.new.statements {
		d := &c.new.statements[i]
		if d.source.Effect == iam.Deny && !slices.ContainsFunc(c.old.statements, func(o statement) bool { return c.sameStatement(d, &o) }) {
			return false
		}
	}
	return true
}

// search looks for a request of the call that old allows and new does not, and
// where there is none for one that old allows at all.
func (r *replayer) search(s *callSpace, old []*statement) Replayed {
	if s.resource != "*" && !strings.HasPrefix(string(s.resource), "arn:") {
		return Replayed{State: NotProved, Reason: fmt.Sprintf("%s on %s: the resource is no ARN", s.action, s.resource)}
	}
	missing := r.within(s, r.proof.new)
	switch missing.Result {
	case Wider:
		return lost(s, missing.Witness, old[0].reason())
	case Unproved:
		return Replayed{State: NotProved, Reason: fmt.Sprintf("%s on %s: %s", s.action, s.resource, missing.Reason)}
	}
	if r.within(s, &Set{}).Result == Contained {
		return unexplained(s)
	}
	return Replayed{State: Kept}
}

// within compares what old allows of the call with what the bound does.
func (r *replayer) within(s *callSpace, bound *Set) Containment {
	folded := string(s.action.Fold())
	c := &container{engine: r.proof.engine, old: relevant(bound, folded), new: relevant(r.proof.old, folded), space: s, lists: r.proof.listKeys()}
	return c.explore()
}

// relevant leaves the statements that know the action.
func relevant(set *Set, folded string) *Set {
	out := &Set{}
	for i := range set.statements {
		if s := &set.statements[i]; s.matchAction(folded) {
			out.statements = append(out.statements, *s)
		}
	}
	return out
}
