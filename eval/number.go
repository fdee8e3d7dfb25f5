package eval

import (
	"cmp"
	"math/big"
	"regexp"
)

func number(holds func(order int) bool) operator {
	return operator{numberFamily, plainText, parsed(parseNumber, parseNumber, func(have, want numeral) bool { return holds(have.compare(want)) })}
}

// numeral is a number: exact, or where that is nil small.
type numeral struct {
	small int64
	exact *big.Rat
}

var written = regexp.MustCompile(`^[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?$`)

// parseNumber reads an integer or decimal numeral and nothing behind it
// ("10abc" is no number). Lengths are bounded: the text may come from anyone.
func parseNumber(text string) (numeral, bool) {
	if n, ok := smallNumber(text); ok {
		return numeral{small: n}, true
	}
	if !written.MatchString(text) {
		return numeral{}, false
	}
	n, ok := new(big.Rat).SetString(text)
	return numeral{exact: n}, ok
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

func (n numeral) compare(m numeral) int {
	if n.exact == nil && m.exact == nil {
		return cmp.Compare(n.small, m.small)
	}
	return n.rat().Cmp(m.rat())
}

func (n numeral) rat() *big.Rat {
	if n.exact != nil {
		return n.exact
	}
	return big.NewRat(n.small, 1)
}

// integer reports false where the number is none, or none of 64 bits.
func (n numeral) integer() (int64, bool) {
	if n.exact == nil {
		return n.small, true
	}
	return n.exact.Num().Int64(), n.exact.IsInt() && n.exact.Num().IsInt64()
}
