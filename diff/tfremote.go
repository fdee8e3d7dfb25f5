package diff

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// remote lists what is given to a module that is not in the repo and looks
// like a policy. A policy whose text stands in the call is read; policy
// documents are listed for themselves; of anything else it cannot be told what
// the module makes of it.
func (m *tfModule) remote(call *hclsyntax.Block) []Found {
	var out []Found
	for _, name := range sortedNames(call.Body.Attributes) {
		a := call.Body.Attributes[name]
		if !strings.Contains(name, "polic") {
			continue
		}
		address := m.address("module." + call.Labels[0] + "/" + name)
		exprs := []hclsyntax.Expression{a.Expr}
		if tuple, ok := a.Expr.(*hclsyntax.TupleConsExpr); ok && len(tuple.Exprs) > 0 {
			exprs = tuple.Exprs
		}
		opaque := false
		for i, e := range exprs {
			at := address
			if len(exprs) > 1 {
				at += "/" + itoa(i)
			}
			switch f := m.handed(e, at); {
			case f.node != nil && !strings.HasPrefix(f.Form, "policy_document"):
				out = append(out, f)
			case f.node == nil && m.statements(e):
				opaque = true
			}
		}
		if opaque {
			f := Found{Address: address, Kind: kindNamed(name), Form: "module", root: m.root().folder}
			f.place(m, m.fileOf(a.Expr), a.Expr.Range().Start.Byte)
			f.Reason = "a module that is not in this repo makes the policy of it"
			f.settle()
			out = append(out, f)
		}
	}
	return out
}

// kindNamed guesses what a module makes of an argument by the argument's name.
func kindNamed(name string) string {
	for _, guess := range [][2]string{
		{"assume", "trust"},
		{"trust", "trust"},
		{"boundary", "boundary"},
		{"bucket", "resource"},
		{"queue", "resource"},
		{"topic", "resource"},
		{"key_pol", "resource"},
		{"repository", "resource"},
		{"resource_pol", "resource"},
	} {
		if strings.Contains(name, guess[0]) {
			return guess[1]
		}
	}
	return "identity"
}

// handed is the policy that an argument's expression is the text of. A policy
// document that it names is not taken by that: it is listed for itself.
func (m *tfModule) handed(e hclsyntax.Expression, address string) Found {
	file := m.fileOf(e)
	f := Found{Address: address, Kind: "identity", root: m.root().folder, Form: "expression"}
	if path := pathOf(e); len(path) > 1 && path[1] == "aws_iam_policy_document" {
		f.Form, f.node = "policy_document", &node{}
		return f
	}
	m.steps = 0
	f.place(m, file, e.Range().Start.Byte)
	m.follow(&f, file, e, 0)
	if f.Form == "policy_document" || f.node == nil || f.Reason != "" {
		return f
	}
	f.settle()
	f.Kind = kindOf(f.Policy)
	if f.Policy == nil {
		f.node = nil
	}
	return f
}

// statements: the expression is written in the module's own form of
// statements. A name, a switch or an ARN is none.
func (m *tfModule) statements(e hclsyntax.Expression) bool {
	n := m.value(m.fileOf(e), e)
	switch n.kind {
	case list:
		return slices.ContainsFunc(n.items, func(i *node) bool { return i.kind == object })
	case object:
		return slices.ContainsFunc(n.members, func(i member) bool {
			return strings.HasPrefix(strings.ToLower(i.key), "action") || i.value.get("actions") != nil || i.value.get("Action") != nil || i.value.kind == list
		})
	}
	return false
}
