package iam

import (
	"testing"
	"unicode/utf8"
)

func TestPatternMatch(t *testing.T) {
	for _, test := range []struct {
		pattern Pattern
		text    string
		want    bool
	}{
		{"a*c", "abbc", true},
		{"a*c", "abbd", false},
		{"a*", "a", true},
		{"*", "", true},
		{"", "", true},
		{"", "a", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"?", "é", true},
		{"??", "é", false},
		{"*??", "€", false},
		{"*€", "x€", true},
		{"?", "\xff", true},
		{"\xff", "\xff", true},
		{"\xff", "\xfe", false},
		{"\xff", "\uFFFD", false},
		{"a${*}", "a*", true},
		{"a${*}", "ab", false},
		{"${?}${$}", "?$", true},
		{"a*b*c", "aXbYbZc", true},
		{"*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	} {
		if got := test.pattern.Match(test.text); got != test.want {
			t.Errorf("%q matches %q: %v", test.pattern, test.text, got)
		}
	}
}

func TestPatternVariables(t *testing.T) {
	for p, want := range map[Pattern]bool{
		"a": false, "${*}": false, "${?}${$}": false, "${aws:username}": true, "${*}${x}": true, "$": false, "${": true, "${*": true, "$a{": false,
	} {
		if p.HasVariable() != want {
			t.Errorf("%q has a variable: %v", p, !want)
		}
	}
}

func TestPatternLiteral(t *testing.T) {
	for p, want := range map[Pattern]string{"abc": "abc", "a${*}": "a*", "${$}{x}": "${x}", "é${?}": "é?", "\xff${*}": "\xff*", "a$b": "a$b"} {
		if got, ok := p.Literal(); !ok || got != want {
			t.Errorf("%q is %q, %v, want %q", p, got, ok, want)
		}
	}
	for _, p := range []Pattern{"*", "a?"} {
		if got, ok := p.Literal(); ok {
			t.Errorf("%q is literally %q", p, got)
		}
	}
}

func TestPatternCoversAndOverlaps(t *testing.T) {
	for _, test := range []struct {
		p, q             Pattern
		covers, overlaps bool
	}{
		{"a*", "ab*", true, true},
		{"ab*", "a*", false, true},
		{"a?", "ab", true, true},
		{"a?", "a*", false, true},
		{"*", "*", true, true},
		{"?*", "*?", true, true},
		{"a**", "a*", true, true},
		{"a*b", "c*", false, false},
		{"*x", "y*", false, true},
		{"a", "b", false, false},
		{"a", "ab", false, false},
		{"?", "é", true, true},
		{"??", "é", false, false},
		{"a*b*", "a?b", true, true},
		{"", "*", false, true},
	} {
		if got := test.p.Covers(test.q); got != test.covers {
			t.Errorf("%q covers %q: %v", test.p, test.q, got)
		}
		if got := test.p.Overlaps(test.q); got != test.overlaps {
			t.Errorf("%q overlaps %q: %v", test.p, test.q, got)
		}
	}
}

func TestPatternARN(t *testing.T) {
	for _, test := range []struct {
		p, q             Pattern
		covers, overlaps bool
	}{
		{"*", "arn:aws:s3:::b", true, true},
		{"arn:aws:s3:::b", "*", false, true},
		{"*", "*", true, true},
		{"arn:aws:s3:::b/*", "arn:aws:s3:::b/k", true, true},
		{"arn:aws:sqs:*:q", "arn:aws:sqs:r:1:q", false, false},
		{"arn:aws:sqs:*:*:q", "arn:aws:sqs:r:1:q", true, true},
		{"arn:aws:sqs:r:1:q", "arn:aws:sqs:*:*:*", false, true},
		{"arn:aws:sqs:r:1:q", "arn:aws:sqs:s:*:*", false, false},
		{"a*", "ab", true, true},
		{"a*", "arn:aws:s3:::b", false, false},
	} {
		if got := test.p.CoversARN(test.q); got != test.covers {
			t.Errorf("%q covers %q: %v", test.p, test.q, got)
		}
		if got := test.p.OverlapsARN(test.q); got != test.overlaps {
			t.Errorf("%q overlaps %q: %v", test.p, test.q, got)
		}
	}
	if !Pattern("arn:aws:s3:::b/${*}").MatchARN("arn:aws:s3:::b/*") || Pattern("arn:aws:s3:::b/${*}").MatchARN("arn:aws:s3:::b/k") {
		t.Error("an escaped star is a star")
	}
	if !Pattern("S3:Get*").MatchAction("s3:getObject") || Pattern("s3:Get*").MatchAction("s3:PutObject") {
		t.Error("an action's pattern ignores case")
	}
}

// FuzzEscape: an escaped text is matched by itself and covers nothing else.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "a*b?c", "${aws:username}", "$", "${*}", "é\xff"} {
		f.Add(s, "x")
	}
	f.Fuzz(func(t *testing.T, text, other string) {
		p := Escape(text)
		if got, ok := p.Literal(); !ok || got != text || p.HasVariable() {
			t.Fatalf("%q escapes to %q, which is %q", text, p, got)
		}
		if !p.Match(text) || p.Match(other) != (text == other) {
			t.Fatalf("%q matches %q: %v", p, other, p.Match(other))
		}
	})
}

// FuzzPattern: what a pattern covers it matches, and what two patterns match
// they overlap in.
func FuzzPattern(f *testing.F) {
	f.Add("a*", "ab?", "abc")
	f.Add("?*é", "*?", "€é")
	f.Fuzz(func(t *testing.T, p, q, text string) {
		if len(p)+len(q)+len(text) > 200 || !utf8.ValidString(text) {
			return
		}
		a, b := Pattern(p), Pattern(q)
		if a.Covers(b) && b.Match(text) && !a.Match(text) {
			t.Fatalf("%q covers %q, which alone matches %q", p, q, text)
		}
		if a.Match(text) && b.Match(text) && !a.Overlaps(b) {
			t.Fatalf("%q and %q match %q and do not overlap", p, q, text)
		}
	})
}

// TestPatternBytes holds the matching of bytes against that of tokens, on all
// short patterns and texts of a few letters, one of several bytes.
func TestPatternBytes(t *testing.T) {
	texts := words([]string{"a", "b", "*", "?", "$", "é", "\xc3"}, 3)
	simple := 0
	for _, p := range texts {
		for _, s := range texts {
			var text []int32
			for rest := s; rest != ""; {
				token, n := literal(rest)
				text, rest = append(text, token), rest[n:]
			}
			if want := covers(Pattern(p).tokens(), text); Pattern(p).Match(s) != want {
				t.Fatalf("%q matches %q: want %v", p, s, want)
			}
			if Pattern(p).simple(s) {
				simple++
			}
			q := Pattern(s)
			if want := covers(Pattern(p).tokens(), q.tokens()); Pattern(p).Covers(q) != want {
				t.Fatalf("%q covers %q: want %v", p, s, want)
			}
		}
	}
	if simple == 0 {
		t.Error("no pattern was matched by its bytes")
	}
}

// words are all texts of up to n of the letters.
func words(letters []string, n int) []string {
	all, last := []string{""}, []string{""}
	for range n {
		var longer []string
		for _, w := range last {
			for _, l := range letters {
				longer = append(longer, w+l)
			}
		}
		all, last = append(all, longer...), longer
	}
	return all
}
