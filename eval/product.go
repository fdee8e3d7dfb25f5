package eval

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// maxStates caps a product of pattern automata. Beyond it nothing is proved.
const maxStates = 60_000

// glob is one pattern as an automaton: position i stands before step i, the
// last position accepts.
type glob []step

type step struct {
	kind  stepKind
	char  byte
	field bool // a wildcard that does not cross a colon
}

type stepKind uint8

const (
	literalStep stepKind = iota
	oneStep
	starStep
)

// newGlob compiles a pattern that has no variables. An ARN pattern's first
// five fields keep their wildcards to themselves.
func newGlob(p iam.Pattern, arn bool) glob {
	var g glob
	colons, text := 0, string(p)
	arn = arn && strings.Trim(text, "*") != ""
	for i := 0; i < len(text); i++ {
		field := arn && colons < 5
		switch c := text[i]; {
		case c == '*':
			g = append(g, step{starStep, 0, field})
		case c == '?':
			g = append(g, step{oneStep, 0, field})
		case c == '$' && i+3 < len(text) && text[i+1] == '{' && strings.IndexByte("*?$", text[i+2]) >= 0 && text[i+3] == '}':
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
func plainGlob(text string) glob {
	g := make(glob, len(text))
	for i := range g {
		g[i].char = text[i]
	}
	return g
}

// product walks all texts through several patterns at once and finds which
// sets of them can match together.
type product struct {
	globs  []glob
	prefix string            // every text begins so
	accept func(string) bool // of the texts reached, which count; nil: all
	other  byte              // stands for every character no pattern names
	seen   map[string]bool
	queue  []productState
	found  map[string]bool
	out    []matching
}

type productState struct {
	live []int32 // glob<<16 | position, sorted
	text string
}

// matching is a text and the patterns that match it, by index.
type matching struct {
	text string
	hits []bool
}

// matchings lists every set of patterns that some text matches, each with a
// shortest such text. It reports false if the cap was reached. colons is how
// many colons of the text matter to accept.
func matchings(globs []glob, prefix string, colons int, accept func(string) bool) ([]matching, bool) {
	p := &product{globs: globs, prefix: prefix, accept: accept, seen: map[string]bool{}, found: map[string]bool{}}
	p.other = p.freshChar()
	state := productState{}
	for g := range globs {
		if len(globs[g]) >= 1<<15 {
			return nil, false
		}
		state.live = append(state.live, int32(g)<<16)
	}
	state.live = p.close(state.live)
	for i := range prefix {
		state = p.advance(state, prefix[i])
	}
	p.push(state, colons)
	for head := 0; head < len(p.queue); head++ {
		if len(p.queue) > maxStates {
			return p.out, false
		}
		s := p.queue[head]
		p.note(s)
		for _, c := range p.symbols(s) {
			p.push(p.advance(s, c), colons)
		}
	}
	return p.out, true
}

func (p *product) freshChar() byte {
	used := [256]bool{}
	for _, g := range p.globs {
		for _, s := range g {
			used[s.char] = true
		}
	}
	for _, c := range []byte("zqxjkvwyZQXJ0123456789abcdefghilmnoprstuABCDEFGHIKLMNOPRSTUVWY_.~!@#%^&()[];,|<>") {
		if !used[c] {
			return c
		}
	}
	return 0x7f
}

// symbols: the characters that can make a difference here.
func (p *product) symbols(s productState) []byte {
	out := []byte{p.other, ':'}
	if p.accept != nil && s.text == "" {
		out = out[:1] // no field is empty in front of the first colon
	}
	for _, l := range s.live {
		g, at := p.globs[l>>16], int(l&0xffff)
		if at < len(g) && g[at].kind == literalStep && !slices.Contains(out, g[at].char) {
			out = append(out, g[at].char)
		}
	}
	return out
}

func (p *product) advance(s productState, c byte) productState {
	var live []int32
	for _, l := range s.live {
		g, at := p.globs[l>>16], int(l&0xffff)
		if at == len(g) {
			continue
		}
		switch st := g[at]; {
		case st.kind == literalStep && st.char == c, st.kind == oneStep && !(st.field && c == ':'):
			live = append(live, l+1)
		case st.kind == starStep && !(st.field && c == ':'):
			live = append(live, l)
		}
	}
	return productState{p.close(live), s.text + string([]byte{c})}
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

func (p *product) push(s productState, colons int) {
	key := make([]byte, 0, 4*len(s.live)+1)
	key = append(key, byte(min(strings.Count(s.text, ":"), colons)))
	if p.accept != nil && (s.text == "" || strings.HasSuffix(s.text, ":")) {
		key = append(key, ':') // accept may ask for a field that is not empty
	}
	for _, l := range s.live {
		key = append(key, byte(l>>24), byte(l>>16), byte(l>>8), byte(l))
	}
	if !p.seen[string(key)] {
		p.seen[string(key)] = true
		p.queue = append(p.queue, s)
	}
}

func (p *product) note(s productState) {
	if p.accept != nil && !p.accept(s.text) {
		return
	}
	hits := make([]bool, len(p.globs))
	key := make([]byte, len(p.globs))
	for _, l := range s.live {
		if g := l >> 16; int(l&0xffff) == len(p.globs[g]) {
			hits[g], key[g] = true, 1
		}
	}
	if !p.found[string(key)] {
		p.found[string(key)] = true
		p.out = append(p.out, matching{s.text, hits})
	}
}
