package eval

import (
	"strings"

	"github.com/pruner/pruner/iam"
)

type callerKind int

const (
	otherCaller callerKind = iota
	userCaller
	roleCaller
	sessionCaller
	rootUser
	serviceCaller
	anonymousCaller
	federatedCaller
)

// caller is a request's principal, taken apart.
type caller struct {
	kind          callerKind
	arn           iam.ARN
	account       string
	role          string // role name of a session
	value         string // service name, provider
	serviceLinked bool
}

func callerOf(r *iam.Request) caller {
	c := caller{arn: r.Principal.ARN(), value: r.Principal.Value}
	c.account = c.arn.Account()
	switch r.Principal.Type {
	case iam.PrincipalService:
		c.kind = serviceCaller
		return c
	case iam.PrincipalAnonymous:
		c.kind = anonymousCaller
		return c
	case iam.PrincipalFederated:
		c.kind = federatedCaller
		return c
	}
	parts, _ := c.arn.Split()
	switch {
	case parts.Resource == "root":
		c.kind = rootUser
	case strings.HasPrefix(parts.Resource, "user/"):
		c.kind = userCaller
	case strings.HasPrefix(parts.Resource, "role/"):
		c.kind, c.role = roleCaller, c.arn.Name()
		c.serviceLinked = strings.HasPrefix(parts.Resource, "role/aws-service-role/")
	case strings.HasPrefix(parts.Resource, "assumed-role/"):
		c.kind = sessionCaller
		_, c.role, _ = c.arn.SessionIssuer()
	}
	return c
}

// hasIdentity: services, anonymous and federated callers have no identity
// policies; the resource policy decides alone.
func (c *caller) hasIdentity() bool {
	return c.kind != serviceCaller && c.kind != anonymousCaller && c.kind != federatedCaller
}

func resourceAccount(r *iam.Request, c caller) string {
	if r.ResourceAccount != "" {
		return r.ResourceAccount
	}
	if a := r.Resource.Account(); a != "" {
		return a
	}
	return c.account
}

// principalMatch says whether a statement's Principal element names the
// caller. Identity, boundary, session and control policies have none.
func (a *authorization) principalMatch(s *statement, kind iam.Layer) tri {
	switch kind {
	case iam.LayerResource, iam.LayerRCP, iam.LayerEndpoint:
	default:
		return yes
	}
	switch {
	case s.source.NotPrincipal != nil:
		return truth(a.names(s.source.NotPrincipal) == notNamed)
	case s.source.Principal != nil:
		return truth(a.names(s.source.Principal) != notNamed)
	}
	return truth(kind != iam.LayerResource)
}

// naming says how a Principal element names the caller.
type naming int

const (
	notNamed naming = iota
	byAccount
	byEveryone
	byRole
	bySelf
)

func (a *authorization) names(p *iam.Principals) naming {
	best := notNamed
	if p.Any {
		best = byEveryone
	}
	for _, v := range p.Values {
		best = max(best, a.namesOne(v))
	}
	return best
}

func (a *authorization) namesOne(v iam.Principal) naming {
	c := &a.caller
	switch {
	case v.Value == "*" && v.Type == iam.PrincipalAWS:
		if c.kind == serviceCaller {
			return notNamed
		}
		return byEveryone
	case v.Type == iam.PrincipalService:
		return named(c.kind == serviceCaller && (v.Value == c.value || v.Value == "*"))
	case v.Type == iam.PrincipalFederated:
		return named(c.kind == federatedCaller && v.Value == c.value)
	case v.Type == iam.PrincipalCanonicalUser:
		return named(v.Value == c.value)
	case v.Value == c.account || v.Value == "arn:"+c.arn.Partition()+":iam::"+c.account+":root":
		if c.account == "" {
			return notNamed
		}
		if c.kind == rootUser {
			return bySelf
		}
		return byAccount
	case iam.ARN(v.Value) == c.arn:
		if c.kind == roleCaller {
			return byRole
		}
		return bySelf
	case c.kind == sessionCaller && isRole(iam.ARN(v.Value), c):
		return byRole
	}
	return notNamed
}

func named(b bool) naming {
	if b {
		return bySelf
	}
	return notNamed
}

// isRole: a session ARN has no role path, so the role is known by name.
func isRole(arn iam.ARN, c *caller) bool {
	p, ok := arn.Split()
	return ok && p.Service == "iam" && p.Account == c.account && strings.HasPrefix(p.Resource, "role/") && arn.Name() == c.role
}

// resourceGrant is what the resource policy allows, by how it names the
// caller.
type resourceGrant struct {
	match     tri // any way
	self      tri // names the session, user or service itself
	role      tri // names the role, or everyone
	delegated tri // names the account
	by        iam.Reason
}

func (a *authorization) resourceGrant() resourceGrant {
	g := resourceGrant{by: iam.Reason{Layer: iam.LayerResource}}
	l := a.layer(iam.LayerResource)
	if l == nil {
		return g
	}
	for i := range l.sets[0].statements {
		s := &l.sets[0].statements[i]
		if s.source.Effect != iam.Allow || s.source.Principal == nil {
			continue
		}
		how := a.names(s.source.Principal)
		if how == notNamed || how == byEveryone && a.in.BlockPublicAccess && len(s.conditions) == 0 && !a.sameAcct {
			continue
		}
		match := s.match(&a.in.Request, a.folded)
		if match > g.match {
			g.match, g.by = match, iam.Reason{Layer: iam.LayerResource, Policy: s.policy, Statement: s.name}
		}
		switch how {
		case bySelf:
			g.self = max(g.self, match)
		case byRole, byEveryone:
			g.role = max(g.role, match)
		case byAccount:
			g.delegated = max(g.delegated, match)
		}
	}
	return g
}
