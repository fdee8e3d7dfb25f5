package eval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// maxNodes caps the search for a request that NEW allows and OLD does not.
const maxNodes = 100_000

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
	symbols    []symbol // truths that hang on variables, tried both ways
	truths     map[string]tri
	witness    *iam.Request
	doubt      string
}

type searched struct {
	live
	factors []factor
	opaque  []string // whole conditions with variables, by symbol
}

// factor is a condition on an attribute.
type factor struct {
	attribute, condition int
	symbols              []string // matches of the condition's values with variables
	negated, ifExists    bool     // with symbols: of the operator
}

func newSearch(c *container, r *region, caller iam.Principal) *search {
	s := &search{c: c, region: r, caller: caller, truths: map[string]tri{}}
	request := iam.Request{Principal: caller, Action: r.action, Resource: r.resource}
	a := &authorization{in: &Input{Request: request}, caller: callerOf(&request)}
	keys := &keyList{byKey: map[string][]*condition{}}
	for _, l := range r.live {
		if c.kind == ResourcePolicy && a.principalMatch(l.rule.statement, iam.LayerResource) == no {
			continue
		}
		one := searched{live: l}
		for _, name := range l.atoms {
			s.symbol(symbol{name: name, pattern: iam.Pattern(name), attribute: ofResource})
		}
		for i := range l.rule.conditions {
			s.condition(&one, &l.rule.conditions[i], keys)
		}
		s.lives = append(s.lives, one)
	}
	for _, key := range keys.keys {
		s.attributes = append(s.attributes, s.attributeOf(key, keys.byKey[key]))
		s.chosen = append(s.chosen, -1)
	}
	return s
}

// keyList collects conditions by key, the keys in order of appearance.
type keyList struct {
	keys  []string
	byKey map[string][]*condition
}

// add gives the places of the key and of the condition among those of the key.
func (k *keyList) add(c *condition) (attribute, condition int) {
	key := strings.ToLower(c.source.Key)
	at := slices.Index(k.keys, key)
	if at < 0 {
		at, k.keys = len(k.keys), append(k.keys, key)
	}
	k.byKey[key] = append(k.byKey[key], c)
	return at, len(k.byKey[key]) - 1
}

// condition makes a condition of a live statement part of the search.
func (s *search) condition(one *searched, c *condition, keys *keyList) {
	switch {
	case !c.open():
		f := factor{}
		f.attribute, f.condition = keys.add(c)
		one.factors = append(one.factors, f)
	case c.symbolic():
		f := factor{negated: c.negated, ifExists: c.ifExists}
		f.attribute, f.condition = keys.add(c.plain())
		for _, w := range c.wants {
			if !w.open {
				continue
			}
			name := strings.ToLower(c.source.Key) + " " + string(w.pattern)
			_, at := keys.add(widest(c.source.Key, w.pattern))
			f.symbols = append(f.symbols, name)
			s.symbol(symbol{name, c.source.Key, w.pattern, f.attribute, at})
		}
		one.factors = append(one.factors, f)
	default:
		name := fmt.Sprintf("%s %s %q", strings.ToLower(c.source.Operator), strings.ToLower(c.source.Key), c.source.Values)
		one.opaque = append(one.opaque, name)
		s.symbol(symbol{name: name, key: c.source.Key, pattern: c.wants[0].pattern, attribute: ofNothing})
	}
}

func (s *search) symbol(p symbol) {
	if _, seen := s.truths[p.name]; !seen {
		s.truths[p.name] = maybe
		s.symbols = append(s.symbols, p)
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
		return newAttribute(key, conditions, len(s.symbols) > 0, s.c.listKeys()[key])
	}
	if s.c.kind == ResourcePolicy {
		return s.callersARN(conditions)
	}
	a := newAttribute(key, conditions, len(s.symbols) > 0, s.c.listKeys()[key])
	a.choices = slices.DeleteFunc(a.choices, func(ch choice) bool { return !ch.present || !strings.HasPrefix(ch.values[0], "arn:") })
	return a
}

// callersARN is aws:PrincipalArn of the caller.
func (s *search) callersARN(conditions []*condition) *attribute {
	c := callerOf(&iam.Request{Principal: s.caller})
	if c.kind != sessionCaller {
		return oneChoice("aws:principalarn", conditions, choice{present: c.arn != "", values: []string{string(c.arn)}})
	}
	roles, all := rolesOf(&c, conditions)
	a := &attribute{key: "aws:principalarn", conditions: conditions, complete: all}
	for _, role := range roles {
		a.add(choice{present: true, values: []string{role}})
	}
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
	if depth < len(s.symbols) {
		for _, t := range []tri{no, yes} {
			s.truths[s.symbols[depth].name] = t
			s.descend(depth + 1)
		}
		s.truths[s.symbols[depth].name] = maybe
		return
	}
	if at := depth - len(s.symbols); at < len(s.attributes) {
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
			hit = max(hit, s.truths[a])
		}
		if l.not {
			hit = hit.not()
		}
		result = hit
	}
	for _, o := range l.opaque {
		result = both(result, s.truths[o])
	}
	for _, f := range l.factors {
		result = both(result, s.factor(&f))
	}
	return result
}

func (s *search) factor(f *factor) tri {
	ch := s.choice(f.attribute)
	switch {
	case ch == nil:
		return maybe
	case len(f.symbols) == 0:
		return ch.truths[f.condition]
	case !ch.present:
		return truth(f.negated || f.ifExists)
	}
	match := ch.truths[f.condition]
	for _, name := range f.symbols {
		match = max(match, s.truths[name])
	}
	if f.negated {
		return match.not()
	}
	return match
}

// conclude has the engine judge the request that the choices describe.
func (s *search) conclude() {
	if s.impossible() {
		return
	}
	for _, r := range s.requests() {
		if s.c.isWitness(&r) {
			s.witness = &r
			return
		}
	}
	s.doubt = "whether NEW is wider hangs on a policy variable or a value that was not found"
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
		if a.key == "aws:principalarn" && s.c.kind == IdentityPolicy {
			r.Principal = iam.Principal{Type: iam.PrincipalAWS, Value: ch.values[0]}
		}
	}
	out, all := []iam.Request{r}, r
	for _, p := range s.symbols {
		switch {
		case p.attribute == ofNothing:
			all = fitting(all, p, true)
			out = append(out, fitting(r, p, true), otherwise(r, p), all)
		case s.truths[p.name] == yes:
			all = fitting(all, p, true)
			out = append(out, fitting(r, p, false), solving(r, p), all)
		default:
			out = append(out, otherwise(r, p), another(r, p))
		}
	}
	return out
}

func (a *attribute) spelling() string { return a.conditions[0].source.Key }

// otherwise gives the pattern's variables values that nothing asks for.
func otherwise(r iam.Request, p symbol) iam.Request {
	r.Context = slices.Clone(r.Context)
	for _, key := range variablesOf(p.pattern) {
		if _, there := r.Context.Get(key); !there {
			r.Context = r.Context.Set(key, "otherwise")
		}
	}
	return r
}

// another gives the key another text than the one that was chosen for all that
// its conditions judge alike.
func another(r iam.Request, p symbol) iam.Request {
	if p.attribute != ofResource {
		r.Context = slices.Clone(r.Context).Set(p.key, "otherwise")
	}
	return r
}

// solving leaves the text as it is and gives the pattern's first variable what
// stands in its place.
func solving(r iam.Request, p symbol) iam.Request {
	text := string(r.Resource)
	if p.attribute != ofResource {
		values, _ := r.Context.Get(p.key)
		text = strings.Join(values, "")
	}
	before, rest, _ := strings.Cut(string(p.pattern), "${")
	name, after, _ := cutVariable(rest)
	value, starts := strings.CutPrefix(text, before)
	value, ends := strings.CutSuffix(value, strings.TrimRight(after, "*"))
	if starts && ends { // so that no escape stands in front
		key, _, _ := strings.Cut(name, ",")
		r.Context = slices.Clone(r.Context).Set(strings.TrimSpace(key), value)
	}
	return r
}

// fitting makes the symbol's pattern match, with the value "sample" for each
// variable that has none, or with its default.
func fitting(r iam.Request, p symbol, give bool) iam.Request {
	r.Context = slices.Clone(r.Context)
	for _, key := range variablesOf(p.pattern) {
		if _, there := r.Context.Get(key); !there && give {
			r.Context = r.Context.Set(key, "sample")
		}
	}
	filled, _ := fillVariables(p.pattern, &r)
	if text := sample(filled, "sample"); p.attribute == ofResource {
		r.Resource = iam.ARN(text)
	} else {
		r.Context = r.Context.Set(p.key, text)
	}
	return r
}
