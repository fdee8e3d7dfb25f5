package eval

import (
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// family groups operators that see a value in the same way.
type family string

const (
	nullFamily    family = ""
	textFamily    family = "text"
	foldedFamily  family = "text in either case"
	patternFamily family = "pattern"
	arnFamily     family = "ARN"
	truthFamily   family = "truth value"
	numberFamily  family = "number"
	dateFamily    family = "date"
	ipFamily      family = "address"
	binaryFamily  family = "binary"
)

// group takes together what compares the spelling of a value.
func (f family) group() family {
	switch f {
	case foldedFamily, patternFamily, arnFamily, truthFamily:
		return textFamily
	}
	return f
}

// typedKeys are the global keys whose values AWS itself writes in one type, so
// that no other text can stand there.
//
// Source: IAM User Guide, "AWS global condition context keys", the "Data type"
// of each.
var typedKeys = map[string]family{
	"aws:currenttime": dateFamily, "aws:epochtime": dateFamily, "aws:tokenissuetime": dateFamily,
	"aws:multifactorauthage": numberFamily,
	"aws:sourceip":           ipFamily, "aws:vpcsourceip": ipFamily,
	"aws:securetransport": textFamily, "aws:multifactorauthpresent": textFamily, "aws:viaawsservice": textFamily,
	"aws:principalisawsservice": textFamily,
}

// candidates gives values among which each way to meet or miss the conditions
// is found, and whether that is certain. Beside operators of another family only
// those on whole texts are gone through; else values are tried, but prove
// nothing.
func candidates(key string, conditions []*condition) ([]string, bool) {
	values := map[family][]string{}
	whole := true
	for _, c := range conditions {
		f := c.family.group()
		values[f] = append(values[f], c.source.Values...)
		whole = whole && (f != textFamily || c.whole())
	}
	delete(values, nullFamily)
	if key == "aws:epochtime" {
		out, all := epochs(values[dateFamily], values[numberFamily])
		delete(values, dateFamily)
		delete(values, numberFamily)
		for _, v := range values[textFamily] {
			if _, ok := smallNumber(v); ok {
				out = append(out, v)
			}
		}
		return out, all && whole
	}
	out, complete := numbers(values[numberFamily])
	more, all := dates(values[dateFamily])
	out, complete = append(out, more...), complete && all
	out = append(out, addresses(values[ipFamily])...)
	out = append(out, values[binaryFamily]...)
	t, typed := typedKeys[key]
	if values[textFamily] != nil {
		if !typed {
			out = append(out, respelled(out)...)
		}
		more, all = texts(key, conditions)
		out, complete = append(out, more...), complete && all
	}
	complete = complete && (len(values) <= 1 || len(values) == 2 && values[textFamily] != nil && whole)
	if typed {
		return ofType(t, out, values, complete)
	}
	return append(out, "sample", ""), complete
}

// respelled writes numbers, dates and addresses so that they are the same to
// their operators and other texts than any policy is likely to hold.
func respelled(values []string) []string {
	var out []string
	for _, v := range values {
		address, err := netip.ParseAddr(v)
		switch _, number := parseNumber(v); {
		case number && strings.Contains(v, "."):
			out = append(out, v+"000")
		case number:
			out = append(out, v+".000")
		case err == nil && address.Is4():
			out = append(out, "::ffff:"+v)
		case err == nil:
			out = append(out, address.StringExpanded())
		case strings.HasSuffix(v, "Z"):
			out = append(out, strings.TrimSuffix(v, "Z")+"+00:00")
		}
	}
	return out
}

// fits says whether a value is of a family.
var fits = map[family]func(string) bool{dateFamily: isDate, numberFamily: isNumber, ipFamily: isAddress}

// typical are values of a family that are tried beside those of the conditions.
var typical = map[family][]string{
	dateFamily:   {"2026-01-01T00:00:00Z", "2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z"},
	numberFamily: {"1", "3", "1000000"},
	ipFamily:     {"192.0.2.1", "2001:db8::1"},
}

// epochs: the second of each value and those beside it. aws:EpochTime counts
// whole seconds, which are compared as dates or as numbers.
//
// Source: IAM User Guide, "AWS global condition context keys", section
// "aws:EpochTime".
func epochs(dates, numbers []string) ([]string, bool) {
	seconds, all := []int64{0}, true
	for _, v := range dates {
		if t, ok := parseDate(v); ok {
			seconds = append(seconds, t.Unix())
		}
	}
	for _, v := range numbers {
		if n, ok := parseNumber(v); ok {
			whole, fits := n.integer()
			seconds, all = append(seconds, whole), all && fits
		}
	}
	var out []string
	for _, s := range seconds {
		out = append(out, fmt.Sprint(s-1), fmt.Sprint(s), fmt.Sprint(s+1))
	}
	return out, all
}

// ofType leaves what a key of the type can hold.
func ofType(t family, out []string, values map[family][]string, complete bool) ([]string, bool) {
	if t == textFamily {
		return []string{"true", "false"}, true // every key of the table that is text is a truth value
	}
	out = slices.DeleteFunc(out, func(v string) bool { return !fits[t](v) })
	for f := range values {
		complete = complete && (f == t || f == textFamily)
	}
	return append(out, typical[t]...), complete
}

// texts gives texts for each set of patterns that can match together.
func texts(key string, conditions []*condition) ([]string, bool) {
	var globs []glob
	for _, c := range conditions {
		for _, w := range c.wants {
			switch c.family {
			case arnFamily:
				// What has no six fields is no ARN and matches nothing.
				globs = append(globs, newGlob(w.pattern, true), newGlob("*:*:*:*:*:*", false))
			case patternFamily:
				globs = append(globs, newGlob(w.pattern, false))
			case truthFamily:
				globs = append(globs, plainGlob("true", true), plainGlob("false", true), plainGlob(w.text, true))
			case textFamily, foldedFamily:
				globs = append(globs, plainGlob(w.text, c.family == foldedFamily))
			}
		}
	}
	found, all := matchings(globs, "", 0, nil)
	if key == "aws:principalarn" { // its last field has no colon
		found, all = matchings(globs, "arn:", 6, func(colons int, open bool) bool { return colons == 5 && !open })
	}
	var out []string
	for _, m := range found {
		out = append(out, m.text)
	}
	return out, all
}

// numbers: each value, one below all, and one above each.
func numbers(values []string) ([]string, bool) {
	var sorted []*big.Rat
	for _, v := range values {
		if n, ok := parseNumber(v); ok {
			sorted = append(sorted, n.rat())
		}
	}
	slices.SortFunc(sorted, (*big.Rat).Cmp)
	var out []*big.Rat
	one, half := big.NewRat(1, 1), big.NewRat(1, 2)
	for i, n := range sorted {
		if i == 0 {
			out = append(out, new(big.Rat).Sub(n, one))
		}
		next := new(big.Rat).Add(n, one)
		if i+1 < len(sorted) {
			next = new(big.Rat).Add(n, sorted[i+1])
			next.Mul(next, half)
		}
		out = append(out, n, next)
	}
	return spelled(out)
}

// spelled writes the numbers so that they are read back as they are; it
// reports false if one cannot be.
func spelled(numbers []*big.Rat) ([]string, bool) {
	var out []string
	all := true
	for _, n := range numbers {
		text := n.RatString()
		if !n.IsInt() {
			text = strings.TrimRight(n.FloatString(40), "0")
		}
		back, ok := parseNumber(text)
		all = all && ok && back.rat().Cmp(n) == 0
		out = append(out, text)
	}
	return out, all
}

// dates: each value, the nanoseconds around it, in which no other can lie, and
// whether all of them can be written.
func dates(values []string) ([]string, bool) {
	var out []string
	all := true
	for _, v := range values {
		t, ok := parseDate(v)
		if !ok {
			continue
		}
		for _, d := range []time.Duration{-1, 0, 1} {
			text := t.Add(d).UTC().Format(time.RFC3339Nano)
			if _, ok := parseDate(text); !ok {
				text, all = fmt.Sprint(t.Unix()), false
			}
			out = append(out, text)
		}
	}
	return out, all
}

// addresses: the ends of every range, just inside and just outside.
func addresses(values []string) []string {
	if values == nil {
		return nil
	}
	out := []string{"0.0.0.0", "255.255.255.255", "::", "ffff::"}
	for _, v := range values {
		p, ok := parseRange(v)
		if !ok {
			continue
		}
		first, last := p.Masked().Addr(), lastOf(p)
		for _, a := range []netip.Addr{first, last, first.Prev(), last.Next()} {
			if a.IsValid() {
				out = append(out, a.String())
			}
		}
	}
	return out
}

func lastOf(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < 8*len(b); i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
