package eval

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// attribute is one condition key and the values of it that make a difference
// to the conditions on it. Values that all conditions judge alike are one.
type attribute struct {
	key        string
	conditions []*condition
	choices    []choice
	complete   bool // no value outside choices is judged otherwise than one of them
	distinct   bool // values that the conditions name are kept apart, for variables may stand for them
}

// choice is a value (or set of values, or none) with what each condition says.
type choice struct {
	present bool
	values  []string
	truths  []tri
}

// maxSets caps the value sets that set operators tell apart.
const maxSets = 1_000

// multivalued are the global keys that hold a list. Of other keys only those
// are taken for lists on which a set operator stands, for a single-valued key
// has at most one value.
//
// Source: IAM User Guide, "Single-valued vs. multivalued context keys", and
// "AWS global condition context keys", the "Value type" of each.
var multivalued = map[string]bool{
	"aws:calledvia": true, "aws:principalorgpaths": true, "aws:principalservicenameslist": true, "aws:resourceorgpaths": true,
	"aws:sourceorgpaths": true, "aws:tagkeys": true, "aws:vpceorgpaths": true,
}

// listKeys are the keys, in lower case, on which a set operator stands anywhere
// in the policies: what is a list in one statement is one in all.
func listKeys(sets ...*Set) map[string]bool {
	out := map[string]bool{}
	for _, set := range sets {
		for i := range set.statements {
			for _, c := range set.statements[i].conditions {
				if c.forAll || c.forAny {
					out[strings.ToLower(c.source.Key)] = true
				}
			}
		}
	}
	return out
}

// newAttribute takes the key in lower case; list says that it may have several
// values.
func newAttribute(key string, conditions []*condition, distinct, list bool) *attribute {
	a := &attribute{key: key, conditions: conditions, distinct: distinct}
	var values []string
	values, a.complete = candidates(key, conditions)
	a.add(choice{})
	for _, v := range values {
		a.add(choice{present: true, values: []string{v}})
	}
	if multivalued[key] || list {
		a.addSets()
	}
	return a
}

// oneChoice is an attribute that can be one thing only.
func oneChoice(key string, conditions []*condition, ch choice) *attribute {
	a := &attribute{key: key, conditions: conditions, complete: true}
	a.add(ch)
	return a
}

// add takes a choice that the conditions judge in a new way.
func (a *attribute) add(ch choice) {
	r := iam.Request{}
	if ch.present {
		r.Context = iam.Context{{Key: a.key, Values: ch.values}}
	}
	for _, c := range a.conditions {
		ch.truths = append(ch.truths, c.holds(&r))
	}
	if slices.ContainsFunc(a.choices, func(o choice) bool {
		return o.present == ch.present && (len(ch.values) != 1 || !a.pins(ch.values[0]) || slices.Equal(o.values, ch.values)) && onlyEmpty(o.values) == onlyEmpty(ch.values) && slices.Equal(o.truths, ch.truths)
	}) {
		return
	}
	a.choices = append(a.choices, ch)
}

// addSets adds sets of values. A condition holds for a set if it does for all,
// or for any, of its values, so what a bigger set is judged hangs only on what
// the smaller one was and on the value that comes in: sets grow by one value
// until nothing new turns up. One value more than none is a choice already.
func (a *attribute) addSets() {
	var singles []choice
	for _, ch := range a.choices {
		if ch.present {
			singles = append(singles, ch)
		}
	}
	for i := 0; i < len(a.choices); i++ {
		for _, s := range singles {
			a.add(choice{present: true, values: append(slices.Clone(a.choices[i].values), s.values...)})
		}
		if len(a.choices) > maxSets {
			a.complete = false
			return
		}
	}
}
