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
	federatedCaller // who comes with a token of an identity provider
	federatedUser   // a session of GetFederationToken
	canonicalCaller // an account or CloudFront identity by its canonical user ID
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
	case iam.PrincipalCanonicalUser:
		c.kind = canonicalCaller
		return c
	case iam.PrincipalFederated:
		if parts, _ := c.arn.Split(); parts.Service != "sts" {
			// Whoever comes with a token is in no account yet.
			c.kind, c.account = federatedCaller, ""
			return c
		}
	}
	parts, _ := c.arn.Split()
	switch {
	case strings.HasPrefix(parts.Resource, "federated-user/"):
		c.kind = federatedUser
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
		c.serviceLinked = strings.HasPrefix(c.role, "AWSServiceRoleFor")
	}
	return c
}

// hasIdentity: services, anonymous and federated callers and those that are
// known by a canonical user ID have no identity policies; the resource policy
// decides alone.
func (c *caller) hasIdentity() bool {
	switch c.kind {
	case serviceCaller, anonymousCaller, federatedCaller, canonicalCaller:
		return false
	}
	return true
}

// hasBoundary: boundaries are for users and roles, though not for the roles
// that services link to themselves.
//
// Source: IAM User Guide, "Permissions boundaries for IAM entities"; "Create a
// service-linked role".
func (c *caller) hasBoundary() bool {
	return c.hasIdentity() && c.kind != rootUser && !c.serviceLinked
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
		return truth(!a.excepts(s))
	case s.source.Principal != nil:
		return truth(a.names(s.source.Principal).any())
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

// namings are the ways in which an element names the caller.
type namings [bySelf + 1]bool

func (n namings) any() bool { return n[byAccount] || n[byEveryone] || n[byRole] || n[bySelf] }

func (a *authorization) names(p *iam.Principals) namings {
	var ways namings
	ways[byEveryone] = p.Any
	for _, v := range p.Values {
		ways[a.namesOne(v)] = true
	}
	return ways
}

func (a *authorization) namesOne(v iam.Principal) naming {
	c := &a.caller
	switch {
	case v.Value == "*" && v.Type == iam.PrincipalAWS:
		return byEveryone
	case v.Type == iam.PrincipalService:
		return named(c.kind == serviceCaller && (v.Value == c.value || v.Value == "*"))
	case v.Type == iam.PrincipalFederated:
		return named(c.kind == federatedCaller && (v.Value == c.value || v.Value == "*"))
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

// isRole: a session ARN has no role path, so the role is known by name. No
// wildcard stands for a part of a principal.
func isRole(arn iam.ARN, c *caller) bool {
	p, ok := arn.Split()
	return ok && !strings.ContainsAny(p.Resource, "*?") && p.Service == "iam" && p.Account == c.account && strings.HasPrefix(p.Resource, "role/") && arn.Name() == c.role
}

// resourceGrant is what the resource policy allows, by how it names the
// caller.
type resourceGrant struct {
	any       verdict // in any way
	self      verdict // the session, user or service itself, or everyone
	role      verdict // the role
	delegated verdict // the account
}

func (a *authorization) resourceGrant() resourceGrant {
	none := verdict{layer: iam.LayerResource}
	g := resourceGrant{none, none, none, none}
	l := a.layer(iam.LayerResource)
	if l == nil {
		return g
	}
	for i := range l.sets[0].statements {
		s := &l.sets[0].statements[i]
		if s.source.Effect != iam.Allow {
			continue
		}
		how := a.grantsTo(s)
		if !how.any() {
			continue
		}
		match := s.match(&a.request, a.folded)
		g.any.raise(match, s)
		if how[bySelf] || how[byEveryone] {
			g.self.raise(match, s)
		}
		if how[byRole] {
			g.role.raise(match, s)
		}
		if how[byAccount] {
			g.delegated.raise(match, s)
		}
	}
	return g
}

// reasonIn is the statement as a reason; nil is a rule without statement.
func (s *statement) reasonIn(kind iam.Layer) iam.Reason {
	if s == nil {
		return iam.Reason{Layer: kind}
	}
	return iam.Reason{Layer: kind, Policy: s.policy, Statement: s.name}
}

// grantsTo says how an Allow statement of a resource policy names the caller.
// NotPrincipal with Allow names everyone but the listed.
func (a *authorization) grantsTo(s *statement) namings {
	switch {
	case s.source.Principal != nil:
		return a.names(s.source.Principal)
	case s.source.NotPrincipal != nil && !a.excepts(s):
		return namings{byEveryone: true}
	}
	return namings{}
}

// excepts: NotPrincipal leaves the caller alone. Under Allow whoever is named
// in any way gets nothing. Under Deny the caller, its account and for a session
// its role have to be listed, and whoever has a permissions boundary is denied
// all the same.
//
// Source: IAM User Guide, "AWS JSON policy elements: NotPrincipal", section
// "Specifying NotPrincipal with Deny", and "Permissions boundaries for IAM
// entities", note "Important".
func (a *authorization) excepts(s *statement) bool {
	listed := a.names(s.source.NotPrincipal)
	switch {
	case s.source.Effect == iam.Allow:
		return listed.any()
	case a.layer(iam.LayerBoundary) != nil && a.caller.hasIdentity():
		return false
	case listed[byEveryone]:
		return true
	}
	switch a.caller.kind {
	case userCaller, federatedUser:
		return listed[bySelf] && listed[byAccount]
	case roleCaller:
		return listed[byRole] && listed[byAccount]
	case sessionCaller:
		return listed[bySelf] && listed[byRole] && listed[byAccount]
	}
	return listed[bySelf]
}
