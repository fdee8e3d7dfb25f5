package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// policyOf evaluates a policy node. Parts that cannot be evaluated stand as
// the text of their expression.
func policyOf(n *node) (*iam.Policy, error) {
	if n == nil || n.kind != object {
		return nil, fmt.Errorf("the policy is not an object that can be read here")
	}
	p := &iam.Policy{}
	for _, m := range n.members {
		if m.value.null {
			continue
		}
		switch m.key {
		case "Version":
			p.Version = m.value.text
		case "Id":
			p.ID = m.value.text
		case "Statement":
		default:
			return nil, fmt.Errorf("unknown element %q", m.key)
		}
	}
	all, read := n.get("Statement").list(), n.get("Statement").read()
	if len(read) == 0 && len(all) > 0 {
		return nil, fmt.Errorf("a statement is an expression: %.60s", all[0].text)
	}
	for _, s := range read {
		statement, err := statementOf(s)
		if err != nil {
			return nil, err
		}
		p.Statements = append(p.Statements, statement)
	}
	return p, nil
}

func statementOf(n *node) (iam.Statement, error) {
	var s iam.Statement
	for _, m := range n.members {
		if m.value.null {
			continue
		}
		switch m.key {
		case "Sid":
			s.Sid = m.value.text
		case "Effect":
			s.Effect = iam.Effect(m.value.text)
		case "Action":
			s.Action = patternsOf(m.value)
		case "NotAction":
			s.NotAction = patternsOf(m.value)
		case "Resource":
			s.Resource = patternsOf(m.value)
		case "NotResource":
			s.NotResource = patternsOf(m.value)
		case "Principal":
			s.Principal = principalsOf(m.value)
		case "NotPrincipal":
			s.NotPrincipal = principalsOf(m.value)
		case "Condition":
			s.Condition = conditionsOf(m.value)
		default:
			return s, fmt.Errorf("unknown element %q in a statement", m.key)
		}
	}
	return s, nil
}

func patternsOf(n *node) []iam.Pattern {
	out := []iam.Pattern{}
	for _, i := range n.list() {
		out = append(out, iam.Pattern(i.text))
	}
	return out
}

func principalsOf(n *node) *iam.Principals {
	p := &iam.Principals{}
	if n.kind != object {
		p.Any = n.text == "*"
		if !p.Any {
			p.Values = []iam.Principal{{Type: iam.PrincipalAWS, Value: n.text}}
		}
		return p
	}
	for _, m := range n.members {
		for _, v := range m.value.list() {
			p.Values = append(p.Values, iam.Principal{Type: iam.PrincipalType(m.key), Value: v.text})
		}
	}
	return p
}

func conditionsOf(n *node) []iam.Condition {
	var out []iam.Condition
	if n.kind != object {
		return []iam.Condition{{Operator: n.text}}
	}
	for _, op := range n.members {
		if op.value.kind != object {
			out = append(out, iam.Condition{Operator: op.key, Key: op.value.text, Values: []string{}})
			continue
		}
		for _, key := range op.value.members {
			c := iam.Condition{Operator: op.key, Key: key.key, Values: []string{}}
			for _, v := range key.value.list() {
				c.Values = append(c.Values, v.text)
			}
			out = append(out, c)
		}
	}
	return out
}

// samePolicy compares what two documents say: the order of actions and
// resources, and how often one is named, mean nothing.
func samePolicy(a, b *iam.Policy) bool {
	x, err1 := asSets(a).MarshalJSON()
	y, err2 := asSets(b).MarshalJSON()
	return err1 == nil && err2 == nil && string(x) == string(y)
}

func asSets(p *iam.Policy) iam.Policy {
	out := *p
	out.Statements = slices.Clone(p.Statements)
	for i := range out.Statements {
		s := &out.Statements[i]
		for _, list := range []*[]iam.Pattern{&s.Action, &s.NotAction, &s.Resource, &s.NotResource} {
			if *list == nil {
				continue
			}
			sorted := slices.Clone(*list)
			slices.Sort(sorted)
			*list = slices.Compact(sorted)
		}
	}
	return out
}

// unknownParts lists the expressions of a policy that were not evaluated.
func unknownParts(n *node) []string {
	parts := []string{}
	n.parts(&parts)
	seen := map[string]bool{}
	out := []string{}
	for _, p := range parts {
		if p = strings.TrimSpace(p); !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}

// equalText: two documents are the same to the letter.
func equalText(a, b *iam.Policy) bool {
	x, err1 := a.MarshalJSON()
	y, err2 := b.MarshalJSON()
	return err1 == nil && err2 == nil && string(x) == string(y)
}
