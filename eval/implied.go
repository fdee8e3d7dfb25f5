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
		if !slices.ContainsFunc(n.conditions, func(nc condition) bool { return narrower(&nc, &o.conditions[i]) }) {
			return false
		}
	}
	return true
}

// narrower: a request that meets nc meets oc. Both are about one key with the
// same set operator, and each value that nc lets through, oc does.
func narrower(nc, oc *condition) bool {
	if !strings.EqualFold(nc.source.Key, oc.source.Key) || nc.forAll != oc.forAll || nc.forAny != oc.forAny ||
		nc.null != oc.null || nc.negated != oc.negated || lets(nc) && !lets(oc) {
		return false
	}
	narrow, wide := nc, oc
	if oc.negated { // what matches none of nc's values matches none of oc's
		narrow, wide = oc, nc
	}
	same := strings.EqualFold(nc.source.Operator, oc.source.Operator)
	if oc.null && len(nc.wants) != len(oc.wants) {
		return false
	}
	return !slices.ContainsFunc(narrow.wants, func(v want) bool {
		return !slices.ContainsFunc(wide.wants, func(w want) bool {
			return same && v.pattern == w.pattern || textCovers(wide.family, narrow.family, w.pattern, v.pattern)
		})
	})
}

// lets: the condition holds where its key is missing.
func lets(c *condition) bool { return c.ifExists || c.forAll || c.negated && !c.forAny }

// textCovers: what matches the value v of one condition matches w of another.
// A policy variable stands for the same text in both.
func textCovers(wide, narrow family, w, v iam.Pattern) bool {
	switch {
	case wide == foldedFamily && (narrow == textFamily || narrow == foldedFamily):
		return strings.EqualFold(string(w), string(v))
	case wide == arnFamily && narrow == arnFamily:
		return coversARN(w, v)
	case wide != textFamily && wide != patternFamily || narrow != textFamily && narrow != patternFamily:
		return false
	}
	return masked(w).Covers(masked(v))
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
