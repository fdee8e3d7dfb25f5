package eval

import (
	"strings"

	"github.com/pruner/pruner/iam"
)

// in2012 makes a pattern mean in Version 2012-10-17 what it means in its own:
// before, "${" was plain text.
func in2012(p iam.Pattern, version string) iam.Pattern {
	if version == iam.Version2012 {
		return p
	}
	return iam.Pattern(strings.ReplaceAll(string(p), "${", "${$}{"))
}

// piece is a text and the "${name}" behind it, which is "" behind the last.
type piece struct{ text, variable string }

// pieces cuts a pattern at its variables and escapes. What does not close is
// text.
func pieces(p iam.Pattern) []piece {
	var out []piece
	rest := string(p)
	for {
		text, after, _ := strings.Cut(rest, "${")
		name, behind, closed := cutVariable(after)
		if !closed {
			return append(out, piece{rest, ""})
		}
		out, rest = append(out, piece{text, "${" + name + "}"}), behind
	}
}

func isEscape(variable string) bool {
	return variable == "${*}" || variable == "${?}" || variable == "${$}"
}

// fillVariables puts the request's values in for policy variables. A variable
// without a value makes the element match nothing, unless it has a default.
//
// Source: IAM User Guide, "IAM policy elements: Variables and tags".
func fillVariables(p iam.Pattern, r *iam.Request) (iam.Pattern, tri) {
	var b strings.Builder
	known := yes
	for _, piece := range pieces(p) {
		v := piece.variable
		b.WriteString(piece.text)
		if v == "" || isEscape(v) {
			b.WriteString(v)
			continue
		}
		value, state := variable(v[2:len(v)-1], r)
		known = both(known, state)
		b.WriteString(value)
	}
	return iam.Pattern(b.String()), known
}

// cutVariable cuts behind the closing brace; one inside a quoted default value
// is text.
func cutVariable(s string) (name, rest string, ok bool) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '\'':
			quoted = !quoted
		case s[i] == '}' && !quoted:
			return s[:i], s[i+1:], true
		}
	}
	return "", s, false
}

func variable(name string, r *iam.Request) (string, tri) {
	key, rest, hasDefault := strings.Cut(name, ",")
	key = strings.TrimSpace(key)
	values, present := r.Context.Get(key)
	switch {
	case isUnknown(r, key):
		return "*", maybe
	case present && len(values) == 1:
		return string(iam.Escape(values[0])), yes
	case hasDefault:
		return string(iam.Escape(strings.Trim(strings.TrimSpace(rest), "'"))), yes
	}
	return "", no
}

// isUnknown reports whether the request names the key as unknown; "*" names
// every key that it does not give.
func isUnknown(r *iam.Request, key string) bool {
	for _, u := range r.Unknown {
		if strings.EqualFold(u, key) {
			return true
		}
		if _, given := r.Context.Get(key); u == "*" && !given {
			return true
		}
	}
	return false
}

// guarded makes the wildcards of a value plain characters, and with plain its
// variables too.
func guarded(v string, plain bool) string {
	if plain {
		return string(iam.Escape(v))
	}
	var b strings.Builder
	for _, piece := range pieces(iam.Pattern(v)) {
		b.WriteString(string(iam.Escape(piece.text)) + piece.variable)
	}
	return b.String()
}

// masked makes a variable plain text that no policy can hold.
//
// Source: IAM User Guide, "IAM and AWS STS quotas", section "IAM name
// requirements": documents are made of \u0009, \u000A, \u000D and \u0020-\u00FF.
func masked(p iam.Pattern) iam.Pattern {
	var b strings.Builder
	for _, piece := range pieces(p) {
		v := piece.variable
		b.WriteString(piece.text)
		if v != "" && !isEscape(v) {
			v = "\ue002" + string(iam.Escape(v))
		}
		b.WriteString(v)
	}
	return iam.Pattern(b.String())
}

// starVariables puts `*` for every variable: what the pattern can match at
// most. A variable's value may hold colons, so a field with one is opened.
func starVariables(p iam.Pattern) iam.Pattern {
	var b strings.Builder
	for _, piece := range pieces(p) {
		v := piece.variable
		b.WriteString(piece.text)
		if v != "" && !isEscape(v) {
			v = "*"
		}
		b.WriteString(v)
	}
	return iam.Pattern(b.String())
}

// variablesOf lists the keys of a pattern's variables.
func variablesOf(p iam.Pattern) []string {
	var out []string
	for _, piece := range pieces(p) {
		if v := piece.variable; v != "" && !isEscape(v) {
			key, _, _ := strings.Cut(v[2:len(v)-1], ",")
			out = append(out, strings.TrimSpace(key))
		}
	}
	return out
}
