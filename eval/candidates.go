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
	secondFamily  family = "seconds"
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
// that no other text can stand there. Those of secondFamily count whole seconds,
// which are compared as dates or as numbers.
//
// Source: IAM User Guide, "AWS global condition context keys", the "Data type"
// of each.
var typedKeys = map[string]family{
	"aws:currenttime": dateFamily, "aws:tokenissuetime": dateFamily,
	"aws:epochtime": secondFamily, "aws:multifactorauthage": secondFamily,
	"aws:sourceip": ipFamily, "aws:vpcsourceip": ipFamily,
	"aws:securetransport": truthFamily, "aws:multifactorauthpresent": truthFamily, "aws:viaawsservice": truthFamily,
	"aws:principalisawsservice": truthFamily,
}

// candidates gives values among which each way to meet or miss the conditions
// is found, and whether that is certain.
func candidates(key string, conditions []*condition) ([]string, bool) {
	values, whole := map[family][]string{}, true
	for _, c := range conditions {
		f := c.family.group()
		values[f] = append(values[f], c.source.Values...)
		whole = whole && (f != textFamily || c.whole())
	}
	delete(values, nullFamily)
	if t, typed := typedKeys[key]; typed {
		out, complete := ofType(t, values)
		if whole || t == truthFamily {
			return out, complete
		}
		like, all := texts(key, conditions) // more than the key can hold
		return slices.Concat(out, fillings(t, conditions), like, []string{"sample"}), all && len(values) == 1
	}
	out, complete := numbers(values[numberFamily])
	more, all := dates(values[dateFamily], 1)
	out, complete = append(out, more...), complete && all
	out = append(out, addresses(values[ipFamily], 1)...)
	if values[textFamily] != nil && len(values) > 1 {
		more, all = respelled(out, values[textFamily])
		out, complete = append(out, more...), complete && all && whole && len(values) == 2
	}
	for _, v := range values[binaryFamily] {
		out = append(out, v, v+"\n") // a line's end is no byte
	}
	if values[textFamily] != nil {
		more, all = texts(key, conditions)
		out, complete = append(out, more...), complete && all
	}
	return append(out, "sample", ""), complete && (len(values) < 2 || values[textFamily] != nil)
}

// respelled writes numbers, dates and addresses so that they are the same to
// their operators and other texts than those that are named. It reports false
// if that is not possible.
func respelled(values, named []string) ([]string, bool) {
	var out []string
	for _, v := range values {
		address, err := netip.ParseAddr(v)
		switch _, number := parseNumber(v); {
		case number && strings.Contains(v, "."):
			v += "000"
		case number:
			v += ".000"
		case err == nil && address.Is4():
			v = "::ffff:" + v
		case err == nil:
			v = address.StringExpanded()
		case strings.HasSuffix(v, "Z"):
			v = strings.TrimSuffix(v, "Z") + "+00:00"
		}
		out = append(out, v)
	}
	return out, !slices.ContainsFunc(out, func(v string) bool { return slices.Contains(values, v) || slices.Contains(named, v) })
}

// ofType gives what a key of the type can hold, of each value that operators of
// the type tell from others so many neighbours that one of them is no text that
// the conditions name.
func ofType(t family, values map[family][]string) ([]string, bool) {
	var out []string
	complete, reach := true, len(values[textFamily])+1
	switch t {
	case truthFamily:
		return []string{"true", "false"}, true
	case dateFamily:
		out, complete = dates(append(values[t], "2026-01-01T00:00:00Z", "2000-01-01T00:00:00Z"), reach)
	case ipFamily:
		out = addresses(append(values[t], "192.0.2.1", "2001:db8::1"), reach)
	case secondFamily:
		out, complete = seconds(values[dateFamily], append(values[numberFamily], "1", "1000000000"), reach)
	}
	return slices.DeleteFunc(append(out, values[textFamily]...), func(v string) bool { return !fits[t](v) }), complete
}

// fillings puts ends of dates, addresses and numbers in for the stars of patterns.
func fillings(t family, conditions []*condition) []string {
	var out []string
	for _, c := range conditions {
		for _, w := range c.wants {
			for _, fill := range []string{"", "0", "0.0", "0.0.0", ":0", "T00:00:00Z", "01T00:00:00Z", "01-01T00:00:00Z"} {
				out = append(out, sample(w.pattern, fill))
			}
		}
	}
	return slices.DeleteFunc(out, func(v string) bool { return !fits[t](v) })
}

// fits says whether a value is of a family.
var fits = map[family]func(string) bool{
	dateFamily: isDate, ipFamily: isAddress,
	secondFamily: func(v string) bool { _, ok := smallNumber(v); return ok },
	truthFamily:  func(v string) bool { return v == "true" || v == "false" },
}

// seconds: each value and those around it, up to the reach.
func seconds(dates, numbers []string, reach int) ([]string, bool) {
	var all []int64
	complete := true
	for _, v := range dates {
		if t, ok := parseDate(v); ok {
			all = append(all, t.Unix())
		}
	}
	for _, v := range numbers {
		if n, ok := parseNumber(v); ok {
			whole, fits := n.integer()
			all, complete = append(all, whole), complete && fits
		}
	}
	var out []string
	for _, s := range all {
		for d := -reach; d <= reach; d++ {
			out = append(out, fmt.Sprint(s+int64(d)))
		}
	}
	return out, complete
}

// texts gives texts for each set of patterns that can match together.
func texts(key string, conditions []*condition) ([]string, bool) {
	var globs []glob
	for _, c := range conditions {
		globs = append(globs, c.globs()...)
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

// globs are the automata of a condition's texts, with a star for each variable.
func (c *condition) globs() []glob {
	var out []glob
	for _, w := range c.wants {
		widest := starVariables(w.pattern)
		switch {
		case c.family == arnFamily:
			// What has no six fields is no ARN and matches nothing.
			out = append(out, newGlob(widest, true), newGlob("*:*:*:*:*:*", false))
		case c.family == truthFamily:
			out = append(out, plainGlob("true", true), plainGlob("false", true), plainGlob(w.text, true))
		case c.family == foldedFamily && !w.open:
			out = append(out, plainGlob(w.text, true))
		case c.family.group() == textFamily:
			out = append(out, newGlob(widest, false))
		}
	}
	return out
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

// dates: each value and the nanoseconds around it, up to the reach, and whether
// all of them can be written.
func dates(values []string, reach int) ([]string, bool) {
	var out []string
	all := true
	for _, v := range values {
		if t, ok := parseDate(v); ok {
			more, written := around(t, reach)
			out, all = append(out, more...), all && written
		}
	}
	return out, all
}

func around(t time.Time, reach int) ([]string, bool) {
	var out []string
	all := true
	for d := -reach; d <= reach; d++ {
		text := t.Add(time.Duration(d)).UTC().Format(time.RFC3339Nano)
		if _, ok := parseDate(text); !ok {
			text, all = fmt.Sprint(t.Unix()), false
		}
		out = append(out, text)
	}
	return out, all
}

// addresses: the ends of every range and those around them, up to the reach.
func addresses(values []string, reach int) []string {
	var out []string
	for _, v := range values {
		p, ok := parseRange(v)
		if !ok {
			continue
		}
		out = append(out, "0.0.0.0", "255.255.255.255", "::", "ffff::")
		for _, end := range []netip.Addr{p.Masked().Addr(), lastOf(p)} {
			for below, above, i := end, end, 0; i <= reach; i++ {
				out = append(out, below.String(), above.String()) // past the last it is no address
				below, above = below.Prev(), above.Next()
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
