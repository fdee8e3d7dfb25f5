package eval

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// impliedBy: whatever meets n's conditions meets o's, because each condition
// of o follows from one of n.
func impliedBy(o, n *statement) bool {
	for i := range o.conditions {
		oc := &o.conditions[i]
		if !slices.ContainsFunc(n.conditions, func(nc condition) bool { return o.version == n.version && narrower(&nc, oc, n.version) }) {
			return false
		}
	}
	return true
}

// narrower: a request that meets nc meets oc. Both are about one key with the
// same set operator, and each value that nc lets through, oc does.
func narrower(nc, oc *condition, version string) bool {
	if !strings.EqualFold(nc.source.Key, oc.source.Key) || nc.forAll != oc.forAll || nc.forAny != oc.forAny ||
		nc.null != oc.null || nc.negated != oc.negated {
		return false
	}
	if lets(nc) && !lets(oc) {
		return false
	}
	few, many := nc.source.Values, oc.source.Values
	if oc.negated { // what matches none of nc's values matches none of oc's
		few, many = many, few
	}
	if strings.EqualFold(nc.source.Operator, oc.source.Operator) && len(few) > 0 && !slices.ContainsFunc(few, func(v string) bool { return !slices.Contains(many, v) }) {
		return !oc.null || len(nc.source.Values) == len(oc.source.Values)
	}
	narrow, wide := nc, oc
	if oc.negated {
		narrow, wide = oc, nc
	}
	return len(few) > 0 && !slices.ContainsFunc(few, func(v string) bool {
		return !slices.ContainsFunc(many, func(w string) bool { return textCovers(wide, w, narrow, v, version) })
	})
}

// lets: the condition holds where its key is missing.
func lets(c *condition) bool { return c.ifExists || c.forAll || c.negated && !c.forAny }

// textCovers: what matches the value v of one condition matches w of another.
// A policy variable stands for the same text in both.
func textCovers(wide *condition, w string, narrow *condition, v, version string) bool {
	p, arn, ok1 := asPattern(wide, w, version)
	q, narrowARN, ok2 := asPattern(narrow, v, version)
	switch {
	case !ok1 || !ok2 || arn != narrowARN:
		return false
	case arn:
		return coversARN(p, q)
	}
	return masked(p).Covers(masked(q))
}

// asPattern is the pattern of a value of a string or ARN operator. It reports
// false for operators that compare otherwise.
func asPattern(c *condition, v, version string) (p iam.Pattern, arn, ok bool) {
	name := strings.ToLower(c.source.Operator)
	switch {
	case strings.Contains(name, "ignorecase") || c.null || familyOf(c) != textFamily || strings.Contains(name, "bool"):
		return "", false, false
	case !strings.Contains(name, "like") && !strings.Contains(name, "arn"):
		return iam.Pattern(guarded(v, version != iam.Version2012)), false, true
	}
	return in2012(iam.Pattern(v), version), strings.Contains(name, "arn"), true
}

// coversARN is [iam.Pattern.CoversARN] where variables may stand behind the
// fifth colon: in front of it a value with a colon would move the fields.
func coversARN(p, q iam.Pattern) bool {
	for _, pattern := range []iam.Pattern{p, q} {
		fields, ok := pattern.Segments()
		if !pattern.HasVariable() {
			continue
		}
		if !ok || slices.ContainsFunc(fields[:5], iam.Pattern.HasVariable) {
			return p == q
		}
	}
	return masked(p).CoversARN(masked(q))
}
