package eval

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// maxProbes bounds the search for a witness.
const maxProbes = 2_000

// witness looks for a request that new allows and old does not, among samples
// of what the statements name: where the regions are too many to go through,
// one is often found all the same. The engine judges each under both.
func (c *container) witness() *iam.Request {
	probes := 0
	for i := range c.new.statements {
		n := &c.new.statements[i]
		if n.source.Effect != iam.Allow {
			continue
		}
		for _, r := range c.samples(n) {
			if probes++; probes > maxProbes {
				return nil
			}
			if c.isWitness(&r) {
				return &r
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
		return typed && slices.ContainsFunc(a.Values, func(v string) bool { return !fits[t](v) })
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

// samples gives requests that the statement is likely to allow.
func (c *container) samples(n *statement) []iam.Request {
	var out []iam.Request
	context := sampleContext(n)
	for _, action := range c.sampleActions(n) {
		for _, resource := range c.sampleResources(n) {
			for _, p := range c.callers() {
				out = append(out, iam.Request{Principal: p, Action: action, Resource: resource, Context: context})
			}
		}
	}
	return out
}

// sampleActions: one nobody has heard of for each pattern, and those that old
// names.
func (c *container) sampleActions(n *statement) []iam.Action {
	out := []iam.Action{"unheardof:Action"}
	for _, p := range n.actions {
		out = append(out, iam.Action(sample(p, "unheardof")))
	}
	for i := range c.old.statements {
		for _, p := range c.old.statements[i].actions {
			out = append(out, iam.Action(sample(p, "unheardof")))
		}
	}
	return slices.DeleteFunc(out, func(a iam.Action) bool { return !n.matchAction(string(a)) })
}

// sample puts a text in for each wildcard.
func sample(p iam.Pattern, fill string) string {
	s := strings.ReplaceAll(string(p), "*", fill)
	return strings.NewReplacer("${"+fill+"}", "*", "${?}", "?", "${$}", "$", "?", "x").Replace(s)
}

// sampleResources: a short and a long one for each pattern of either side.
func (c *container) sampleResources(n *statement) []iam.ARN {
	patterns := slices.Concat([]iam.Pattern{"*", "arn:aws:s3:::*/*"}, n.resources)
	for i := range c.old.statements {
		patterns = append(patterns, c.old.statements[i].resources...)
	}
	var out []iam.ARN
	for _, p := range patterns {
		out = append(out, iam.ARN(sample(p, "sample")), iam.ARN(sample(p, "")))
	}
	return out
}

// sampleContext meets the statement's positive conditions with the first value
// of each.
func sampleContext(n *statement) iam.Context {
	context := iam.Context{}
	for _, c := range n.conditions {
		if len(c.wants) == 0 || c.negated || c.null {
			continue
		}
		value := sample(c.wants[0].pattern, "sample")
		if r, ok := parseRange(value); ok && c.family == ipFamily {
			value = r.Addr().String()
		}
		context = context.Set(c.source.Key, value)
	}
	return context
}
