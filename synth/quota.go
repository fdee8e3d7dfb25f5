package synth

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
)

// fit widens a document that is over its quota until it fits: words of one
// service with one beginning give way to the beginning with a wildcard, step by
// step, whatever brings back the least weight for the characters that are
// missing. It never goes past the old grant; what does not fit even so is left
// to the verdict.
func (n *narrower) fit(old, smaller *iam.Policy, limit int) *iam.Policy {
	fitted := n.fitted(old, smaller, limit)
	if fitted != smaller {
		n.comeBack(smaller, fitted)
	}
	return fitted
}

// fitted is the document that keeps the least weight of those that fit. One that
// names what it grants is easier to judge than one that names what it does not:
// that is taken where it brings back less than half of what merging does, and
// made anew from itself until nothing changes, as the next run will.
func (s *synthesizer) fitted(old, smaller *iam.Policy, limit int) *iam.Policy {
	if eval.Size(smaller) <= limit {
		return smaller
	}
	for {
		excluded, back := s.excluded(old, smaller, limit)
		if excluded == nil || eval.Size(excluded) > limit || !s.contained(old, excluded) {
			return s.merged(old, smaller, limit)
		}
		if samePolicy(excluded, old) {
			return old
		}
		if !excludesMany(old) {
			if merged := s.merged(old, smaller, limit); eval.Size(merged) <= limit && s.weight(merged)-s.weight(smaller) <= 2*back {
				return merged
			}
		}
		if excludesMany(excluded) {
			return excluded // no word is left that there is room for
		}
		old = excluded
	}
}

func (s *synthesizer) weight(p *iam.Policy) int {
	_, _, weight := Privilege(s.catalog, []*iam.Policy{p})
	return weight
}

// manyExcluded is from how many excluded words on a document is not made
// positive again if that does not fit: such a list is one that [synthesizer.excluded]
// wrote.
const manyExcluded = 50

func excludesMany(p *iam.Policy) bool {
	return slices.ContainsFunc(p.Statements, func(s iam.Statement) bool { return s.Effect == iam.Allow && len(s.NotAction) > manyExcluded })
}

func (s *synthesizer) merged(old, smaller *iam.Policy, limit int) *iam.Policy {
	// Each step is contained where all of them are together.
	if fitted := s.newMerger(old, smaller).fit(limit, nil); s.contained(old, fitted) {
		return fitted
	}
	return s.newMerger(old, smaller).fit(limit, func(wider *iam.Policy) bool { return s.contained(old, wider) })
}

// merger widens one document.
type merger struct {
	whole   *iam.Policy     // as it was
	rest    [][]iam.Pattern // by statement: the words that are on no shelf
	shelves []*shelf
	refused map[refusal]bool
}

// shelf is the words of one service in one statement.
type shelf struct {
	statement int
	prefix    string
	words     []spelled
	actions   []*catalog.Action // the service's, sorted by folded name
	weights   []int             // of actions, on the statement's resources
	granted   []bool            // of actions, by the words
	wider     []merge           // what words may give way to
	offers    map[string]*offer // by folded beginning, of which wider are those worth it
	lists     int               // how often wider was made
	changed   bool
	within    func(iam.Pattern) bool
}

// spelled is a word as it is written and in lower case, and where it can be cut.
type spelled struct {
	text, folded iam.Pattern
	beginnings   []beginning
}

type beginning struct{ text, folded string }

func (w spelled) beginsWith(beginning string) bool {
	return strings.HasPrefix(string(w.folded), beginning)
}

// merge is a wildcard that some words of a shelf may give way to.
type merge struct {
	word  iam.Pattern
	cost  int // weight that comes back
	saved int // characters
}

// offer is a merge as long as no other on the shelf touches it.
type offer struct {
	merge
	worth  bool
	listed int // the last list that it was looked at for
}

type refusal struct {
	shelf *shelf
	word  iam.Pattern
}

func (s *synthesizer) newMerger(old, smaller *iam.Policy) *merger {
	m := &merger{whole: smaller, rest: make([][]iam.Pattern, len(smaller.Statements)), refused: map[refusal]bool{}}
	within := func(word iam.Pattern) bool { return namedIn(old, word) }
	for i := range smaller.Statements {
		st := &smaller.Statements[i]
		if st.Effect != iam.Allow {
			continue
		}
		byService := map[string][]iam.Pattern{}
		var order []string
		var rest []iam.Pattern // words that no shelf holds
		for _, word := range st.Action {
			prefix := iam.Action(word.Fold()).Prefix()
			if byService[prefix] == nil {
				order = append(order, prefix)
			}
			byService[prefix] = append(byService[prefix], word)
		}
		for _, prefix := range order {
			service, ok := s.catalog.Service(prefix)
			if !ok || len(byService[prefix]) < 2 {
				rest = append(rest, byService[prefix]...)
				continue
			}
			m.shelves = append(m.shelves, s.newShelf(i, st, service, byService[prefix], within))
		}
		m.rest[i] = rest
	}
	return m
}

// namedIn: some word of the old document's allows grants all that the word
// does, on some resources at least.
func namedIn(old *iam.Policy, word iam.Pattern) bool {
	folded := word.Fold()
	return slices.ContainsFunc(old.Statements, func(o iam.Statement) bool {
		if o.Effect != iam.Allow {
			return false
		}
		if o.NotAction != nil {
			return !slices.ContainsFunc(o.NotAction, func(n iam.Pattern) bool { return n.Fold().Overlaps(folded) })
		}
		return slices.ContainsFunc(o.Action, func(a iam.Pattern) bool { return a.Fold().Covers(folded) })
	})
}

func (s *synthesizer) newShelf(i int, st *iam.Statement, service *catalog.Service, words []iam.Pattern, within func(iam.Pattern) bool) *shelf {
	f := &shelf{statement: i, prefix: service.Prefix, actions: slices.Clone(service.Actions), within: within, offers: map[string]*offer{}}
	slices.SortFunc(f.actions, func(a, b *catalog.Action) int { return compare(a.Folded, b.Folded) })
	f.weights, f.granted = make([]int, len(f.actions)), make([]bool, len(f.actions))
	for n, a := range f.actions {
		f.weights[n] = breadthOf(s.catalog, st, a.Name).of(Weight(s.catalog, a.Name))
	}
	for _, word := range words {
		f.words = append(f.words, f.spelled(word))
		for _, name := range s.catalog.Expand(word) {
			if n, found := f.find(name.Fold()); found {
				f.granted[n] = true
			}
		}
	}
	f.list()
	return f
}

func (f *shelf) find(folded iam.Action) (int, bool) {
	return slices.BinarySearchFunc(f.actions, folded, func(a *catalog.Action, name iam.Action) int { return compare(a.Folded, name) })
}

// spelled cuts a word behind the service, and where a word of its CamelCase name
// ends.
func (f *shelf) spelled(word iam.Pattern) spelled {
	w := spelled{text: word, folded: word.Fold()}
	_, name := iam.Action(word).Split()
	for _, end := range append([]int{0}, wordEnds(name)...) {
		text := f.prefix + ":" + name[:end]
		if strings.ContainsAny(text, "*?$") {
			break
		}
		w.beginnings = append(w.beginnings, beginning{text, strings.ToLower(text)})
	}
	return w
}

// list works out what the words may give way to: the service's wildcard, and
// every beginning that two of them share.
func (f *shelf) list() {
	f.wider, f.lists = f.wider[:0], f.lists+1
	for _, word := range f.words {
		for _, b := range word.beginnings {
			o := f.offers[b.folded]
			if o == nil {
				o = &offer{}
				o.merge, o.worth = f.merge(iam.Pattern(b.text + "*"))
				f.offers[b.folded] = o
			}
			if o.worth && o.listed != f.lists {
				f.wider = append(f.wider, o.merge)
			}
			o.listed = f.lists
		}
	}
}

// forget drops the offers that hold what begins so, or are held by it.
func (f *shelf) forget(beginning string) {
	maps.DeleteFunc(f.offers, func(other string, _ *offer) bool {
		return strings.HasPrefix(other, beginning) || strings.HasPrefix(beginning, other)
	})
}

// merge is what it costs and saves to write the wildcard for all that it holds.
func (f *shelf) merge(word iam.Pattern) (merge, bool) {
	m, n := merge{word: word, saved: -len(word) - 3}, 0 // with quotes and comma
	beginning := string(word.Fold()[:len(word)-1])
	for _, w := range f.words {
		if w.beginsWith(beginning) {
			m.saved, n = m.saved+len(w.text)+3, n+1
		}
	}
	if n < 2 || m.saved <= 0 || !f.within(word) {
		return m, false
	}
	for i, _ := f.find(iam.Action(beginning)); i < len(f.actions) && strings.HasPrefix(string(f.actions[i].Folded), beginning); i++ {
		if !f.granted[i] {
			m.cost += f.weights[i]
		}
	}
	return m, true
}

// apply writes the wildcard.
func (f *shelf) apply(word iam.Pattern) {
	f.changed = true
	beginning := string(word.Fold()[:len(word)-1])
	f.words = slices.DeleteFunc(slices.Clone(f.words), func(w spelled) bool { return w.beginsWith(beginning) })
	f.words = append(f.words, f.spelled(word))
	f.granted = slices.Clone(f.granted)
	for i, _ := f.find(iam.Action(beginning)); i < len(f.actions) && strings.HasPrefix(string(f.actions[i].Folded), beginning); i++ {
		f.granted[i] = true
	}
	f.forget(beginning)
	f.list()
}

// undo takes back that the wildcard was written.
func (f *shelf) undo(before shelf, word iam.Pattern) {
	before.lists = f.lists
	*f = before
	f.forget(string(word.Fold()[:len(word)-1]))
}

// fit applies merges until the document fits or none is left: those that may be
// applied, where may is given.
func (m *merger) fit(limit int, may func(*iam.Policy) bool) *iam.Policy {
	p := m.written()
	for missing := eval.Size(p) - limit; missing > 0; missing = eval.Size(p) - limit {
		for missing > 0 {
			f, best := m.cheapest(missing)
			if f == nil {
				return m.written()
			}
			before := *f
			f.wider = nil // list reuses its room
			f.apply(best.word)
			if may != nil && !may(m.written()) {
				f.undo(before, best.word)
				m.refused[refusal{f, best.word}] = true
				continue
			}
			missing -= best.saved
		}
		p = m.written()
	}
	return p
}

// cheapest is the merge that brings back the least weight for each of the
// missing characters that it saves.
func (m *merger) cheapest(missing int) (*shelf, merge) {
	var at *shelf
	var best merge
	for _, f := range m.shelves {
		for _, c := range f.wider {
			if at != nil && !c.better(best, missing) || m.refused[refusal{f, c.word}] {
				continue
			}
			at, best = f, c
		}
	}
	return at, best
}

func (c merge) better(than merge, missing int) bool {
	return cmp.Or(
		cmp.Compare(c.cost*min(than.saved, missing), than.cost*min(c.saved, missing)),
		cmp.Compare(c.cost, than.cost), cmp.Compare(min(than.saved, missing), min(c.saved, missing)),
		cmp.Compare(len(than.word), len(c.word)), // the longer holds less of what AWS may add
	) < 0
}

// written is the document with the shelves' words. A statement in which none
// gave way stays as it was.
func (m *merger) written() *iam.Policy {
	p := clonePolicy(m.whole)
	changed := make([]bool, len(p.Statements))
	for _, f := range m.shelves {
		changed[f.statement] = changed[f.statement] || f.changed
	}
	for i := range p.Statements {
		if changed[i] {
			p.Statements[i].Action = slices.Clone(m.rest[i])
		}
	}
	for _, f := range m.shelves {
		st := &p.Statements[f.statement]
		if !changed[f.statement] {
			continue
		}
		for _, w := range f.words {
			st.Action = append(st.Action, w.text)
		}
		slices.Sort(st.Action)
	}
	return p
}
