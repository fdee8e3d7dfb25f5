package eval

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// stranger is an account that no policy names.
const stranger = "999999999999"

// callers gives callers among which each way to be named, by Principal or by
// aws:PrincipalArn, is found.
func (c *container) callers() []iam.Principal {
	if c.kind == IdentityPolicy {
		return []iam.Principal{{Type: iam.PrincipalAWS, Value: "arn:aws:iam::123456789012:role/sample"}}
	}
	if c.principals == nil {
		c.principals = c.findCallers()
	}
	return c.principals
}

func (c *container) findCallers() []iam.Principal {
	out := []iam.Principal{
		{Type: iam.PrincipalAWS, Value: "arn:aws:iam::" + stranger + ":role/sample"},
		{Type: iam.PrincipalAnonymous},
		{Type: iam.PrincipalService, Value: "sample.amazonaws.com"},
		{Type: iam.PrincipalFederated, Value: "sample.example.com"},
	}
	var globs []glob
	for _, r := range c.rules() {
		for _, element := range []*iam.Principals{r.source.Principal, r.source.NotPrincipal} {
			if element == nil {
				continue
			}
			for _, v := range element.Values {
				out = append(out, membersOf(v)...)
			}
		}
		for i := range r.conditions {
			if strings.EqualFold(r.conditions[i].source.Key, "aws:PrincipalArn") {
				for _, v := range r.conditions[i].source.Values {
					globs = append(globs, newGlob(starVariables(iam.Pattern(v)), true))
				}
			}
		}
	}
	if len(globs) > 0 {
		out = append(out, c.byARN(globs, out)...)
	}
	slices.SortFunc(out, func(a, b iam.Principal) int { return strings.Compare(string(a.Type)+a.Value, string(b.Type)+b.Value) })
	return slices.Compact(out)
}

// membersOf: a named principal itself, its account's root and a role there.
func membersOf(v iam.Principal) []iam.Principal {
	if v.Type != iam.PrincipalAWS || v.Value == "*" {
		if v.Value == "*" {
			return nil
		}
		return []iam.Principal{v}
	}
	account, partition := iam.ARN(v.Value).Account(), iam.ARN(v.Value).Partition()
	var out []iam.Principal
	if account == "" {
		account, partition = v.Value, "aws"
	} else {
		out = append(out, v)
	}
	for _, name := range []string{"root", "role/sample"} {
		out = append(out, iam.Principal{Type: iam.PrincipalAWS, Value: "arn:" + partition + ":iam::" + account + ":" + name})
	}
	return out
}

// byARN: roles that the conditions on aws:PrincipalArn tell apart, in a
// strange account and in each one named.
func (c *container) byARN(globs []glob, named []iam.Principal) []iam.Principal {
	accounts := []string{stranger}
	for _, p := range named {
		if a := p.ARN().Account(); a != "" && !slices.Contains(accounts, a) {
			accounts = append(accounts, a)
		}
	}
	var out []iam.Principal
	add := func(prefix string) {
		found, all := matchings(globs, prefix, 5, func(colons int, open bool) bool { return colons >= 5 && !open })
		c.callersMissing = c.callersMissing || !all
		for _, m := range found {
			out = append(out, iam.Principal{Type: iam.PrincipalAWS, Value: m.text})
		}
	}
	for _, a := range accounts {
		add("arn:aws:iam::" + a + ":role/")
		add("arn:aws:iam::" + a + ":user/")
	}
	add("arn:")
	return out
}
