package eval

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// maxProbes bounds the search for a witness.
const maxProbes = 20_000

// witness looks for a request that new allows and old does not, among samples
// of what new's statements name. The engine judges each under both.
func (c *container) witness() *iam.Request {
	if c.engine.catalog == nil {
		return nil
	}
	probes := 0
	for i := range c.new.statements {
		n := &c.new.statements[i]
		if n.source.Effect != iam.Allow {
			continue
		}
		for _, action := range c.sampleActions(n) {
			for _, resource := range c.sampleResources(n) {
				for _, r := range c.sampleRequests(n, action, resource) {
					if probes++; probes > maxProbes {
						return nil
					}
					if c.isWitness(&r) {
						return &r
					}
				}
			}
		}
	}
	return nil
}

func (c *container) isWitness(r *iam.Request) bool {
	return (c.space == nil || c.space.holds(r)) && wellTyped(r.Context) && c.decide(c.new, r) == iam.Allowed && c.decide(c.old, r) != iam.Allowed
}

// wellTyped: keys whose values AWS writes hold what it can write.
func wellTyped(context iam.Context) bool {
	return !slices.ContainsFunc(context, func(a iam.Attribute) bool {
		t, typed := typedKeys[strings.ToLower(a.Key)]
		return typed && t != textFamily && slices.ContainsFunc(a.Values, func(v string) bool { return !fits[t](v) })
	})
}

// decide takes the principal into account for resource policies.
func (c *container) decide(set *Set, r *iam.Request) iam.Outcome {
	if c.kind == IdentityPolicy {
		return set.decideSlowly(r).Outcome
	}
	a := &authorization{in: &Input{Request: *r}, caller: callerOf(r), folded: string(r.Action.Fold())}
	named := &Set{}
	for _, s := range set.statements {
		if a.principalMatch(&s, iam.LayerResource) != no {
			named.statements = append(named.statements, s)
		}
	}
	return named.decideSlowly(r).Outcome
}

// sampleActions: the actions a pattern expands to that old does not allow
// everywhere, and one nobody has heard of.
func (c *container) sampleActions(n *statement) []iam.Action {
	if n.notActions {
		return c.exclusionSamples(n)
	}
	var out []iam.Action
	for _, p := range n.actions {
		if name, ok := p.Literal(); ok {
			out = append(out, iam.Action(name))
			continue
		}
		expanded := c.engine.catalog.Expand(p)
		out = append(out, iam.Action(sample(p, "UnheardOf")))
		if len(expanded) > 400 {
			step := len(expanded)/400 + 1
			for i := 0; i < len(expanded); i += step {
				out = append(out, expanded[i])
			}
			expanded = expanded[:0]
		}
		out = append(out, expanded...)
	}
	for i := range c.old.statements {
		for _, p := range c.old.statements[i].actions {
			for _, q := range n.actions {
				if name, ok := p.Literal(); ok && q.Match(name) {
					out = append(out, iam.Action(name))
				}
			}
		}
	}
	return out
}

func (c *container) exclusionSamples(n *statement) []iam.Action {
	out := []iam.Action{"unheardof:Action"}
	for _, a := range c.engine.catalog.Actions() {
		if n.matchAction(string(a.Name.Fold())) && len(out) < 500 {
			out = append(out, a.Name)
		}
	}
	return out
}

// sample puts a text in for each wildcard.
func sample(p iam.Pattern, fill string) string {
	s := strings.ReplaceAll(string(p), "*", fill)
	return strings.NewReplacer("${"+fill+"}", "*", "${?}", "?", "${$}", "$", "?", "x").Replace(s)
}

func (c *container) sampleResources(n *statement) []iam.ARN {
	resources := n.resources
	if resources == nil || n.notResources {
		resources = []iam.Pattern{"*", "arn:aws:s3:::sample-bucket/sample-key", "arn:aws:iam::123456789012:role/sample"}
	}
	var out []iam.ARN
	for _, p := range resources {
		if p.HasVariable() {
			continue
		}
		out = append(out, iam.ARN(sample(p, "sample")), iam.ARN(sample(p, "")))
		for i := range c.old.statements {
			for _, q := range c.old.statements[i].resources {
				if q.HasVariable() {
					continue
				}
				if arn := iam.ARN(sample(q, "sample")); p.MatchARN(arn) {
					out = append(out, arn)
				}
			}
		}
		if p == "*" {
			out = append(out, "arn:aws:s3:::sample-bucket/sample-key")
		}
	}
	return out
}

// sampleRequests gives the request contexts that meet n's conditions: without
// any key, and with each condition's values.
func (c *container) sampleRequests(n *statement, action iam.Action, resource iam.ARN) []iam.Request {
	context := iam.Context{}
	for _, cond := range n.conditions {
		if len(cond.source.Values) == 0 || cond.negated || cond.null {
			continue
		}
		value := sample(iam.Pattern(cond.source.Values[0]), "sample")
		if strings.Contains(value, "/") && strings.Contains(strings.ToLower(cond.source.Operator), "ipaddress") {
			value, _, _ = strings.Cut(value, "/")
		}
		context = context.Set(cond.source.Key, value)
	}
	var out []iam.Request
	for _, p := range c.samplePrincipals(n) {
		out = append(out, iam.Request{Principal: p, Action: action, Resource: resource, Context: context})
	}
	return out
}

func (c *container) samplePrincipals(n *statement) []iam.Principal {
	if c.kind == IdentityPolicy {
		return []iam.Principal{{Type: iam.PrincipalAWS, Value: "arn:aws:iam::123456789012:role/sample"}}
	}
	var out []iam.Principal
	if n.source.Principal != nil {
		for _, v := range n.source.Principal.Values {
			switch {
			case v.Value == "*":
				out = append(out, iam.Principal{Type: iam.PrincipalAWS, Value: "arn:aws:iam::999999999999:role/sample"})
			case len(v.Value) == 12:
				out = append(out, iam.Principal{Type: iam.PrincipalAWS, Value: "arn:aws:iam::" + v.Value + ":role/sample"})
			default:
				out = append(out, v)
			}
		}
		if n.source.Principal.Any {
			out = append(out, iam.Principal{Type: iam.PrincipalAWS, Value: "arn:aws:iam::999999999999:role/sample"},
				iam.Principal{Type: iam.PrincipalAnonymous})
		}
	}
	return out
}
