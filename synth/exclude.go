package synth

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
)

// excluded says what goes instead of what stays: of a document over its quota
// the largest statement that grants all actions, or all but some, is made to
// grant all but more. What goes is named by what weighs the most for its
// characters, until there is no more room; what is not named comes back, with
// the weight back. It gives nil where that cannot be done. An action that is not
// known to the catalog stays granted, as it was.
func (s *synthesizer) excluded(old, smaller *iam.Policy, limit int) (out *iam.Policy, back int) {
	out = clonePolicy(smaller)
	i := s.largest(old, out)
	if i < 0 {
		return nil, 0
	}
	st := &out.Statements[i]
	stay := Granted(s.catalog, st)
	was := exclusionsOf(old, st)
	st.Action, st.NotAction = nil, slices.Clone(was)
	before := Granted(s.catalog, st)
	candidates := s.exclusions(st, before, stay)
	room := limit - eval.Size(out)
	if len(was) == 0 { // an element without any: the first word brings no comma
		room++
	}
	for _, c := range candidates {
		if cost := len(c.word) + 3; cost <= room { // with quotes and comma
			st.NotAction = append(st.NotAction, c.word)
			room -= cost
		} else {
			back += c.weight
		}
	}
	if len(st.NotAction) == 0 {
		return nil, 0
	}
	slices.Sort(st.NotAction[len(was):])
	return out, back
}

// largest is the statement with the longest list of actions of those that may be
// turned into an exclusion, -1 if there is none.
func (s *synthesizer) largest(old, smaller *iam.Policy) int {
	at, size := -1, 0
	for i := range smaller.Statements {
		st := &smaller.Statements[i]
		if st.Effect != iam.Allow || st.Action == nil || exclusionsOf(old, st) == nil {
			continue
		}
		n := 0
		for _, w := range st.Action {
			n += len(w)
		}
		if n > size {
			at, size = i, n
		}
	}
	return at
}

// exclusionsOf is what the old statement that a smaller one was made of excludes:
// nil if it names what it grants, empty if it grants all.
func exclusionsOf(old *iam.Policy, smaller *iam.Statement) []iam.Pattern {
	for i := range old.Statements {
		o := &old.Statements[i]
		if o.Effect != iam.Allow || o.Sid != smaller.Sid || !sameConditions(o, smaller) || !covered(o.Resource, smaller.Resource) {
			continue
		}
		if o.NotAction != nil {
			return o.NotAction
		}
		if slices.Contains(o.Action, "*") {
			return []iam.Pattern{}
		}
	}
	return nil
}

func sameConditions(a, b *iam.Statement) bool {
	x, y := iam.Statement{Condition: a.Condition}, iam.Statement{Condition: b.Condition}
	return samePolicy(&iam.Policy{Statements: []iam.Statement{x}}, &iam.Policy{Statements: []iam.Statement{y}})
}

func covered(by, list []iam.Pattern) bool {
	return !slices.ContainsFunc(list, func(p iam.Pattern) bool {
		return !slices.ContainsFunc(by, func(b iam.Pattern) bool { return b == p || b.Covers(p) })
	})
}

// exclusion is a word that holds nothing that stays.
type exclusion struct {
	word   iam.Pattern
	weight int // of what goes by it
}

// exclusions lists the shortest words, cut where words of the names end, that
// hold what goes and nothing that stays, those that weigh the most for their
// characters first.
func (s *synthesizer) exclusions(st *iam.Statement, granted, stay []iam.Action) []exclusion {
	stays := folded(stay)
	var goes []iam.Action
	for _, a := range granted {
		if _, found := slices.BinarySearch(stays, string(a.Fold())); !found {
			goes = append(goes, a)
		}
	}
	slices.SortFunc(goes, func(a, b iam.Action) int { return compare(a.Fold(), b.Fold()) })
	weighed := map[iam.Pattern]int{}
	for _, a := range goes {
		weighed[excludedBy(a, stays)] += breadthOf(s.catalog, st, a).of(Weight(s.catalog, a))
	}
	var out []exclusion
	for word, weight := range weighed {
		out = append(out, exclusion{word, weight})
	}
	slices.SortFunc(out, func(a, b exclusion) int {
		return cmp.Or(cmp.Compare(b.weight*(len(a.word)+3), a.weight*(len(b.word)+3)), compare(a.word, b.word))
	})
	return out
}

// excludedBy is the widest word that holds the action and nothing that stays.
func excludedBy(a iam.Action, stays []string) iam.Pattern {
	prefix, name := a.Split()
	for _, end := range append([]int{0}, wordEnds(name)...) {
		beginning := prefix + ":" + name[:end]
		if len(beginningWith(stays, strings.ToLower(beginning))) == 0 {
			return iam.Pattern(beginning + "*")
		}
	}
	return iam.Pattern(a)
}
