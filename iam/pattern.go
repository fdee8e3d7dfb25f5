package iam

import (
	"strings"
	"unicode/utf8"
)

// Pattern is a text with wildcards as it stands in a policy's Action or
// Resource: `*` is any run of characters, `?` any one character, not byte. Under
// Version 2012-10-17 `${*}`, `${?}` and `${$}` are the literal characters and
// `${key}` is a policy variable; a document of Version 2008-10-17 has neither.
// The methods of Pattern know wildcards and the three escapes, which is right
// for patterns without variables; [Pattern.HasVariable] tells.
//
// Source: IAM User Guide, "IAM policy elements: Variables and tags", sections
// "Where you can use policy variables" and "Special characters".
type Pattern string

// Escape turns a literal text into the pattern that matches just that text.
// Names in logs are chosen by whoever made the call: every one of them passes
// here before it enters a policy.
func Escape(literal string) Pattern {
	if Pattern(literal).Plain() {
		return Pattern(literal)
	}
	var b strings.Builder
	for i := 0; i < len(literal); i++ {
		switch c := literal[i]; {
		case c == '*', c == '?':
			b.WriteString("${" + string(c) + "}")
		case c == '$' && strings.HasPrefix(literal[i:], "${"):
			b.WriteString("${$}")
		default:
			b.WriteByte(c)
		}
	}
	return Pattern(b.String())
}

// Token classes of a parsed pattern. A non-negative token is a literal
// character, or from tokByte on a byte that is no UTF-8.
const (
	tokStar = -1
	tokOne  = -2
	tokByte = utf8.MaxRune + 1
)

// literal is the token of the first character of s, which is not empty, and
// its width in bytes.
func literal(s string) (token int32, width int) {
	if s[0] < utf8.RuneSelf {
		return int32(s[0]), 1
	}
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 {
		return tokByte + int32(s[0]), 1
	}
	return r, n
}

func appendLiteral(b []byte, token int32) []byte {
	if token >= tokByte {
		return append(b, byte(token-tokByte))
	}
	return utf8.AppendRune(b, token)
}

// tokens parses wildcards and escapes and normalises runs of `*` and `?`
// (`*?*` becomes `?*`), so that equal languages mostly have equal tokens.
func (p Pattern) tokens() []int32 {
	toks := make([]int32, 0, len(p))
	for i := 0; i < len(p); {
		t, n := p.tokenAt(i)
		i += n
		toks = appendToken(toks, t)
	}
	return toks
}

func (p Pattern) tokenAt(i int) (token int32, width int) {
	switch {
	case p[i] == '*':
		return tokStar, 1
	case p[i] == '?':
		return tokOne, 1
	case p.escapeAt(i):
		return int32(p[i+2]), 4
	}
	return literal(string(p[i:]))
}

func (p Pattern) escapeAt(i int) bool {
	return i+3 < len(p) && p[i] == '$' && p[i+1] == '{' && p[i+3] == '}' &&
		(p[i+2] == '*' || p[i+2] == '?' || p[i+2] == '$')
}

func appendToken(toks []int32, t int32) []int32 {
	n := len(toks)
	if n > 0 && toks[n-1] == tokStar {
		switch t {
		case tokStar:
			return toks
		case tokOne:
			toks[n-1] = tokOne
			return append(toks, tokStar)
		}
	}
	return append(toks, t)
}

// HasVariable reports whether the pattern holds a policy variable other than
// the three escapes.
func (p Pattern) HasVariable() bool {
	for i := 0; i+1 < len(p); i++ {
		if p[i] == '$' && p[i+1] == '{' {
			if !p.escapeAt(i) {
				return true
			}
			i += 3
		}
	}
	return false
}

// Literal gives the one text that the pattern matches, escapes undone. It
// reports false if the pattern holds a wildcard.
func (p Pattern) Literal() (string, bool) {
	if p.Plain() {
		return string(p), true
	}
	var b []byte
	for _, t := range p.tokens() {
		if t < 0 {
			return "", false
		}
		b = appendLiteral(b, t)
	}
	return string(b), true
}

// Match reports whether the pattern, taken as one text, matches s. The
// comparison is exact; fold both sides first for actions.
func (p Pattern) Match(s string) bool {
	if p.simple(s) {
		return matchBytes(string(p), s)
	}
	toks := p.tokens()
	text := make([]int32, 0, len(s))
	for len(s) > 0 {
		t, n := literal(s)
		text, s = append(text, t), s[n:]
	}
	return covers(toks, text)
}

// simple: bytes tell whether the pattern matches the text. It is ASCII and has
// no escape, and neither has a `?` met a character of several bytes.
func (p Pattern) simple(text string) bool {
	one := false
	for i := 0; i < len(p); i++ {
		if p[i] >= utf8.RuneSelf || p[i] == '$' {
			return false
		}
		one = one || p[i] == '?'
	}
	return !one || ascii(text)
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// matchBytes is covers for a simple pattern and a text.
func matchBytes(pat, text string) bool {
	p, t := 0, 0
	starP, starT := -1, 0
	for t < len(text) {
		switch {
		case p < len(pat) && pat[p] == '*':
			starP, starT = p, t
			p++
		case p < len(pat) && (pat[p] == text[t] || pat[p] == '?'):
			p, t = p+1, t+1
		case starP >= 0:
			starT++
			p, t = starP+1, starT
		default:
			return false
		}
	}
	return strings.Trim(pat[p:], "*") == ""
}

// Covers reports whether every text that q matches is matched by p as well.
// True is a proof. False may be wrong only where p splits its wildcards in a
// way q does not (`a*b*` against `a?b` is found, exotic mixtures may not be).
func (p Pattern) Covers(q Pattern) bool {
	if q.Plain() {
		return p.Match(string(q))
	}
	return !p.Plain() && covers(p.tokens(), q.tokens())
}

// Plain reports whether the pattern has neither wildcard nor escape, so that it
// is its one text.
func (p Pattern) Plain() bool {
	s := string(p)
	return strings.IndexByte(s, '*') < 0 && strings.IndexByte(s, '?') < 0 && strings.IndexByte(s, '$') < 0
}

// covers matches pattern tokens against text tokens, where a text token may be
// a wildcard itself: a `*` in the text is matched only by a `*` in the
// pattern, a `?` by `?` or `*`. Greedy with one backtrack point: O(n·m), no
// recursion, so a hostile pattern costs no more than its square.
func covers(pat, text []int32) bool {
	p, t := 0, 0
	starP, starT := -1, 0
	for t < len(text) {
		switch {
		case p < len(pat) && pat[p] == tokStar:
			starP, starT = p, t
			p++
		case p < len(pat) && tokenCovers(pat[p], text[t]):
			p, t = p+1, t+1
		case starP >= 0:
			starT++
			p, t = starP+1, starT
		default:
			return false
		}
	}
	for p < len(pat) && pat[p] == tokStar {
		p++
	}
	return p == len(pat)
}

func tokenCovers(pat, text int32) bool {
	return pat == text && text != tokStar || pat == tokOne && text != tokStar
}

// Overlaps reports whether some text is matched by both patterns.
func (p Pattern) Overlaps(q Pattern) bool {
	switch {
	case q.Plain():
		return p.Match(string(q))
	case p.Plain():
		return q.Match(string(p))
	}
	a, b := p.tokens(), q.tokens()
	row := make([]bool, len(b)+1)
	next := make([]bool, len(b)+1)
	for i := len(a); i >= 0; i-- {
		for j := len(b); j >= 0; j-- {
			next[j] = overlapCell(a, b, i, j, row, next)
		}
		row, next = next, row
	}
	return row[0]
}

// overlapCell says whether a[i:] and b[j:] overlap; below holds the answers
// for i+1, same those for i and j+1.
func overlapCell(a, b []int32, i, j int, below, same []bool) bool {
	if i == len(a) && j == len(b) {
		return true
	}
	if i < len(a) && a[i] == tokStar && (below[j] || j < len(b) && same[j+1]) {
		return true
	}
	if j < len(b) && b[j] == tokStar && (same[j+1] || i < len(a) && below[j]) {
		return true
	}
	if i == len(a) || j == len(b) {
		return false
	}
	fits := a[i] == b[j] || a[i] == tokOne || b[j] == tokOne
	return fits && a[i] != tokStar && b[j] != tokStar && below[j+1]
}

// Segments cuts an ARN pattern at its first five colons, as IAM does before
// it matches: a `*` in one of the first five fields does not cross a colon. It
// reports false for a pattern that has fewer than six fields, `*` among them.
//
// Source: IAM User Guide, "IAM JSON policy elements: Resource", section
// "Using wildcards in resource ARNs".
func (p Pattern) Segments() ([6]Pattern, bool) {
	var segments [6]Pattern
	rest := string(p)
	for i := range 5 {
		field, after, ok := strings.Cut(rest, ":")
		if !ok {
			return [6]Pattern{}, false
		}
		segments[i], rest = Pattern(field), after
	}
	segments[5] = Pattern(rest)
	return segments, true
}

// MatchARN reports whether the resource pattern matches the ARN field by
// field. `*` alone matches everything.
func (p Pattern) MatchARN(a ARN) bool { return p.CoversARN(Escape(string(a))) }

// CoversARN is [Pattern.Covers] for resource patterns, field by field. `*`
// alone covers everything and is covered by itself only.
func (p Pattern) CoversARN(q Pattern) bool {
	if p == "*" {
		return true
	}
	return bothSegments(p, q, Pattern.Covers)
}

// OverlapsARN is [Pattern.Overlaps] for resource patterns, field by field.
func (p Pattern) OverlapsARN(q Pattern) bool {
	if p == "*" || q == "*" {
		return true
	}
	return bothSegments(p, q, Pattern.Overlaps)
}

func bothSegments(p, q Pattern, holds func(Pattern, Pattern) bool) bool {
	ps, ok1 := p.Segments()
	qs, ok2 := q.Segments()
	if !ok1 || !ok2 {
		return holds(p, q) && ok1 == ok2
	}
	for i := range ps {
		if !holds(ps[i], qs[i]) {
			return false
		}
	}
	return true
}

// Fold is the pattern in lower case, for actions.
func (p Pattern) Fold() Pattern { return Pattern(strings.ToLower(string(p))) }

// MatchAction reports whether an Action pattern (`s3:Get*`, `*`) matches the
// action, without regard to case.
func (p Pattern) MatchAction(a Action) bool { return p.Fold().Match(string(a.Fold())) }
