package eval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// maxNear and maxListed bound how much an explanation lists.
const (
	maxNear   = 3
	maxListed = 3
)

// deny is an implicit deny by a layer none of whose sets' statements allows.
// It names the statements that came near and what each of them lacked.
func (a *authorization) deny(kind iam.Layer, sets ...*Set) iam.Decision {
	missing := fmt.Sprintf("no %s policy allows %s on %s", kind, a.in.Request.Action, a.in.Request.Resource)
	missing = strings.TrimSuffix(missing+": "+strings.Join(a.near(kind, sets), "; "), ": ")
	return iam.Decision{Outcome: iam.ImplicitlyDenied, By: iam.Reason{Layer: kind}, Missing: missing}
}

// near says of the allows that know the action why they do not apply.
func (a *authorization) near(kind iam.Layer, sets []*Set) []string {
	var out []string
	for _, set := range sets {
		for i := range set.statements {
			s := &set.statements[i]
			if s.source.Effect != iam.Allow || !s.matchAction(a.folded) {
				continue
			}
			out = append(out, s.policy+" "+s.name+" "+a.whyNot(s, kind))
		}
	}
	if len(out) > maxNear {
		out = append(out[:maxNear], fmt.Sprintf("and %d more", len(out)-maxNear))
	}
	return out
}

// whyNot is the first thing for which a statement that knows the action does
// not apply.
func (a *authorization) whyNot(s *statement, kind iam.Layer) string {
	switch {
	case a.principalMatch(s, kind) == no:
		return "does not name the caller"
	case s.matchResource(&a.request) == no && s.notResources:
		return "leaves out " + listed(s.resources)
	case s.matchResource(&a.request) == no:
		return "is about " + listed(s.resources)
	}
	c := s.conditions[slices.IndexFunc(s.conditions, func(c condition) bool { return c.holds(&a.request) == no })]
	return "needs " + c.source.Operator + " " + c.source.Key + " " + quoted(c.source.Values) + ", the request has " + a.valuesOf(c.source.Key)
}

func (a *authorization) valuesOf(key string) string {
	values, present := a.request.Context.Get(key)
	if !present {
		return "no such key"
	}
	return quoted(values)
}

func listed(patterns []iam.Pattern) string {
	var words []string
	for _, p := range patterns[:min(len(patterns), maxListed)] {
		words = append(words, string(p))
	}
	return join(words, len(patterns))
}

func quoted(values []string) string {
	var words []string
	for _, v := range values[:min(len(values), maxListed)] {
		words = append(words, fmt.Sprintf("%.80q", v))
	}
	return join(words, len(values))
}

// join joins the first words of n.
func join(words []string, n int) string {
	if len(words) < n {
		words = append(words, fmt.Sprintf("%d more", n-len(words)))
	}
	if len(words) == 0 {
		return "no value"
	}
	return strings.Join(words, ", ")
}

// unknown is the answer where a statement hangs on a key that is not known.
func (a *authorization) unknown(s *statement, kind iam.Layer) iam.Decision {
	effect := "the allow"
	if s.source.Effect == iam.Deny {
		effect = "a deny"
	}
	return iam.Decision{Outcome: iam.Unknown, By: s.reasonIn(kind), Missing: effect + " hangs on " + a.unknownKeys(s)}
}

// unknownKeys names the keys that a statement hangs on.
func (a *authorization) unknownKeys(s *statement) string {
	var keys []string
	for i := range s.conditions {
		if c := &s.conditions[i]; c.holds(&a.request) == maybe {
			keys = append(keys, c.source.Key)
		}
	}
	if len(keys) == 0 {
		return "the key of a policy variable, which is not known"
	}
	return strings.Join(keys, " and ") + ", which is not known"
}
