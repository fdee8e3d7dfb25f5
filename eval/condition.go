package eval

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// condition is one operator, key and value list, its operator taken apart.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and
// "Multivalued context keys".
type condition struct {
	source   iam.Condition
	forAll   bool // ForAllValues:
	forAny   bool // ForAnyValue:
	ifExists bool
	negated  bool // StringNotEquals and kin: none of the values may match
	null     bool
	family   family
	wants    []want
	match    matcher
}

// matcher tests one value of a request against the policy's values: whether any
// of them fits. It reports false where the value is not of the operator's type.
type matcher func(have string, r *iam.Request) (hit tri, typed bool)

var mistyped matcher = func(string, *iam.Request) (tri, bool) { return no, false }

// compiler makes the matcher of a policy's values, once. It reports false if one
// of them is not of the operator's type.
type compiler func(wants []want) (matcher, bool)

// operator is how a condition operator reads and compares values.
type operator struct {
	family  family
	read    func(value, version string) want
	compile compiler
}

var (
	sameText   = operator{textFamily, asText, equals(func(a, b string) bool { return a == b })}
	sameFolded = operator{foldedFamily, asWord, equals(strings.EqualFold)}
	likeText   = operator{patternFamily, asPattern, like(matchText)}
	likeARN    = operator{arnFamily, asARN, arn}
	sameTruth  = operator{truthFamily, asWord, boolean}
	sameBytes  = operator{binaryFamily, plainText, parsed(decoded, decoded, bytes.Equal)}
	inNetwork  = operator{ipFamily, plainText, parsed(parseAddress, parseRange, inRange)}
)

func equal(order int) bool       { return order == 0 }
func less(order int) bool        { return order < 0 }
func lessOrEqual(order int) bool { return order <= 0 }
func more(order int) bool        { return order > 0 }
func moreOrEqual(order int) bool { return order >= 0 }

var operators = map[string]operator{
	"stringequals":             sameText,
	"stringequalsignorecase":   sameFolded,
	"stringlike":               likeText,
	"numericequals":            number(equal),
	"numericlessthan":          number(less),
	"numericlessthanequals":    number(lessOrEqual),
	"numericgreaterthan":       number(more),
	"numericgreaterthanequals": number(moreOrEqual),
	"dateequals":               date(equal),
	"datelessthan":             date(less),
	"datelessthanequals":       date(lessOrEqual),
	"dategreaterthan":          date(more),
	"dategreaterthanequals":    date(moreOrEqual),
	"bool":                     sameTruth,
	"binaryequals":             sameBytes,
	"ipaddress":                inNetwork,
	"arnequals":                likeARN,
	"arnlike":                  likeARN,
}

// negations are the operators that hold where another does not.
var negations = map[string]operator{
	"stringnotequals":           sameText,
	"stringnotequalsignorecase": sameFolded,
	"stringnotlike":             likeText,
	"numericnotequals":          number(equal),
	"datenotequals":             date(equal),
	"notipaddress":              inNetwork,
	"arnnotequals":              likeARN,
	"arnnotlike":                likeARN,
}

func compileCondition(source iam.Condition, version string) (condition, error) {
	c := condition{source: source}
	name := strings.ToLower(source.Operator)
	if rest, ok := strings.CutPrefix(name, "forallvalues:"); ok {
		c.forAll, name = true, rest
	} else if rest, ok := strings.CutPrefix(name, "foranyvalue:"); ok {
		c.forAny, name = true, rest
	}
	if name == "null" {
		c.null = true
		c.wants = readAll(source.Values, version, plainText)
		return c, nil
	}
	if rest, ok := strings.CutSuffix(name, "ifexists"); ok {
		c.ifExists, name = true, rest
	}
	op, ok := operators[name]
	if !ok {
		if op, c.negated = negations[name]; !c.negated {
			return c, fmt.Errorf("condition operator %q is not one of IAM's", source.Operator)
		}
	}
	var allTyped bool
	c.family, c.wants = op.family, readAll(source.Values, version, op.read)
	if c.match, allTyped = op.compile(c.wants); c.negated && !allTyped {
		c.match = mistyped
	}
	return c, nil
}

// parsed compares values of a type: a policy's are parsed here, a request's
// when they come.
func parsed[H, W any](have func(string) (H, bool), parse func(string) (W, bool), holds func(H, W) bool) compiler {
	return func(values []want) (matcher, bool) {
		var wants []W
		for i := range values {
			if w, ok := parse(values[i].text); ok {
				wants = append(wants, w)
			}
		}
		return func(text string, _ *iam.Request) (tri, bool) {
			h, ok := have(text)
			return truth(ok && slices.ContainsFunc(wants, func(w W) bool { return holds(h, w) })), ok
		}, len(wants) == len(values)
	}
}

// holds evaluates the condition.
func (c *condition) holds(r *iam.Request) tri {
	if isUnknown(r, c.source.Key) {
		return maybe
	}
	values, present := r.Context.Get(c.source.Key)
	if c.null {
		return c.isNull(present && !onlyEmpty(values))
	}
	if !present || len(values) == 0 || (c.forAll || c.forAny) && onlyEmpty(values) {
		// A missing key fails a condition, but not a negated one, nor
		// IfExists, nor ForAllValues, which holds for no values.
		return truth(c.ifExists || c.forAll || c.negated && !c.forAny)
	}
	if c.forAll || c.negated && !c.forAny {
		result := yes
		for _, v := range values {
			result = both(result, c.one(v, r))
		}
		return result
	}
	result := no
	for _, v := range values {
		result = max(result, c.one(v, r))
	}
	return result
}

// isNull: Null is true for a key that is not there or whose value is null,
// which is the empty string. Of several values one has to fit.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition", section "The
// request context", and "Condition operator to check existence of condition
// keys".
func (c *condition) isNull(present bool) tri {
	result := no
	for _, v := range c.source.Values {
		result = max(result, truth(strings.EqualFold(v, "true") != present))
	}
	return result
}

// onlyEmpty: to set operators an empty string is no value.
//
// Source: IAM User Guide, "Set operators for multivalued context keys".
func onlyEmpty(values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return v != "" })
}

// one tests one value of the request against the policy's values: OR between
// them, and for a negated operator none of them. A value that is not of the
// operator's type, on either side, fails the condition, negated or not.
//
// Source: Service Authorization Reference, "Actions, resources, and condition
// keys for AWS services", "Condition keys table": with an operator that does
// not fit the type "the match always fails".
func (c *condition) one(have string, r *iam.Request) tri {
	hit, typed := c.match(have, r)
	switch {
	case !typed:
		return no
	case c.negated:
		return hit.not()
	}
	return hit
}
