package eval

import (
	"slices"
	"strings"
	"unicode"

	"github.com/pruner/pruner/iam"
)

// maxSteps caps the steps that one comparison makes through all its products of
// pattern automata: a state goes on by a character, at each position it holds.
// Beyond it nothing is proved.
const maxSteps = 3_000_000

// glob is one pattern as an automaton: position i stands before step i, the
// last position accepts.
type glob []step

type step struct {
	kind  stepKind
	char  rune
	field bool // a wildcard that does not cross a colon
	fold  bool // either case will do
}

type stepKind uint8

const (
	literalStep stepKind = iota
	oneStep
	starStep
)

// newGlob compiles a pattern that has no variables. An ARN pattern's first
// five fields keep their wildcards to themselves; stars alone match anything.
func newGlob(p iam.Pattern, arn bool) glob {
	var g glob
	arn = arn && strings.Trim(string(p), "*") != ""
	colons, text := 0, []rune(string(p))
	for i := 0; i < len(text); i++ {
		field := arn && colons < 5
		switch c := text[i]; {
		case c == '*':
			g = append(g, step{kind: starStep, field: field})
		case c == '?':
			g = append(g, step{kind: oneStep, field: field})
		case c == '$' && i+3 < len(text) && text[i+1] == '{' && strings.ContainsRune("*?$", text[i+2]) && text[i+3] == '}':
			g = append(g, step{char: text[i+2]})
			i += 3
		default:
			if c == ':' {
				colons++
			}
			g = append(g, step{char: c})
		}
	}
	return g
}

// plainGlob is the automaton of one text.
func plainGlob(text string, fold bool) glob {
	var g glob
	for _, c := range text {
		g = append(g, step{char: c, fold: fold})
	}
	return g
}

func (s step) takes(c rune) bool {
	switch {
	case s.kind != literalStep:
		return !s.field || c != ':'
	case s.fold:
		return foldsTo(s.char, c)
	}
	return s.char == c
}

// foldsTo reports whether two characters are one but for case.
func foldsTo(a, b rune) bool {
	for c := unicode.SimpleFold(a); c != a; c = unicode.SimpleFold(c) {
		if c == b {
			return true
		}
	}
	return a == b
}

// product walks all texts through several patterns at once and finds which
// sets of them can match together.
type product struct {
	globs  []glob
	accept acceptor
	colons int  // how many matter to accept
	other  rune // stands for every character no pattern names
	seen   map[string]bool
	queue  []productState
	found  map[string]bool
	out    []matching
	key    []byte
}

// acceptor says which texts count, by how many colons they have and whether
// they end in one; nil: all.
type acceptor func(colons int, open bool) bool

// productState is where all patterns stand after one text, which goes on from
// that of the state it was reached from.
type productState struct {
	live   []int32 // glob<<16 | position, sorted
	from   int32   // in the queue; -1: the beginning
	char   rune
	colons int16
	empty  bool
}

// matching is a text and the patterns that match it, by index.
type matching struct {
	text string
	hits []bool
}

// matchings lists every set of patterns that some text with the prefix
// matches, each with a shortest such text. It reports false if the cap was
// reached. colons is how many colons of the text matter to accept.
func matchings(globs []glob, prefix string, colons int, accept acceptor) ([]matching, bool) {
	spent := 0
	return walk(globs, prefix, colons, accept, &spent)
}

// walk is matchings with the steps counted that earlier walks have made.
func walk(globs []glob, prefix string, colons int, accept acceptor, spent *int) ([]matching, bool) {
	p := &product{globs: globs, accept: accept, colons: colons, seen: map[string]bool{}, found: map[string]bool{}}
	p.other = p.freshChar()
	state := productState{from: -1, empty: true}
	for g := range globs {
		if len(globs[g]) >= 1<<15 || g >= 1<<15 {
			return nil, false
		}
		state.live = append(state.live, int32(g)<<16)
	}
	state.live = p.close(state.live)
	p.queue = append(p.queue, state)
	for _, c := range prefix {
		p.queue = append(p.queue, p.advance(len(p.queue)-1, c))
	}
	for head := len(p.queue) - 1; head < len(p.queue); head++ {
		if *spent > maxSteps {
			return p.out, false
		}
		p.note(head)
		for _, c := range p.symbols(&p.queue[head]) {
			*spent += len(p.queue[head].live)
			p.push(p.advance(head, c))
		}
	}
	return p.out, true
}

func (p *product) text(at int) string {
	var out []rune
	for i := int32(at); p.queue[i].from >= 0; i = p.queue[i].from {
		out = append(out, p.queue[i].char)
	}
	slices.Reverse(out)
	return string(out)
}

func (p *product) freshChar() rune {
	named := func(c rune) bool {
		return slices.ContainsFunc(p.globs, func(g glob) bool {
			return slices.ContainsFunc(g, func(s step) bool { return s.kind == literalStep && foldsTo(s.char, c) })
		})
	}
	for _, c := range "zqxjkvwy0123456789abcdefghilmnoprstu_.~!@#%^&()[];,|<>" {
		if !named(c) {
			return c
		}
	}
	c := rune(0x4e00) // past every alphabet with cases
	for named(c) {
		c++
	}
	return c
}

// symbols: the characters that can make a difference here.
func (p *product) symbols(s *productState) []rune {
	out := []rune{p.other, ':'}
	if p.accept != nil && s.empty {
		out = out[:1] // no field is empty in front of the first colon
	}
	add := func(c rune) {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	for _, l := range s.live {
		g, at := p.globs[l>>16], int(l&0xffff)
		if at == len(g) || g[at].kind != literalStep {
			continue
		}
		add(g[at].char)
		for c := unicode.SimpleFold(g[at].char); g[at].fold && c != g[at].char; c = unicode.SimpleFold(c) {
			add(c)
		}
	}
	return out
}

func (p *product) advance(from int, c rune) productState {
	s := &p.queue[from]
	next := productState{from: int32(from), char: c, colons: s.colons}
	if c == ':' {
		next.colons = min(s.colons+1, int16(p.colons))
	}
	for _, l := range s.live {
		g, at := p.globs[l>>16], int(l&0xffff)
		if at == len(g) || !g[at].takes(c) {
			continue
		}
		if g[at].kind != starStep {
			l++
		}
		next.live = append(next.live, l)
	}
	next.live = p.close(next.live)
	return next
}

// close lets stars match nothing.
func (p *product) close(live []int32) []int32 {
	for i := 0; i < len(live); i++ {
		g, at := p.globs[live[i]>>16], int(live[i]&0xffff)
		if at < len(g) && g[at].kind == starStep {
			live = append(live, live[i]+1)
		}
	}
	slices.Sort(live)
	return slices.Compact(live)
}

func (p *product) push(s productState) {
	key := append(p.key[:0], byte(s.colons))
	if p.accept != nil && s.char == ':' {
		key = append(key, ':') // accept may ask for a field that is not empty
	}
	for _, l := range s.live {
		key = append(key, byte(l>>24), byte(l>>16), byte(l>>8), byte(l))
	}
	p.key = key
	if !p.seen[string(key)] {
		p.seen[string(key)] = true
		p.queue = append(p.queue, s)
	}
}

func (p *product) note(at int) {
	s := &p.queue[at]
	if p.accept != nil && !p.accept(int(s.colons), s.char == ':' || s.empty) {
		return
	}
	hits, key := make([]bool, len(p.globs)), make([]byte, len(p.globs))
	for _, l := range s.live {
		if g := l >> 16; int(l&0xffff) == len(p.globs[g]) {
			hits[g], key[g] = true, 1
		}
	}
	if !p.found[string(key)] {
		p.found[string(key)] = true
		p.out = append(p.out, matching{p.text(at), hits})
	}
}
