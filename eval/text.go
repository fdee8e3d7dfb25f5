package eval

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// want is a text of a policy that a request's text is compared with.
type want struct {
	pattern iam.Pattern
	text    string // the one that the pattern matches, if it matches one
	open    bool   // it has variables, to be filled in
}

func newWant(p iam.Pattern) want {
	text, _ := p.Literal()
	return want{p, text, p.HasVariable()}
}

func (w *want) filled(r *iam.Request) (iam.Pattern, tri) {
	if !w.open {
		return w.pattern, yes
	}
	return fillVariables(w.pattern, r)
}

// equals compares whole texts; wildcards are plain characters.
func equals(same func(a, b string) bool) compiler {
	return func(values []string, version string) (matcher, bool) {
		var wants []want
		for _, v := range values {
			wants = append(wants, newWant(iam.Pattern(guarded(v, version != iam.Version2012))))
		}
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
	if !w.open {
		return truth(same(have, w.text))
	}
	filled, known := w.filled(r)
	if known != yes {
		return known
	}
	text, _ := filled.Literal()
	return truth(same(have, text))
}

// like compares with patterns.
func like(matches func(p iam.Pattern, have string) bool) compiler {
	return func(values []string, version string) (matcher, bool) {
		var wants []want
		for _, v := range values {
			wants = append(wants, newWant(in2012(iam.Pattern(v), version)))
		}
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
func arn(values []string, version string) (matcher, bool) {
	match, _ := like(func(p iam.Pattern, have string) bool { return matchARN(p, iam.ARN(have)) })(values, version)
	return func(have string, r *iam.Request) (tri, bool) {
		hit, _ := match(have, r)
		return hit, hasSixFields(have)
	}, !slices.ContainsFunc(values, func(v string) bool { return !isARNPattern(v) })
}

func hasSixFields(v string) bool { return strings.Count(v, ":") >= 5 }

// isARNPattern: an ARN has six fields. Stars alone stand for any, and what a
// variable stands for is seen only when it is filled in.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators",
// section "Amazon Resource Name (ARN) condition operators".
func isARNPattern(v string) bool {
	return hasSixFields(v) || v != "" && strings.Trim(v, "*") == "" || strings.Contains(v, "${")
}

// boolean compares two truth values; another text is none. Variables may stand
// in the policy.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators",
// section "Boolean condition operators".
func boolean(values []string, version string) (matcher, bool) {
	same, _ := equals(strings.EqualFold)(values, version)
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
