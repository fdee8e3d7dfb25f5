package eval

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// symbol is the truth of "the text matches a pattern with variables", which is
// tried both ways. It is about a condition key's value, or about the resource.
type symbol struct {
	name      string
	key       string // "" for the resource
	pattern   iam.Pattern
	attribute int // of the key; ofResource, or none for a whole condition
	widest    int // of the attribute's conditions: the pattern with `*` for each variable
}

const (
	ofResource = -1
	ofNothing  = -2 // nothing is known of it but its name
)

// symbolic: the condition's values with variables can be told from those
// without, each being a pattern that a text matches or not.
func (c *condition) symbolic() bool {
	return (c.family == textFamily || c.family == patternFamily) && !c.forAll && !c.forAny
}

// open: a value has variables.
func (c *condition) open() bool {
	return slices.ContainsFunc(c.wants, func(w want) bool { return w.open })
}

// plain is the condition's match of its values without variables.
func (c *condition) plain() *condition {
	closed := iam.Condition{Operator: "stringequals", Key: c.source.Key}
	if c.family == patternFamily {
		closed.Operator = "stringlike"
	}
	for i, v := range c.source.Values {
		if !c.wants[i].open {
			closed.Values = append(closed.Values, v)
		}
	}
	return certainly(closed)
}

// widest matches whatever a pattern can match with any values put in.
func widest(key string, p iam.Pattern) *condition {
	return certainly(iam.Condition{Operator: "stringlike", Key: key, Values: []string{string(starVariables(p))}})
}

// certainly compiles a condition whose operator is one of IAM's.
func certainly(source iam.Condition) *condition {
	c, _ := compileCondition(source, iam.Version2012)
	return &c
}

// impossible: the truths that were chosen cannot be had together. All choices
// have been made.
func (s *search) impossible() bool {
	return slices.ContainsFunc(s.symbols, func(p symbol) bool {
		if s.truths[p.name] == no {
			return s.mustMatch(p)
		}
		return s.cannotMatch(p) || slices.ContainsFunc(s.symbols, func(q symbol) bool {
			return s.truths[q.name] == no && p.attribute == q.attribute && p.attribute != ofNothing && p.within(q)
		})
	})
}

// within: what matches p matches q, whatever the variables are.
func (p symbol) within(q symbol) bool {
	if p.attribute == ofResource {
		return coversARN(q.pattern, p.pattern)
	}
	return masked(q.pattern).Covers(masked(p.pattern))
}

// cannotMatch: a variable without value and default, a text that does not fit
// what stands around the variables, or variables that are chosen and another
// text.
func (s *search) cannotMatch(p symbol) bool {
	if p.attribute >= 0 {
		if ch := s.choice(p.attribute); !ch.present || ch.truths[p.widest] == no {
			return true
		}
	}
	filled, state := s.filled(p)
	if state != yes {
		return state == no
	}
	if p.attribute == ofResource {
		return slices.ContainsFunc(s.region.hits, func(h iam.Pattern) bool { return !filled.OverlapsARN(h) })
	}
	values := s.choice(p.attribute).values
	text, literal := filled.Literal()
	return len(values) == 1 && literal && values[0] != text && (s.pinned(p.attribute, values[0]) || s.pinned(p.attribute, text))
}

// mustMatch: the variables are chosen, and the text is one that then matches.
func (s *search) mustMatch(p symbol) bool {
	filled, state := s.filled(p)
	if state != yes {
		return false
	}
	if p.attribute == ofResource {
		return slices.ContainsFunc(s.region.hits, func(h iam.Pattern) bool { return filled.CoversARN(h) })
	}
	values := s.choice(p.attribute).values
	return len(values) == 1 && s.pinned(p.attribute, values[0]) && filled.Match(values[0])
}

// filled puts the chosen values in for the variables. The state is maybe where
// one of them may have several, no where one has none.
func (s *search) filled(p symbol) (iam.Pattern, tri) {
	if p.attribute == ofNothing {
		return "", maybe
	}
	r := iam.Request{Context: iam.Context{}}
	if s.c.space != nil {
		r.Context = slices.Clone(s.c.space.context)
	}
	for i, a := range s.attributes {
		ch := s.choice(i)
		if ch.present && s.pinned(i, ch.values[0]) {
			r.Context = r.Context.Set(a.key, ch.values...)
		}
	}
	hidden := false
	for _, key := range variablesOf(p.pattern) {
		at := slices.IndexFunc(s.attributes, func(a *attribute) bool { return strings.EqualFold(a.key, key) })
		if _, there := r.Context.Get(key); !there && (at < 0 || s.choice(at).present) {
			hidden = true
		}
	}
	if hidden {
		return "", maybe
	}
	return fillVariables(p.pattern, &r)
}

// choice is what was chosen for an attribute; nil while it is open.
func (s *search) choice(at int) *choice {
	if s.chosen[at] < 0 {
		return nil
	}
	return &s.attributes[at].choices[s.chosen[at]]
}

func (s *search) pinned(at int, value string) bool { return s.attributes[at].pins(value) }

// pins: the value is told from all others by an operator on whole texts, so
// that it stands for itself alone.
func (a *attribute) pins(value string) bool {
	return a.distinct && slices.ContainsFunc(a.conditions, func(c *condition) bool {
		return slices.ContainsFunc(c.wants, func(w want) bool { return w.one && w.text == value })
	})
}
