package eval

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

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
	typed    *valueType // nil: every text will do
	test     func(have, want string, version string, r *iam.Request) tri
}

var operators = map[string]struct {
	negated bool
	test    func(have, want string, version string, r *iam.Request) tri
}{
	"stringequals":              {false, stringEquals},
	"stringnotequals":           {true, stringEquals},
	"stringequalsignorecase":    {false, stringEqualsFold},
	"stringnotequalsignorecase": {true, stringEqualsFold},
	"stringlike":                {false, stringLike},
	"stringnotlike":             {true, stringLike},
	"numericequals":             {false, number(func(c int) bool { return c == 0 })},
	"numericnotequals":          {true, number(func(c int) bool { return c == 0 })},
	"numericlessthan":           {false, number(func(c int) bool { return c < 0 })},
	"numericlessthanequals":     {false, number(func(c int) bool { return c <= 0 })},
	"numericgreaterthan":        {false, number(func(c int) bool { return c > 0 })},
	"numericgreaterthanequals":  {false, number(func(c int) bool { return c >= 0 })},
	"dateequals":                {false, date(func(c int) bool { return c == 0 })},
	"datenotequals":             {true, date(func(c int) bool { return c == 0 })},
	"datelessthan":              {false, date(func(c int) bool { return c < 0 })},
	"datelessthanequals":        {false, date(func(c int) bool { return c <= 0 })},
	"dategreaterthan":           {false, date(func(c int) bool { return c > 0 })},
	"dategreaterthanequals":     {false, date(func(c int) bool { return c >= 0 })},
	"bool":                      {false, boolean},
	"binaryequals":              {false, binary},
	"ipaddress":                 {false, ipAddress},
	"notipaddress":              {true, ipAddress},
	"arnequals":                 {false, arnLike},
	"arnlike":                   {false, arnLike},
	"arnnotequals":              {true, arnLike},
	"arnnotlike":                {true, arnLike},
}

func compileCondition(source iam.Condition) (condition, error) {
	c := condition{source: source}
	name := strings.ToLower(source.Operator)
	if rest, ok := strings.CutPrefix(name, "forallvalues:"); ok {
		c.forAll, name = true, rest
	} else if rest, ok := strings.CutPrefix(name, "foranyvalue:"); ok {
		c.forAny, name = true, rest
	}
	if name == "null" {
		c.null = true
		return c, nil
	}
	if rest, ok := strings.CutSuffix(name, "ifexists"); ok {
		c.ifExists, name = true, rest
	}
	op, ok := operators[name]
	if !ok {
		return c, fmt.Errorf("condition operator %q is not one of IAM's", source.Operator)
	}
	c.negated, c.test, c.typed = op.negated, op.test, typeOf(name)
	return c, nil
}

// valueType says which values of a request and of a policy an operator can
// compare.
type valueType struct{ request, policy func(string) bool }

func typeOf(operator string) *valueType {
	switch {
	case strings.HasPrefix(operator, "numeric"):
		return &valueType{isNumber, isNumber}
	case strings.HasPrefix(operator, "date"):
		return &valueType{isDate, isDate}
	case strings.HasSuffix(operator, "ipaddress"):
		return &valueType{isAddress, isRange}
	case strings.HasPrefix(operator, "arn"):
		return &valueType{hasSixFields, isARNPattern}
	}
	return nil
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

// holds evaluates the condition.
func (c *condition) holds(r *iam.Request, version string) tri {
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
	if c.forAll {
		result := yes
		for _, v := range values {
			result = both(result, c.one(v, r, version))
		}
		return result
	}
	if c.negated && !c.forAny {
		result := yes
		for _, v := range values {
			result = both(result, c.one(v, r, version))
		}
		return result
	}
	result := no
	for _, v := range values {
		result = max(result, c.one(v, r, version))
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
func (c *condition) one(have string, r *iam.Request, version string) tri {
	if c.typed != nil && !c.typed.request(have) {
		return no
	}
	result := no
	for _, want := range c.source.Values {
		if c.typed != nil && c.negated && !c.typed.policy(want) {
			return no
		}
		result = max(result, c.test(have, want, version, r))
	}
	if c.negated {
		return result.not()
	}
	return result
}

// expand puts variables into a condition value.
func expand(want, version string, r *iam.Request) (iam.Pattern, tri) {
	if version != iam.Version2012 {
		return iam.Pattern(strings.ReplaceAll(want, "${", "${$}{")), yes
	}
	p := iam.Pattern(want)
	if !p.HasVariable() {
		return p, yes
	}
	return fillVariables(p, r)
}

func stringEquals(have, want, version string, r *iam.Request) tri {
	text, known := literal(want, version, r)
	if known != yes {
		return known
	}
	return truth(have == text)
}

func stringEqualsFold(have, want, version string, r *iam.Request) tri {
	text, known := literal(want, version, r)
	if known != yes {
		return known
	}
	return truth(strings.EqualFold(have, text))
}

// literal expands a value in which wildcards are plain characters.
func literal(want, version string, r *iam.Request) (string, tri) {
	if version != iam.Version2012 || !strings.Contains(want, "${") {
		return want, yes
	}
	p, known := expand(guarded(want, false), version, r)
	text, _ := p.Literal()
	text = strings.NewReplacer("${*}", "*", "${?}", "?", "${$}", "$").Replace(text)
	return text, known
}

func stringLike(have, want, version string, r *iam.Request) tri {
	p, known := expand(want, version, r)
	return both(known, truth(matchText(p, have)))
}

func arnLike(have, want, version string, r *iam.Request) tri {
	p, known := expand(want, version, r)
	return both(known, truth(p == "*" || matchARN(p, iam.ARN(have))))
}

func number(holds func(int) bool) func(have, want, version string, r *iam.Request) tri {
	return func(have, want, _ string, _ *iam.Request) tri {
		order, ok := compareNumbers(have, want)
		return truth(ok && holds(order))
	}
}

func date(holds func(int) bool) func(have, want, version string, r *iam.Request) tri {
	return func(have, want, _ string, _ *iam.Request) tri {
		h, ok1 := parseDate(have)
		w, ok2 := parseDate(want)
		return truth(ok1 && ok2 && holds(h.Compare(w)))
	}
}

// parseDate reads a W3C ISO 8601 date or seconds since 1970.
func parseDate(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01", "2006"} {
		if layout == "2006" && len(text) != 4 {
			continue
		}
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	if n, ok := parseNumber(text); ok && n.IsInt() && n.Num().IsInt64() {
		return time.Unix(n.Num().Int64(), 0), true
	}
	return time.Time{}, false
}

func isDate(text string) bool { _, ok := parseDate(text); return ok }

// boolean compares two truth values; another text is none. Variables may stand
// in the policy.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators",
// section "Boolean condition operators".
func boolean(have, want, version string, r *iam.Request) tri {
	if !strings.EqualFold(have, "true") && !strings.EqualFold(have, "false") {
		return no
	}
	return stringEqualsFold(have, want, version, r)
}

func binary(have, want, _ string, _ *iam.Request) tri {
	h, err1 := base64.StdEncoding.DecodeString(have)
	w, err2 := base64.StdEncoding.DecodeString(want)
	return truth(err1 == nil && err2 == nil && bytes.Equal(h, w))
}

func ipAddress(have, want, _ string, _ *iam.Request) tri {
	addr, err := netip.ParseAddr(have)
	prefix, ok := parseRange(want)
	return truth(err == nil && ok && prefix.Contains(addr.Unmap()))
}

// parseRange reads a CIDR range or a single address, which is a range of one.
func parseRange(text string) (netip.Prefix, bool) {
	if strings.Contains(text, "/") {
		prefix, err := netip.ParsePrefix(text)
		return prefix.Masked(), err == nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	addr = addr.Unmap()
	return netip.PrefixFrom(addr, addr.BitLen()), true
}

func isRange(text string) bool { _, ok := parseRange(text); return ok }

func isAddress(text string) bool { _, err := netip.ParseAddr(text); return err == nil }
