package diff

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// document reads an aws_iam_policy_document as the policy it makes.
//
// Source: Terraform AWS provider, data source aws_iam_policy_document.
func (m *tfModule) document(b *tfBlock) (*node, string) {
	body := b.block.Body
	for _, name := range []string{"source_policy_documents", "override_policy_documents", "source_json", "override_json"} {
		if body.Attributes[name] != nil {
			return nil, name + " is not supported by this version"
		}
	}
	version := "2012-10-17"
	if a := body.Attributes["version"]; a != nil {
		version = m.value(b.file, a.Expr).text
	}
	statements := &node{kind: list, style: hclBlocks}
	for _, inner := range body.Blocks {
		switch inner.Type {
		case "statement":
			statements.items = append(statements.items, m.block(b, inner))
		case "dynamic":
			return nil, "a dynamic block makes its statements"
		}
	}
	doc := &node{kind: object, start: b.block.Range().Start.Byte, end: b.block.CloseBraceRange.End.Byte}
	doc.members = []member{
		{"Version", &node{text: version, exact: true}},
		{"Statement", statements},
	}
	return doc, ""
}

func (m *tfModule) block(b *tfBlock, inner *hclsyntax.Block) *node {
	n := &node{kind: object, start: inner.Range().Start.Byte, end: inner.CloseBraceRange.End.Byte}
	attributes := inner.Body.Attributes
	if a := attributes["sid"]; a != nil {
		n.members = append(n.members, member{"Sid", m.value(b.file, a.Expr)})
	}
	effect := &node{text: "Allow", exact: true}
	if a := attributes["effect"]; a != nil {
		effect = m.value(b.file, a.Expr)
	}
	n.members = append(n.members, member{"Effect", effect})
	for _, part := range [][2]string{{"actions", "Action"}, {"not_actions", "NotAction"}, {"resources", "Resource"}, {"not_resources", "NotResource"}} {
		if a := attributes[part[0]]; a != nil {
			n.members = append(n.members, member{part[1], m.variables(m.value(b.file, a.Expr))})
		}
	}
	n.members = append(n.members, m.principals(b, inner)...)
	if c := m.conditions(b, inner); len(c.members) > 0 {
		n.members = append(n.members, member{"Condition", c})
	}
	return n
}

func (m *tfModule) principals(b *tfBlock, inner *hclsyntax.Block) []member {
	var out []member
	for _, block := range []struct{ name, element string }{{"principals", "Principal"}, {"not_principals", "NotPrincipal"}} {
		value := &node{kind: object}
		for _, p := range inner.Body.Blocks {
			kind, identifiers := p.Body.Attributes["type"], p.Body.Attributes["identifiers"]
			if p.Type == block.name && kind != nil && identifiers != nil {
				key := m.value(b.file, kind.Expr).text
				if key == "*" {
					key = "AWS"
				}
				value.members = append(value.members, member{key, m.value(b.file, identifiers.Expr)})
			}
		}
		if len(value.members) > 0 {
			out = append(out, member{block.element, value})
		}
	}
	return out
}

// conditions groups condition blocks by operator, as the provider does.
func (m *tfModule) conditions(b *tfBlock, inner *hclsyntax.Block) *node {
	out := &node{kind: object}
	for _, c := range inner.Body.Blocks {
		test, variable, values := c.Body.Attributes["test"], c.Body.Attributes["variable"], c.Body.Attributes["values"]
		if c.Type != "condition" || test == nil || variable == nil || values == nil {
			continue
		}
		operator := m.value(b.file, test.Expr).text
		i := slices.IndexFunc(out.members, func(o member) bool { return o.key == operator })
		if i < 0 {
			out.members = append(out.members, member{operator, &node{kind: object}})
			i = len(out.members) - 1
		}
		out.members[i].value.members = append(out.members[i].value.members,
			member{m.value(b.file, variable.Expr).text, m.variables(m.value(b.file, values.Expr))})
	}
	return out
}

// variables turns "&{" into "${", as the provider does.
//
// Source: Terraform AWS provider, data source aws_iam_policy_document,
// section "Context Variable Interpolation".
func (m *tfModule) variables(n *node) *node {
	for _, i := range n.items {
		m.variables(i)
	}
	if n.kind == scalar {
		n.text = strings.ReplaceAll(n.text, "&{", "${")
	}
	return n
}
