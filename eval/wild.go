package eval

import (
	"strings"

	"github.com/pruner/pruner/iam"
)

// matchText is [iam.Pattern.Match] without an allocation for patterns that
// hold no escape, which is nearly all.
func matchText(p iam.Pattern, s string) bool {
	if strings.Contains(string(p), "${") {
		return p.Match(s)
	}
	return wild(string(p), s)
}

// matchARN is [iam.Pattern.MatchARN], likewise.
func matchARN(p iam.Pattern, a iam.ARN) bool {
	pattern, text := string(p), string(a)
	if strings.Contains(pattern, "${") || strings.Count(pattern, ":") < 5 || strings.Count(text, ":") < 5 {
		return p.MatchARN(a) // not six fields: one text
	}
	for range 5 {
		field, rest, _ := strings.Cut(pattern, ":")
		have, tail, _ := strings.Cut(text, ":")
		if !wild(field, have) {
			return false
		}
		pattern, text = rest, tail
	}
	return wild(pattern, text)
}

// wild matches greedily with one point to come back to: O(n·m) at worst.
func wild(p, s string) bool {
	i, j, star, mark := 0, 0, -1, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == s[j] || p[i] == '?'):
			i, j = i+1, j+1
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(p[i:], "*") == ""
}
