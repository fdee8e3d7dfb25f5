package eval

import (
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/iam"
)

// family groups operators that see a value in the same way.
type family string

const (
	nullFamily   family = ""
	textFamily   family = "text" // with its spellings: ARNs, either case, truth values
	numberFamily family = "number"
	dateFamily   family = "date"
	ipFamily     family = "ip"
	binaryFamily family = "binary"
)

func familyOf(c *condition) family {
	name := strings.ToLower(c.source.Operator)
	switch {
	case c.null:
		return nullFamily
	case strings.Contains(name, "numeric"):
		return numberFamily
	case strings.Contains(name, "date"):
		return dateFamily
	case strings.Contains(name, "ipaddress"):
		return ipFamily
	case strings.Contains(name, "binary"):
		return binaryFamily
	}
	return textFamily
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
		f := familyOf(c)
		values[f] = append(values[f], c.source.Values...)
		whole = whole && (f != textFamily || c.exact() && !strings.Contains(strings.ToLower(c.source.Operator), "ignorecase"))
	}
	delete(values, nullFamily)
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

// ofType leaves what a key of the type can hold.
func ofType(t family, out []string, values map[family][]string, complete bool) ([]string, bool) {
	if t == textFamily {
		return []string{"true", "false"}, true // every key of the table that is text is a truth value
	}
	out = slices.DeleteFunc(out, func(v string) bool { return !fits[t](v) })
	for f := range values {
		complete = complete && (f == t || f == textFamily)
	}
	return append(out, map[family][]string{dateFamily: {"2026-01-01T00:00:00Z"}, numberFamily: {"1"}, ipFamily: {"192.0.2.1"}}[t]...), complete
}

// texts gives texts for each set of patterns that can match together.
func texts(key string, conditions []*condition) ([]string, bool) {
	var globs []glob
	for _, c := range conditions {
		if familyOf(c) != textFamily {
			continue
		}
		name := strings.ToLower(c.source.Operator)
		for _, v := range c.source.Values {
			switch {
			case strings.Contains(name, "arn"):
				// What has no six fields is no ARN and matches nothing.
				globs = append(globs, newGlob(iam.Pattern(v), true), newGlob("*:*:*:*:*:*", false))
			case strings.Contains(name, "like"):
				globs = append(globs, newGlob(iam.Pattern(v), false))
			case strings.Contains(name, "bool"):
				globs = append(globs, plainGlob("true", true), plainGlob("false", true), plainGlob(v, true))
			default:
				globs = append(globs, plainGlob(v, strings.Contains(name, "ignorecase")))
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
