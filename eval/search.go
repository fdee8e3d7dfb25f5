package eval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// maxNodes caps the search for a request that NEW allows and OLD does not.
const maxNodes = 300_000

// explore goes through all regions, callers and condition values. With every
// one of them refuted NEW is contained in OLD; else there is a witness that the
// engine confirmed, or a reason why neither was found.
func (c *container) explore() Containment {
	c.nodes = maxNodes
	var witness *iam.Request
	var doubt string
	reason := c.regions(func(r region) bool {
		for _, p := range c.callers() {
			s := newSearch(c, &r, p)
			s.descend(0)
			if s.witness != nil {
				witness = s.witness
				return false
			}
			if doubt == "" {
				doubt = s.doubt
			}
		}
		return c.nodes > 0
	})
	switch {
	case witness != nil:
		return Containment{Result: Wider, Witness: witness}
	case reason != "" || doubt != "":
		return Containment{Result: Unproved, Reason: reason + doubt}
	}
	return Containment{Result: Contained}
}

// search looks through the condition values of one region and caller.
type search struct {
	c          *container
	region     *region
	caller     iam.Principal
	attributes []*attribute
	chosen     []int // by attribute; -1 while open
	lives      []searched
	atoms      []string // opaque truths, true or false freely
	atomTruth  map[string]tri
	witness    *iam.Request
	doubt      string
}

type searched struct {
	live
	factors []factor
	opaque  []string // conditions with variables, as atoms
}

type factor struct{ attribute, condition int }

func newSearch(c *container, r *region, caller iam.Principal) *search {
	s := &search{c: c, region: r, caller: caller, atomTruth: map[string]tri{}}
	request := iam.Request{Principal: caller, Action: r.action, Resource: r.resource}
	a := &authorization{in: &Input{Request: request}, caller: callerOf(&request)}
	byKey := map[string][]*condition{}
	var keys []string
	for _, l := range r.live {
		if c.kind == ResourcePolicy && a.principalMatch(l.rule.statement, iam.LayerResource) == no {
			continue
		}
		one := searched{live: l}
		for _, atom := range l.atoms {
			s.atom(atom)
		}
		for i := range l.rule.conditions {
			cond := &l.rule.conditions[i]
			if slices.ContainsFunc(cond.source.Values, func(v string) bool { return strings.Contains(v, "${") }) {
				name := fmt.Sprintf("%s %s %q %s", strings.ToLower(cond.source.Operator), strings.ToLower(cond.source.Key), cond.source.Values, l.rule.version)
				one.opaque = append(one.opaque, name)
				s.atom(name)
				continue
			}
			key := strings.ToLower(cond.source.Key)
			at := slices.Index(keys, key)
			if at < 0 {
				at, keys = len(keys), append(keys, key)
			}
			one.factors = append(one.factors, factor{at, len(byKey[key])})
			byKey[key] = append(byKey[key], cond)
		}
		s.lives = append(s.lives, one)
	}
	for _, key := range keys {
		s.attributes = append(s.attributes, s.attributeOf(key, byKey[key]))
		s.chosen = append(s.chosen, -1)
	}
	return s
}

func (s *search) atom(name string) {
	if _, seen := s.atomTruth[name]; !seen {
		s.atomTruth[name] = maybe
		s.atoms = append(s.atoms, name)
	}
}

// attributeOf: the caller and aws:PrincipalArn are one. Identity policies have
// a caller that always carries the key.
func (s *search) attributeOf(key string, conditions []*condition) *attribute {
	if s.c.space != nil {
		if values, shown := s.c.space.context.Get(key); shown {
			return oneChoice(key, conditions, choice{present: true, values: values})
		}
	}
	if ch, settled := ofCaller(s.caller, s.c.kind, key, conditions); settled {
		return oneChoice(key, conditions, ch)
	}
	if key != "aws:principalarn" {
		return newAttribute(key, conditions)
	}
	if s.c.kind == ResourcePolicy {
		arn := s.caller.ARN()
		return oneChoice(key, conditions, choice{present: arn != "", values: []string{string(arn)}})
	}
	a := newAttribute(key, conditions)
	a.choices = slices.DeleteFunc(a.choices, func(ch choice) bool { return !ch.present || !strings.HasPrefix(ch.values[0], "arn:") })
	return a
}

// descend chooses truths for the atoms, then values for the attributes, and
// turns back as soon as the outcome is settled.
func (s *search) descend(depth int) {
	if s.witness != nil || s.settled() {
		return
	}
	if s.c.nodes--; s.c.nodes <= 0 {
		s.doubt = "the conditions have too many combinations"
		return
	}
	if depth < len(s.atoms) {
		for _, t := range []tri{no, yes} {
			s.atomTruth[s.atoms[depth]] = t
			s.descend(depth + 1)
		}
		s.atomTruth[s.atoms[depth]] = maybe
		return
	}
	if at := depth - len(s.atoms); at < len(s.attributes) {
		a := s.attributes[at]
		for i := range a.choices {
			s.chosen[at] = i
			s.descend(depth + 1)
		}
		s.chosen[at] = -1
		if !a.complete && s.doubt == "" {
			s.doubt = "not every value of " + a.key + " was tried"
		}
		return
	}
	s.conclude()
}

// settled: NEW cannot allow any more, or OLD allows for certain.
func (s *search) settled() bool {
	var allow, deny [2]tri
	for i := range s.lives {
		l, side := &s.lives[i], 0
		if l.rule.new {
			side = 1
		}
		if l.rule.source.Effect == iam.Allow {
			allow[side] = max(allow[side], s.truth(l))
		} else {
			deny[side] = max(deny[side], s.truth(l))
		}
	}
	return allow[1] == no || deny[1] == yes || allow[0] == yes && deny[0] == no
}

func (s *search) truth(l *searched) tri {
	result := yes
	if len(l.atoms) > 0 {
		hit := no
		for _, a := range l.atoms {
			hit = max(hit, s.atomTruth[a])
		}
		if l.not {
			hit = hit.not()
		}
		result = hit
	}
	for _, o := range l.opaque {
		result = both(result, s.atomTruth[o])
	}
	for _, f := range l.factors {
		t := maybe
		if at := s.chosen[f.attribute]; at >= 0 {
			t = s.attributes[f.attribute].choices[at].truths[f.condition]
		}
		result = both(result, t)
	}
	return result
}

// conclude has the engine judge the request that the choices describe.
func (s *search) conclude() {
	if s.contradictory() {
		return
	}
	for _, r := range s.requests() {
		if s.c.isWitness(&r) {
			s.witness = &r
			return
		}
	}
	s.doubt = "whether NEW is wider hangs on a policy variable"
}

// contradictory: a pattern matches while one that covers it, variables taken
// as the same text, does not.
func (s *search) contradictory() bool {
	for _, p := range s.atoms {
		for _, q := range s.atoms {
			if s.atomTruth[p] == yes && s.atomTruth[q] == no && strings.HasPrefix(p, "arn:") && strings.HasPrefix(q, "arn:") &&
				coversARN(iam.Pattern(q), iam.Pattern(p)) {
				return true
			}
		}
	}
	return false
}

// masked makes a variable plain text that no policy can hold.
//
// Source: IAM User Guide, "IAM and AWS STS quotas", section "IAM name
// requirements": documents are made of \u0009, \u000A, \u000D and \u0020-\u00FF.
func masked(p string) iam.Pattern {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(p, "${")
		b.WriteString(before)
		if !ok {
			return iam.Pattern(b.String())
		}
		name, rest, closed := cutVariable(after)
		switch {
		case !closed:
			return iam.Pattern(b.String() + string(iam.Escape("${"+after)))
		case name == "*" || name == "?" || name == "$":
			b.WriteString("${" + name + "}")
		default:
			b.WriteString("\ue002{" + string(iam.Escape(name)) + "}")
		}
		p = rest
	}
}

func (s *search) requests() []iam.Request {
	r := iam.Request{Principal: s.caller, Action: s.region.action, Resource: s.region.resource, Context: iam.Context{}}
	if s.c.space != nil {
		r.Context = slices.Clone(s.c.space.context)
	}
	for i, a := range s.attributes {
		ch := a.choices[s.chosen[i]]
		if !ch.present {
			continue
		}
		r.Context = r.Context.Set(a.spelling(), ch.values...)
		if a.key == "aws:principalarn" && strings.HasPrefix(ch.values[0], "arn:") {
			r.Principal = iam.Principal{Type: iam.PrincipalAWS, Value: ch.values[0]}
		}
	}
	out := []iam.Request{r}
	for _, name := range s.atoms {
		if s.atomTruth[name] == yes && strings.HasPrefix(name, "arn:") {
			out = append(out, withVariables(r, iam.Pattern(name)))
		}
	}
	return out
}

func (a *attribute) spelling() string { return a.conditions[0].source.Key }

// withVariables gives every variable of the pattern the value "sample" and
// takes a resource that it matches then.
func withVariables(r iam.Request, p iam.Pattern) iam.Request {
	r.Context = slices.Clone(r.Context)
	for _, part := range strings.Split(string(p), "${")[1:] {
		name, _, _ := strings.Cut(part, "}")
		key, _, _ := strings.Cut(name, ",")
		if key = strings.TrimSpace(key); len(key) > 1 {
			if _, there := r.Context.Get(key); !there {
				r.Context = r.Context.Set(key, "sample")
			}
		}
	}
	filled, _ := fillVariables(p, &r)
	r.Resource = iam.ARN(sample(filled, "sample"))
	return r
}
