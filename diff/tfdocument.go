package diff

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// document reads an aws_iam_policy_document as the policy it makes.
//
// Source: Terraform AWS provider, data source aws_iam_policy_document.
func (m *tfModule) document(b *tfBlock) (*node, string) {
	body := b.block.Body
	for _, name := range []string{"override_policy_documents", "override_json"} {
		if body.Attributes[name] != nil {
			return nil, name + " may replace statements by their Sid: not supported"
		}
	}
	version := "2012-10-17"
	if a := body.Attributes["version"]; a != nil {
		version = m.value(b.file, a.Expr).text
	}
	statements := &node{kind: list, style: hclBlocks}
	reason, ok := m.sources(b, statements)
	if !ok {
		return nil, reason
	}
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
	return doc, reason
}

// sources puts the statements of the documents that b starts from before its
// own, as the provider does. They can be edited if they stand in b's file. It
// reports false if some source cannot be read here.
//
// Source: Terraform AWS provider, data source aws_iam_policy_document,
// argument source_policy_documents.
func (m *tfModule) sources(b *tfBlock, into *node) (reason string, ok bool) {
	for _, name := range []string{"source_policy_documents", "source_json"} {
		a := b.block.Body.Attributes[name]
		if a == nil {
			continue
		}
		exprs := []hclsyntax.Expression{a.Expr}
		if tuple, isTuple := a.Expr.(*hclsyntax.TupleConsExpr); isTuple {
			exprs = tuple.Exprs
		}
		for _, e := range exprs {
			source, why := m.sourceDocument(b, e)
			if source == nil {
				return why, false
			}
			into.items = append(into.items, source.get("Statement").items...)
			if why != "" {
				reason = why
			}
		}
	}
	return reason, true
}

// sourceDocument reads one source document; reason is set with a node if its
// statements can be read but not edited together with b's.
func (m *tfModule) sourceDocument(b *tfBlock, e hclsyntax.Expression) (*node, string) {
	t, ok := e.(*hclsyntax.ScopeTraversalExpr)
	if !ok {
		return nil, "a source document is an expression: " + short(b.file, e)
	}
	path := traversal(t.Traversal)
	if len(path) != 4 || path[0] != "data" || path[1] != "aws_iam_policy_document" {
		return nil, "a source document comes from " + strings.Join(path, ".")
	}
	source := m.blocks["data.aws_iam_policy_document."+path[2]]
	if source == nil || source == b {
		return nil, "the source document " + path[2] + " is not in this module"
	}
	m.documents[source.address]++
	n, reason := m.document(source)
	switch {
	case n == nil:
		return nil, reason
	case source.file != b.file:
		reason = "its statements stand in several files"
	case m.uses(source.address) > 1:
		reason = "the source document " + path[2] + " serves several policies"
	}
	return n, reason
}

// uses counts the places of the module that refer to a block.
func (m *tfModule) uses(address string) int {
	count := 0
	for _, path := range sortedNames(m.files) {
		count += strings.Count(string(m.files[path].source), address+".")
	}
	return count
}

// unused lists the policy documents that no policy of the module was found to
// use: an output or a remote module takes them.
func (m *tfModule) unused() []Found {
	var out []Found
	for _, b := range m.order {
		if b.kind != "aws_iam_policy_document" || !strings.HasPrefix(b.address, "data.") || m.documents[b.address] > 0 || m.claimed[b.file.path+"#"+b.address] {
			continue
		}
		m.claimed[b.file.path+"#"+b.address] = true // once, however often the module is called
		f := Found{Address: m.address(b.address), Kind: "identity", root: m.root().folder}
		f.place(m, b.file, b.block.Range().Start.Byte)
		f.Form, f.quote = "policy_document", spellDocument
		f.node, f.Reason = m.document(b)
		f.settle()
		if f.Policy != nil && slices.ContainsFunc(f.Policy.Statements, func(s iam.Statement) bool { return s.Principal != nil || s.NotPrincipal != nil }) {
			f.Kind = "resource"
		}
		out = append(out, f)
	}
	return out
}

// remote lists what is given to modules that are not in the repo and looks
// like a policy: it cannot be told what they make of it.
func (m *tfModule) remote(call *hclsyntax.Block) []Found {
	var out []Found
	for _, name := range sortedNames(call.Body.Attributes) {
		if a := call.Body.Attributes[name]; strings.Contains(name, "polic") && len(call.Labels) == 1 {
			f := Found{Address: m.address("module." + call.Labels[0] + "/" + name), Kind: "identity", Form: "module", root: m.root().folder}
			f.place(m, m.fileOf(a.Expr), a.Expr.Range().Start.Byte)
			f.Reason = "a module that is not in this repo makes the policy of it"
			f.settle()
			out = append(out, f)
		}
	}
	return out
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
			value := m.variables(m.value(b.file, a.Expr))
			value.wrap = value.kind != list
			n.members = append(n.members, member{part[1], value})
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
