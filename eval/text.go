package eval

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// want is a value of a policy that a request's values are compared with.
type want struct {
	pattern iam.Pattern // as Version 2012-10-17 has it
	text    string      // the one that it matches
	one     bool        // it matches that text and no other
	open    bool        // it has variables, to be filled in
}

func readAll(values []string, version string, read func(value, version string) want) []want {
	var out []want
	for _, v := range values {
		out = append(out, read(v, version))
	}
	return out
}

// plainText is a value that is parsed: nothing in it has a special meaning.
func plainText(v, _ string) want { return want{pattern: iam.Pattern(v), text: v} }

// asText is a value in which wildcards are plain characters.
func asText(v, version string) want {
	return newWant(iam.Pattern(guarded(v, version != iam.Version2012)))
}

// asPattern is a value in which they are not.
func asPattern(v, version string) want { return newWant(in2012(iam.Pattern(v), version)) }

func newWant(p iam.Pattern) want {
	w := want{pattern: p, open: p.HasVariable()}
	w.text, w.one = p.Literal()
	return w
}

// asWord is a text of which there are several spellings.
func asWord(v, version string) want {
	w := asText(v, version)
	w.one = false
	return w
}

// asARN is a pattern that matches nothing where it is no ARN.
func asARN(v, version string) want {
	w := asPattern(v, version)
	w.one = false
	return w
}

func (w *want) filled(r *iam.Request) (iam.Pattern, tri) {
	if !w.open {
		return w.pattern, yes
	}
	return fillVariables(w.pattern, r)
}

// equals compares whole texts.
func equals(same func(a, b string) bool) compiler {
	return func(wants []want) (matcher, bool) {
		return func(have string, r *iam.Request) (tri, bool) {
			hit := no
			for i := range wants {
				hit = max(hit, wants[i].equals(have, same, r))
			}
			return hit, true
		}, true
	}
}

func (w *want) equals(have string, same func(a, b string) bool, r *iam.Request) tri {
	filled, known := w.filled(r)
	if known != yes {
		return known
	}
	text, _ := filled.Literal()
	return truth(same(have, text))
}

// like compares with patterns.
func like(matches func(p iam.Pattern, have string) bool) compiler {
	return func(wants []want) (matcher, bool) {
		return func(have string, r *iam.Request) (tri, bool) {
			hit := no
			for i := range wants {
				p, known := wants[i].filled(r)
				hit = max(hit, both(known, truth(matches(p, have))))
			}
			return hit, true
		}, true
	}
}

// arn compares with patterns, field by field.
func arn(wants []want) (matcher, bool) {
	match, _ := like(func(p iam.Pattern, have string) bool { return matchARN(p, iam.ARN(have)) })(wants)
	return func(have string, r *iam.Request) (tri, bool) {
		hit, _ := match(have, r)
		return hit, hasSixFields(have)
	}, !slices.ContainsFunc(wants, func(w want) bool { return !w.isARN() })
}

func hasSixFields(v string) bool { return strings.Count(v, ":") >= 5 }

// isARN: an ARN has six fields. Stars alone stand for any, and what a variable
// stands for is seen only when it is filled in.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators",
// section "Amazon Resource Name (ARN) condition operators".
func (w *want) isARN() bool {
	v := string(w.pattern)
	return hasSixFields(v) || v != "" && strings.Trim(v, "*") == "" || w.open
}

// boolean compares two truth values; another text is none. Variables may stand
// in the policy.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators",
// section "Boolean condition operators".
func boolean(wants []want) (matcher, bool) {
	same, _ := equals(strings.EqualFold)(wants)
	return func(have string, r *iam.Request) (tri, bool) {
		hit, _ := same(have, r)
		return hit, strings.EqualFold(have, "true") || strings.EqualFold(have, "false")
	}, true
}

// decoded is what a value of BinaryEquals stands for.
func decoded(text string) ([]byte, bool) {
	data, err := base64.StdEncoding.DecodeString(text)
	return data, err == nil
}
