package eval

import (
	"strings"

	"github.com/pruner/pruner/iam"
)

// Input is a request and every policy that applies to it. An empty layer is not
// there; an empty level of SCPs allows nothing.
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
		a.service,
	} {
		if d, done := step(); done {
			return d, nil
		}
	}
	return a.certain(a.unlessPublic(a.grant())), nil
}

// authorization is one evaluation under way.
type authorization struct {
	in       *Input
	request  iam.Request // the Resource is "*" for an action that takes none; derived keys put in
	caller   caller
	folded   string
	layers   []layer
	perhaps  *iam.Decision // what hangs on a key that is not known
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
		{iam.LayerRCP, in.RCPs, in.RCPs != nil && !a.caller.serviceLinked && governedByRCP(a.folded)},
		{iam.LayerSCP, in.SCPs, in.SCPs != nil && !a.caller.serviceLinked && a.caller.account != ""},
		{iam.LayerEndpoint, [][]Named{in.Endpoint}, len(in.Endpoint) > 0},
		{iam.LayerIdentity, [][]Named{in.Identity}, a.caller.hasIdentity()},
		{iam.LayerBoundary, [][]Named{in.Boundary}, len(in.Boundary) > 0 && a.caller.hasBoundary()},
		{iam.LayerSession, [][]Named{in.Session}, len(in.Session) > 0 && a.caller.hasIdentity()},
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
	a.derive()
	return a, nil
}

// statements lists every statement of every layer.
func (a *authorization) statements() []*statement {
	var out []*statement
	for _, l := range a.layers {
		for _, set := range l.sets {
			for i := range set.statements {
				out = append(out, &set.statements[i])
			}
		}
	}
	return out
}

func (a *authorization) layer(kind iam.Layer) *layer {
	for i := range a.layers {
		if a.layers[i].kind == kind {
			return &a.layers[i]
		}
	}
	return nil
}

// certain turns an allow into unknown while a deny, or a layer that must allow,
// hangs in the air.
func (a *authorization) certain(d iam.Decision) iam.Decision {
	if d.Outcome == iam.Allowed && a.perhaps != nil {
		return *a.perhaps
	}
	return d
}

// doubt notes the first statement that hangs on a key that is not known.
func (a *authorization) doubt(s *statement, kind iam.Layer) {
	if a.perhaps == nil {
		d := a.unknown(s, kind)
		a.perhaps = &d
	}
}

// needsNoPermission: sts:GetCallerIdentity works even under an explicit deny,
// and so does sts:GetSessionToken for those who may call it at all.
//
// Source: STS API Reference, GetCallerIdentity: "No permissions are required
// to perform this operation"; GetSessionToken, section "Permissions": "You
// cannot use policies to control authentication operations".
func (a *authorization) needsNoPermission() (iam.Decision, bool) {
	longTerm := a.caller.kind == userCaller || a.caller.kind == rootUser
	if a.folded == "sts:getcalleridentity" && a.caller.kind != anonymousCaller || a.folded == "sts:getsessiontoken" && longTerm {
		return iam.Decision{Outcome: iam.Allowed, By: iam.Reason{Layer: iam.LayerService}}, true
	}
	return iam.Decision{}, false
}

// explicitDeny: a deny in any policy that applies ends it.
func (a *authorization) explicitDeny() (iam.Decision, bool) {
	for _, l := range a.layers {
		if l.kind == iam.LayerResource && a.ownsBucketPolicy() {
			continue
		}
		for _, set := range l.sets {
			for i := range set.statements {
				s := &set.statements[i]
				if s.source.Effect != iam.Deny {
					continue
				}
				switch both(s.match(&a.request, a.folded), a.principalMatch(s, l.kind)) {
				case yes:
					return iam.Decision{Outcome: iam.ExplicitlyDenied, By: s.reasonIn(l.kind)}, true
				case maybe:
					a.doubt(s, l.kind)
				}
			}
		}
	}
	return iam.Decision{}, false
}

// organization: every level of SCPs must allow. RCPs can only deny, and have
// had their say: RCPFullAWSAccess stands on every level and cannot be detached.
//
// Source: AWS Organizations User Guide, "SCP evaluation", and "Resource control
// policy examples", section "RCPFullAWSAccess".
func (a *authorization) organization() (iam.Decision, bool) { return a.mustAllow(iam.LayerSCP) }

func (a *authorization) endpoint() (iam.Decision, bool) { return a.mustAllow(iam.LayerEndpoint) }

// mustAllow ends with a deny unless each set of the layer allows.
func (a *authorization) mustAllow(kind iam.Layer) (iam.Decision, bool) {
	l := a.layer(kind)
	if l == nil {
		return iam.Decision{}, false
	}
	for _, set := range l.sets {
		switch v := a.allows(set, kind); v.match {
		case no:
			return a.deny(kind, set), true
		case maybe:
			a.doubt(v.statement, kind)
		}
	}
	return iam.Decision{}, false
}

// verdict is how far something allows, and which statement of which layer does.
// The statement is nil where none does or a rule stands in for it.
type verdict struct {
	match     tri
	layer     iam.Layer
	statement *statement
}

// raise takes the statement if it allows more.
func (v *verdict) raise(match tri, s *statement) {
	if match > v.match {
		v.match, v.statement = match, s
	}
}

// least and most give the first of two equals.
func least(v, w verdict) verdict {
	if w.match < v.match {
		return w
	}
	return v
}

func most(v, w verdict) verdict {
	if w.match > v.match {
		return w
	}
	return v
}

// allows finds the best allow of a set.
func (a *authorization) allows(set *Set, kind iam.Layer) verdict {
	best := verdict{layer: kind}
	for i := range set.statements {
		if s := &set.statements[i]; s.source.Effect == iam.Allow {
			best.raise(both(s.match(&a.request, a.folded), a.principalMatch(s, kind)), s)
		}
	}
	return best
}

// service: rules of a service itself that no policy overrides.
func (a *authorization) service() (iam.Decision, bool) {
	missing := a.keptByAWS()
	if a.notForRoot() {
		missing = "the root user cannot assume a role"
	}
	return iam.Decision{Outcome: iam.ImplicitlyDenied, By: iam.Reason{Layer: iam.LayerService}, Missing: missing}, missing != ""
}

// unlessPublic: S3 Block Public Access takes an allow back. Somebody has set
// it in order to deny, and no statement gets past it, so the deny is explicit.
func (a *authorization) unlessPublic(d iam.Decision) iam.Decision {
	if d.Outcome == iam.ImplicitlyDenied || !a.publicBlocked() {
		return d
	}
	return iam.Decision{
		Outcome: iam.ExplicitlyDenied, By: iam.Reason{Layer: iam.LayerService},
		Missing: "S3 Block Public Access keeps a public bucket's callers to AWS services and its own account",
	}
}

// grant: what of identity, resource, boundary and session policy must allow.
func (a *authorization) grant() iam.Decision {
	resource := a.resourceGrant()
	if !a.caller.hasIdentity() {
		return a.settle(resource.any)
	}
	own, direct := a.own(), a.direct(resource)
	switch {
	case !a.sameAcct && own.match == no:
		return a.settle(own)
	case !a.sameAcct:
		return a.settle(least(resource.any, own))
	case a.selfGoverned() && resource.delegated.match != no:
		return a.settle(most(least(own, resource.delegated), direct))
	case a.selfGoverned():
		return a.settle(direct)
	case resource.role.match != no:
		return a.settle(most(direct, own))
	}
	return a.settle(most(own, direct))
}

// own is what the caller's own policies allow: identity within boundary and
// session policy. The root user may everything. A session of
// GetFederationToken has only what its session policies say.
//
// Source: IAM User Guide, "Policy evaluation for requests within a single
// account", steps "Identity-based policies" to "Session policies".
func (a *authorization) own() verdict {
	v := verdict{match: yes, layer: iam.LayerIdentity}
	if a.caller.kind != rootUser {
		v = a.allows(a.layer(iam.LayerIdentity).sets[0], iam.LayerIdentity)
	}
	if a.caller.kind == federatedUser && a.layer(iam.LayerSession) == nil {
		return verdict{layer: iam.LayerSession}
	}
	return least(v, a.limit())
}

// limit is how far boundary and session policy let through.
func (a *authorization) limit() verdict {
	v := verdict{match: yes}
	for _, kind := range []iam.Layer{iam.LayerBoundary, iam.LayerSession} {
		if l := a.layer(kind); l != nil {
			v = least(v, a.allows(l.sets[0], kind))
		}
	}
	return v
}

func (a *authorization) settle(v verdict) iam.Decision {
	switch v.match {
	case yes:
		return iam.Decision{Outcome: iam.Allowed, By: v.statement.reasonIn(v.layer)}
	case maybe:
		return a.unknown(v.statement, v.layer)
	}
	if l := a.layer(v.layer); l != nil {
		return a.deny(v.layer, l.sets...)
	}
	return a.deny(v.layer)
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
func (a *authorization) direct(g resourceGrant) verdict {
	return most(least(g.role, a.limit()), g.self)
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
