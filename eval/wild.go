package eval

import (
	"strings"
	"unicode/utf8"

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

// wild matches greedily with one point to come back to: O(n·m) at worst. A `?`
// is one character, however many bytes it takes.
//
// Source: IAM User Guide, "IAM JSON policy elements: Resource", section "Using
// wildcards in resource ARNs".
func wild(p, s string) bool {
	i, j, star, mark := 0, 0, -1, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && p[i] == '?':
			i, j = i+1, j+width(s[j:])
		case i < len(p) && p[i] == s[j]:
			i, j = i+1, j+1
		case star >= 0:
			mark += width(s[mark:])
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(p[i:], "*") == ""
}

// width is the length of the first character in bytes.
func width(s string) int {
	if s[0] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}
