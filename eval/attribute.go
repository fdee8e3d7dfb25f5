package eval

import (
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/iam"
)

// attribute is one condition key and the values of it that make a difference
// to the conditions on it. Values that all conditions judge alike are one.
type attribute struct {
	key        string
	conditions []*condition
	choices    []choice
	complete   bool // no value outside choices is judged otherwise than one of them
}

// choice is a value (or set of values, or none) with what each condition says.
type choice struct {
	present bool
	values  []string
	truths  []tri
}

// maxSubset is how many values a set operator's subsets are drawn from.
const maxSubset = 7

func newAttribute(key string, conditions []*condition, more ...string) *attribute {
	a := &attribute{key: key, conditions: conditions}
	var values []string
	values, a.complete = candidates(conditions)
	values = append(values, more...)
	a.add(choice{})
	for _, v := range values {
		a.add(choice{present: true, values: []string{v}})
	}
	if slices.ContainsFunc(conditions, func(c *condition) bool { return c.forAll || c.forAny }) {
		a.addSets(values)
	}
	return a
}

func (a *attribute) add(ch choice) {
	r := iam.Request{}
	if ch.present {
		r.Context = iam.Context{{Key: a.key, Values: ch.values}}
	}
	for _, c := range a.conditions {
		ch.truths = append(ch.truths, c.holds(&r, iam.Version2008))
	}
	if !slices.ContainsFunc(a.choices, func(o choice) bool {
		return o.present == ch.present && slices.Equal(o.truths, ch.truths)
	}) {
		a.choices = append(a.choices, ch)
	}
}

// addSets adds sets of values, the values themselves first made fewer by what
// each policy value says of them.
func (a *attribute) addSets(values []string) {
	var distinct []string
	seen := map[string]bool{}
	for _, v := range values {
		var key []byte
		for _, c := range a.conditions {
			if !c.null {
				key = append(key, byte(c.one(v, &iam.Request{}, iam.Version2008)))
			}
		}
		if !seen[string(key)] {
			seen[string(key)] = true
			distinct = append(distinct, v)
		}
	}
	if len(distinct) > maxSubset {
		distinct, a.complete = distinct[:maxSubset], false
	}
	for mask := 1; mask < 1<<len(distinct); mask++ {
		var set []string
		for i, v := range distinct {
			if mask>>i&1 == 1 {
				set = append(set, v)
			}
		}
		a.add(choice{present: true, values: set})
	}
}

// family groups operators that see a value in the same way.
func family(c *condition) string {
	name := strings.ToLower(c.source.Operator)
	switch {
	case c.null:
		return "null"
	case strings.Contains(name, "numeric"):
		return "numeric"
	case strings.Contains(name, "date"):
		return "date"
	case strings.Contains(name, "ipaddress"):
		return "ip"
	case strings.Contains(name, "bool"), strings.Contains(name, "ignorecase"):
		return "fold"
	case strings.Contains(name, "binary"):
		return "binary"
	}
	return "text"
}

// candidates gives values among which each way to meet or miss the conditions
// is found, and whether that is certain: operators of different families on
// one key are tried, but prove nothing.
func candidates(conditions []*condition) ([]string, bool) {
	values := map[string][]string{}
	for _, c := range conditions {
		f := family(c)
		values[f] = append(values[f], c.source.Values...)
	}
	delete(values, "null")
	out, complete := []string{"sample"}, len(values) <= 1
	out = append(out, numbers(values["numeric"])...)
	out = append(out, dates(values["date"])...)
	out = append(out, addresses(values["ip"])...)
	for _, v := range values["fold"] {
		out = append(out, v, strings.ToLower(v), strings.ToUpper(v))
	}
	out = append(out, values["binary"]...)
	if len(values["text"]) > 0 {
		texts, all := texts(conditions)
		out, complete = append(out, texts...), complete && all
	}
	return out, complete
}

func texts(conditions []*condition) ([]string, bool) {
	var globs []glob
	for _, c := range conditions {
		name := strings.ToLower(c.source.Operator)
		for _, v := range c.source.Values {
			switch {
			case family(c) != "text":
			case strings.Contains(name, "like"), strings.Contains(name, "arn"):
				globs = append(globs, newGlob(plainText(v), strings.Contains(name, "arn")))
			default:
				globs = append(globs, plainGlob(v))
			}
		}
	}
	found, all := matchings(globs, "", 5, nil)
	var out []string
	for _, m := range found {
		out = append(out, m.text)
	}
	return out, all
}

// plainText keeps the escapes of a pattern that has no variables.
func plainText(v string) iam.Pattern { return iam.Pattern(v) }

func numbers(values []string) []string {
	var sorted []*big.Rat
	for _, v := range values {
		if n, ok := parseNumber(v); ok {
			sorted = append(sorted, n)
		}
	}
	slices.SortFunc(sorted, (*big.Rat).Cmp)
	var out []string
	one, half := big.NewRat(1, 1), big.NewRat(1, 2)
	for i, n := range sorted {
		out = append(out, decimal(n))
		if i == 0 {
			out = append(out, decimal(new(big.Rat).Sub(n, one)))
		}
		next := new(big.Rat).Add(n, one)
		if i+1 < len(sorted) {
			next = new(big.Rat).Add(n, sorted[i+1])
			next.Mul(next, half)
		}
		out = append(out, decimal(next))
	}
	return out
}

func decimal(n *big.Rat) string {
	if n.IsInt() {
		return n.Num().String()
	}
	return n.FloatString(40)
}

func dates(values []string) []string {
	var out []string
	for _, v := range values {
		if t, ok := parseDate(v); ok {
			for _, d := range []time.Duration{-time.Second, 0, time.Second} {
				out = append(out, t.Add(d).UTC().Format(time.RFC3339Nano))
			}
		}
	}
	return out
}

// addresses: the ends of every range, just inside and just outside.
func addresses(values []string) []string {
	out := []string{"0.0.0.0", "255.255.255.255", "::", "ffff::"}
	for _, v := range values {
		if a, err := netip.ParseAddr(v); err == nil {
			v = netip.PrefixFrom(a, a.BitLen()).String()
		}
		p, err := netip.ParsePrefix(v)
		if err != nil {
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
