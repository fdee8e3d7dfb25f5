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
			cond := &r.conditions[i]
			switch strings.ToLower(cond.source.Key) {
			case "aws:principalarn":
				globs = append(globs, cond.globs()...)
			case "aws:principalaccount":
				for _, w := range cond.wants {
					account := sample(w.pattern, strings.Repeat("0", max(0, len(stranger)+1-len(w.pattern))))
					if account != "anonymous" {
						out = append(out, membersOf(iam.Principal{Type: iam.PrincipalAWS, Value: account})...)
					}
				}
			case "aws:principalservicename":
				for _, w := range cond.wants {
					out = append(out, iam.Principal{Type: iam.PrincipalService, Value: sample(w.pattern, "sample")})
				}
			}
		}
	}
	if len(globs) > 0 {
		out = append(out, c.byARN(globs, out)...)
	}
	var once []iam.Principal
	for _, p := range out {
		if !slices.Contains(once, p) {
			once = append(once, p)
		}
	}
	return once
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
		if a := p.ARN().Account(); !slices.Contains(accounts, a) {
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

// rolesOf gives ARNs of the session's role that the conditions on
// aws:PrincipalArn tell apart: a session does not say its role's path.
func rolesOf(session *caller, conditions []*condition) ([]string, bool) {
	prefix := "arn:" + session.arn.Partition() + ":iam::" + session.account + ":role/"
	globs := []glob{newGlob(iam.Pattern(prefix+session.role), false), newGlob(iam.Pattern(prefix+"*/"+session.role), false)}
	for _, c := range conditions {
		globs = append(globs, c.globs()...)
	}
	found, all := matchings(globs, prefix, 0, nil)
	var out []string
	for _, m := range found {
		if m.hits[0] || m.hits[1] {
			out = append(out, m.text)
		}
	}
	return out, all
}

// ofCaller gives the choice of a condition key that the caller settles: who it
// is says its account and whether it is a service. It reports false for other
// keys, and where the conditions are about patterns, for the callers that are
// tried are those that the documents name.
func ofCaller(p iam.Principal, kind Kind, key string, conditions []*condition) (choice, bool) {
	c := callerOf(&iam.Request{Principal: p})
	exact := !slices.ContainsFunc(conditions, func(c *condition) bool { return !c.null && !c.exact() })
	absent, value := choice{}, func(v string) (choice, bool) { return choice{present: true, values: []string{v}}, true }
	switch {
	case key == "aws:principalisawsservice" && c.kind == serviceCaller:
		return value("true")
	case key == "aws:principalisawsservice" && c.account != "":
		return value("false")
	case key == "aws:principalisawsservice":
		return absent, !c.hasIdentity()
	case kind == IdentityPolicy:
		return absent, key == "aws:principalservicename"
	case key == "aws:principalaccount" && c.account != "" && exact:
		return value(c.account)
	case key == "aws:principalaccount" && c.kind == anonymousCaller && exact:
		return value("anonymous")
	case key == "aws:principalaccount":
		return absent, !c.hasIdentity() && c.kind != anonymousCaller
	case key == "aws:principalservicename" && c.kind == serviceCaller && exact:
		return value(c.value)
	}
	return absent, key == "aws:principalservicename" && c.kind != serviceCaller
}

// exact: the condition compares whole texts.
func (c *condition) exact() bool {
	return !slices.ContainsFunc(c.wants, func(w want) bool { return !w.one })
}

// whole: each value is matched by one text alone, or by all.
func (c *condition) whole() bool {
	return !slices.ContainsFunc(c.wants, func(w want) bool {
		return !w.one && (c.family != patternFamily || strings.Trim(string(w.pattern), "*") != "")
	})
}
