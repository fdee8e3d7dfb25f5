package eval

import (
	"strings"

	"github.com/pruner/pruner/iam"
)

// Input is a request and every policy that applies to it. A nil layer is not
// there; an empty one allows nothing.
type Input struct {
	Request           iam.Request
	Identity          []Named
	Boundary          []Named
	Session           []Named
	Resource          *Named
	SCPs              [][]Named // by level, the root first
	RCPs              [][]Named
	Endpoint          []Named
	BlockPublicAccess bool  // S3 Block Public Access at the bucket or account
	WildcardOnly      *bool // whether the action takes no resource; nil: as the catalog says
}

// Decide evaluates a request against all its policies, in AWS's order.
//
// Source: IAM User Guide, "Policy evaluation logic", "Policy evaluation for
// requests within a single account" and "Cross-account policy evaluation
// logic".
func (e *Engine) Decide(in *Input) (iam.Decision, error) {
	a, err := e.prepare(in)
	if err != nil {
		return iam.Decision{}, err
	}
	for _, step := range []func() (iam.Decision, bool){
		a.needsNoPermission,
		a.explicitDeny,
		a.organization,
		a.endpoint,
		a.grant,
	} {
		if d, done := step(); done {
			return a.uncertain(d), nil
		}
	}
	return iam.Decision{Outcome: iam.Allowed, By: a.by}, nil
}

// authorization is one evaluation under way.
type authorization struct {
	in       *Input
	request  iam.Request // the Resource is "*" for an action that takes none
	caller   caller
	folded   string
	layers   []layer
	by       iam.Reason
	perhaps  *iam.Reason // a deny that hangs on a key that is not known
	sameAcct bool
}

type layer struct {
	kind iam.Layer
	sets []*Set // all must allow (levels); most layers have one
}

func (e *Engine) prepare(in *Input) (*authorization, error) {
	a := &authorization{in: in, caller: callerOf(&in.Request), folded: string(in.Request.Action.Fold())}
	a.request = in.Request
	if e.takesNoResource(in) {
		a.request.Resource = "*"
	}
	a.sameAcct = a.caller.account != "" && a.caller.account == resourceAccount(&in.Request, a.caller)
	groups := []struct {
		kind   iam.Layer
		levels [][]Named
		there  bool
	}{
		{iam.LayerRCP, in.RCPs, in.RCPs != nil && !a.caller.serviceLinked && governedByRCP(in.Request.Action)},
		{iam.LayerSCP, in.SCPs, in.SCPs != nil && !a.caller.serviceLinked && a.caller.account != ""},
		{iam.LayerEndpoint, [][]Named{in.Endpoint}, in.Endpoint != nil},
		{iam.LayerIdentity, [][]Named{in.Identity}, true},
		{iam.LayerBoundary, [][]Named{in.Boundary}, in.Boundary != nil && !a.caller.serviceLinked},
		{iam.LayerSession, [][]Named{in.Session}, len(in.Session) > 0},
	}
	if in.Resource != nil {
		groups = append(groups, struct {
			kind   iam.Layer
			levels [][]Named
			there  bool
		}{iam.LayerResource, [][]Named{{*in.Resource}}, true})
	}
	for _, g := range groups {
		if !g.there {
			continue
		}
		l := layer{kind: g.kind}
		for _, level := range g.levels {
			set, err := e.Compile(level)
			if err != nil {
				return nil, err
			}
			l.sets = append(l.sets, set)
		}
		a.layers = append(a.layers, l)
	}
	return a, nil
}

func (a *authorization) layer(kind iam.Layer) *layer {
	for i := range a.layers {
		if a.layers[i].kind == kind {
			return &a.layers[i]
		}
	}
	return nil
}

// uncertain turns an allow into unknown while a deny hangs in the air.
func (a *authorization) uncertain(d iam.Decision) iam.Decision {
	if d.Outcome == iam.Allowed && a.perhaps != nil {
		return iam.Decision{Outcome: iam.Unknown, By: *a.perhaps, Missing: "a deny hangs on a condition key that is not known"}
	}
	return d
}

// needsNoPermission: sts:GetCallerIdentity works even under an explicit deny.
//
// Source: STS API Reference, GetCallerIdentity: "No permissions are required
// to perform this operation".
func (a *authorization) needsNoPermission() (iam.Decision, bool) {
	if a.folded == "sts:getcalleridentity" {
		return iam.Decision{Outcome: iam.Allowed, By: iam.Reason{Layer: iam.LayerService}}, true
	}
	return iam.Decision{}, false
}

// explicitDeny: a deny in any policy that applies ends it.
func (a *authorization) explicitDeny() (iam.Decision, bool) {
	for _, l := range a.layers {
		if l.kind == iam.LayerIdentity && !a.caller.hasIdentity() {
			continue
		}
		for _, set := range l.sets {
			for i := range set.statements {
				s := &set.statements[i]
				if s.source.Effect != iam.Deny {
					continue
				}
				match := both(s.match(&a.request, a.folded), a.principalMatch(s, l.kind))
				by := iam.Reason{Layer: l.kind, Policy: s.policy, Statement: s.name}
				if match == yes {
					return iam.Decision{Outcome: iam.ExplicitlyDenied, By: by}, true
				}
				if match == maybe && a.perhaps == nil {
					a.perhaps = &by
				}
			}
		}
	}
	return iam.Decision{}, false
}

// organization: every level of RCPs and SCPs must allow.
func (a *authorization) organization() (iam.Decision, bool) {
	for _, kind := range []iam.Layer{iam.LayerRCP, iam.LayerSCP} {
		if d, done := a.mustAllow(kind); done {
			return d, true
		}
	}
	return iam.Decision{}, false
}

func (a *authorization) endpoint() (iam.Decision, bool) { return a.mustAllow(iam.LayerEndpoint) }

// mustAllow ends with a deny, or unknown, unless each set of the layer allows.
func (a *authorization) mustAllow(kind iam.Layer) (iam.Decision, bool) {
	l := a.layer(kind)
	if l == nil {
		return iam.Decision{}, false
	}
	for _, set := range l.sets {
		switch match, by := a.allows(set, kind); match {
		case no:
			return a.deny(kind), true
		case maybe:
			return iam.Decision{Outcome: iam.Unknown, By: by, Missing: "the allow hangs on a condition key that is not known"}, true
		}
	}
	return iam.Decision{}, false
}

func (a *authorization) deny(kind iam.Layer) iam.Decision {
	return iam.Decision{
		Outcome: iam.ImplicitlyDenied, By: iam.Reason{Layer: kind},
		Missing: "no " + string(kind) + " policy allows " + string(a.in.Request.Action) + " on " + string(a.in.Request.Resource),
	}
}

// allows finds the best allow of a set.
func (a *authorization) allows(set *Set, kind iam.Layer) (tri, iam.Reason) {
	best, reason := no, iam.Reason{Layer: kind}
	for i := range set.statements {
		s := &set.statements[i]
		if s.source.Effect != iam.Allow {
			continue
		}
		match := both(s.match(&a.request, a.folded), a.principalMatch(s, kind))
		if match > best {
			best, reason = match, iam.Reason{Layer: kind, Policy: s.policy, Statement: s.name}
		}
	}
	return best, reason
}

// grant: what of identity, resource, boundary and session policy must allow.
func (a *authorization) grant() (iam.Decision, bool) {
	if a.notForRoot() {
		return a.deny(iam.LayerService), true
	}
	resource := a.resourceGrant()
	if a.publicBlocked() {
		return a.deny(iam.LayerService), true
	}
	if !a.caller.hasIdentity() {
		return a.settle(resource.match, resource.by, iam.LayerResource), true
	}
	if a.caller.kind == rootUser && a.sameAcct && !a.selfGoverned() {
		return iam.Decision{Outcome: iam.Allowed, By: iam.Reason{Layer: iam.LayerIdentity}}, true
	}
	identity, identityBy := no, iam.Reason{Layer: iam.LayerIdentity}
	if l := a.layer(iam.LayerIdentity); l != nil {
		identity, identityBy = a.allows(l.sets[0], iam.LayerIdentity)
	}
	if a.caller.kind == rootUser {
		identity, identityBy = yes, iam.Reason{Layer: iam.LayerIdentity}
	}
	limited := identity
	for _, kind := range []iam.Layer{iam.LayerBoundary, iam.LayerSession} {
		if l := a.layer(kind); l != nil {
			match, _ := a.allows(l.sets[0], kind)
			if match < limited {
				identityBy = iam.Reason{Layer: kind}
			}
			limited = both(limited, match)
		}
	}
	switch {
	case !a.sameAcct:
		// Both sides must allow.
		if limited == no {
			return a.settle(no, identityBy, identityBy.Layer), true
		}
		return a.settle(both(limited, resource.match), resource.by, iam.LayerResource), true
	case a.selfGoverned():
		delegated := both(resource.delegated, limited)
		return a.settle(max(a.direct(resource), delegated), resource.by, iam.LayerResource), true
	case a.direct(resource) > limited:
		return a.settle(a.direct(resource), resource.by, iam.LayerResource), true
	}
	return a.settle(limited, identityBy, identityBy.Layer), true
}

func (a *authorization) settle(match tri, by iam.Reason, kind iam.Layer) iam.Decision {
	switch match {
	case yes:
		return iam.Decision{Outcome: iam.Allowed, By: by}
	case maybe:
		return iam.Decision{Outcome: iam.Unknown, By: by, Missing: "the allow hangs on a condition key that is not known"}
	}
	return a.deny(kind)
}

// direct is how far the resource policy alone lets the caller in: a grant to
// the session or user ARN passes boundary and session policy by, a grant to
// the role ARN is bounded by their implicit denies.
//
// A grant to everyone passes too, also when aws:PrincipalArn narrows it to one
// role.
//
// Source: IAM User Guide, "Permissions boundaries for IAM entities", section
// "Evaluating effective permissions with boundaries", and "AWS JSON policy
// elements: Principal", section "IAM role principals".
func (a *authorization) direct(g resourceGrant) tri {
	bounded := g.role
	for _, kind := range []iam.Layer{iam.LayerBoundary, iam.LayerSession} {
		if l := a.layer(kind); l != nil {
			match, _ := a.allows(l.sets[0], kind)
			bounded = both(bounded, match)
		}
	}
	return max(g.self, bounded)
}

// selfGoverned: a KMS key policy and a role trust policy must allow by
// themselves; identity policies count only as far as they delegate.
//
// Source: KMS Developer Guide, "Key policies in AWS KMS"; IAM User Guide,
// "Using IAM roles".
func (a *authorization) selfGoverned() bool {
	p, _ := a.request.Resource.Split()
	switch {
	case p.Service == "kms":
		return strings.HasPrefix(p.Resource, "key/")
	case p.Service == "iam" && strings.HasPrefix(p.Resource, "role/"):
		return strings.HasPrefix(a.folded, "sts:")
	}
	return false
}
