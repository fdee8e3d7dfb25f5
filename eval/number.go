package eval

import (
	"cmp"
	"math/big"
	"regexp"
)

var numeral = regexp.MustCompile(`^[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?$`)

// parseNumber reads an integer or decimal numeral and nothing behind it
// ("10abc" is no number). Lengths are bounded: the text may come from anyone.
func parseNumber(text string) (*big.Rat, bool) {
	if !numeral.MatchString(text) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

func isNumber(text string) bool {
	if _, ok := smallNumber(text); ok {
		return true
	}
	_, ok := parseNumber(text)
	return ok
}

// compareNumbers orders two numerals; it reports false if one is none.
func compareNumbers(a, b string) (int, bool) {
	x, ok1 := smallNumber(a)
	y, ok2 := smallNumber(b)
	if ok1 && ok2 {
		return cmp.Compare(x, y), true
	}
	p, ok1 := parseNumber(a)
	q, ok2 := parseNumber(b)
	if !ok1 || !ok2 {
		return 0, false
	}
	return p.Cmp(q), true
}

// smallNumber reads plain integers of up to 18 digits, nearly all there are,
// without allocating.
func smallNumber(text string) (int64, bool) {
	if text == "" || len(text) > 18 {
		return 0, false
	}
	var n int64
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		n = 10*n + int64(text[i]-'0')
	}
	return n, true
}
