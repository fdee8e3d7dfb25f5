package diff

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/pruner/pruner/iam"
)

// document reads an aws_iam_policy_document as the policy it makes: the
// statements of its source documents, then its own, then those that override.
//
// Source: Terraform AWS provider, data source aws_iam_policy_document.
func (m *tfModule) document(b *tfBlock) (*node, string) {
	m.depth++
	defer func() { m.depth-- }()
	if m.depth > maxNested {
		return nil, "policy documents go round in a circle"
	}
	body := b.block.Body
	version := "2012-10-17"
	if a := body.Attributes["version"]; a != nil {
		if n := m.value(b.file, a.Expr); !n.null {
			version = n.text
		}
	}
	statements := &node{kind: list, style: hclBlocks, file: b.file, joint: true}
	m.documents(b, []string{"source_json", "source_policy_documents"}, statements)
	own := &node{kind: list, style: hclBlocks, file: b.file}
	for _, inner := range m.within(b.file, body, "statement") {
		n := inner.m.statement(b, inner)
		if inner.whole {
			n.in, n.pos = own, len(own.items)
			own.items = append(own.items, n)
		} else {
			n.in, n.pos = inner.in, inner.pos
		}
		statements.override(n)
	}
	m.documents(b, []string{"override_policy_documents", "override_json"}, statements)
	doc := &node{kind: object, start: b.block.Range().Start.Byte, end: b.block.CloseBraceRange.End.Byte, file: b.file}
	doc.members = []member{{"Version", &node{text: version, exact: true}}}
	if a := body.Attributes["policy_id"]; a != nil {
		if id := m.value(b.file, a.Expr); !id.null {
			doc.members = append(doc.members, member{"Id", id})
		}
	}
	doc.members = append(doc.members, member{"Statement", statements})
	if len(statements.items) == 0 && len(statements.notes) > 0 {
		return nil, "all its statements come from " + strings.Trim(statements.notes[0], "${}")
	}
	return doc, ""
}

// override adds a statement. One of a Sid that is there already takes its
// place.
//
// Source: Terraform AWS provider, data source aws_iam_policy_document,
// arguments source_policy_documents and override_policy_documents.
func (n *node) override(statement *node) {
	if sid := statement.get("Sid"); sid != nil && sid.text != "" {
		for i, have := range n.items {
			if old := have.get("Sid"); old != nil && old.text == sid.text {
				n.items[i] = statement
				return
			}
		}
	}
	n.items = append(n.items, statement)
}

// documents adds the statements of the documents that some attributes name.
// What cannot be read here is noted.
func (m *tfModule) documents(b *tfBlock, attributes []string, into *node) {
	for _, name := range attributes {
		a := b.block.Body.Attributes[name]
		if a == nil {
			continue
		}
		n := m.value(b.file, a.Expr)
		into.notes = append(into.notes, n.notes...)
		if n.kind == list && n.guess {
			n = opaqueAt(b.file, a.Expr)
		}
		for _, item := range n.list() {
			m.oneDocument(b, item, into)
		}
	}
}

func (m *tfModule) oneDocument(b *tfBlock, item, into *node) {
	if nothing(item) {
		return
	}
	var f Found
	if item.expr != nil && item.mod != nil {
		if path := pathOf(item.expr); len(path) > 2 && path[0] == "data" {
			if source := item.mod.blocks[strings.Join(path[:3], ".")]; source != nil && item.mod.none(source) {
				return
			}
		}
		item.mod.follow(&f, item.mod.fileOf(item.expr), item.expr, 1)
	}
	statements := (*node)(nil)
	if f.node != nil {
		statements = f.node.get("Statement")
	}
	if statements == nil || f.Reason != "" {
		into.notes = append(into.notes, item.text)
		return
	}
	into.notes = append(into.notes, statements.notes...)
	for i, s := range statements.list() {
		if s.kind != object {
			into.notes = append(into.notes, s.text)
			continue
		}
		if s.in == nil && statements.kind == list {
			s.in, s.pos = statements, i
		}
		if s.quote == nil {
			s.quote = f.quote
		}
		into.override(s)
	}
}

// inner is a block inside a block, as written or as a dynamic block makes it.
type inner struct {
	m          *tfModule
	body       *hclsyntax.Body
	start, end int
	whole      bool  // the block can go from where it stands
	in         *node // else the list that it is made of, and its place there
	pos        int
	notes      []string // what decides whether it is there, or how often
}

// within lists the blocks of one type, those that dynamic blocks make among
// them. A dynamic block over what is not known is there once, with what
// iterates left as it is.
//
// Source: Terraform language, "dynamic Blocks".
func (m *tfModule) within(file *tfFile, body *hclsyntax.Body, kind string) []inner {
	var out []inner
	for _, b := range body.Blocks {
		start, end := b.Range().Start.Byte, b.CloseBraceRange.End.Byte
		if b.Type == kind {
			one := inner{m: m, body: b.Body, start: start, end: end, whole: !isJSON(file.path)}
			if p, ok := m.arrayOf(b); ok {
				one.in, one.pos = p.in, p.pos
			}
			out = append(out, one)
		}
		if b.Type == "dynamic" && len(b.Labels) == 1 && b.Labels[0] == kind {
			out = append(out, m.dynamic(file, b, kind)...)
		}
	}
	return out
}

func (m *tfModule) dynamic(file *tfFile, b *hclsyntax.Block, kind string) []inner {
	over := b.Body.Attributes["for_each"]
	i := slices.IndexFunc(b.Body.Blocks, func(b *hclsyntax.Block) bool { return b.Type == "content" })
	if over == nil || i < 0 {
		return nil
	}
	name := kind
	if a := b.Body.Attributes["iterator"]; a != nil {
		name = source(file, a.Expr)
	}
	one := inner{m: m, body: b.Body.Blocks[i].Body, start: b.Range().Start.Byte, end: b.CloseBraceRange.End.Byte}
	collection := m.value(file, over.Expr)
	native := !isJSON(file.path)
	if !m.iterable(collection) {
		one.m, one.whole = m.unbind(name), native
		one.notes = []string{"${" + source(file, over.Expr) + "}"}
		return []inner{one}
	}
	elements := collection.each()
	var out []inner
	for _, e := range elements {
		made := one
		made.m = m.bind(name, &node{kind: object, members: []member{{"key", &node{text: e.key, exact: true}}, {"value", e.value}}})
		made.whole, made.in, made.pos = native && len(elements) == 1, e.in, e.pos
		out = append(out, made)
	}
	return out
}

// spares lists the policy documents of the module, for those that no policy is
// made of: an output or a remote module takes them.
func (m *tfModule) spares() {
	for _, b := range m.order {
		if b.kind != "aws_iam_policy_document" || !strings.HasPrefix(b.address, "data.") {
			continue
		}
		f := Found{Address: m.address(b.address), Kind: "identity", root: m.root().folder}
		f.place(m, b.file, b.block.Range().Start.Byte)
		f.text = b.file.path + "#" + b.address
		m.steps = 0
		f.Form, f.quote = "policy_document", documentSpeller(b.file)
		taken := m.taken[f.text]
		f.node, f.Reason = m.document(b)
		m.taken[f.text] = taken
		f.settle()
		f.Kind = kindOf(f.Policy)
		m.spare = append(m.spare, f)
	}
}

// kindOf guesses the kind of a document that nothing names the use of.
func kindOf(p *iam.Policy) string {
	if p == nil || !slices.ContainsFunc(p.Statements, func(s iam.Statement) bool { return s.Principal != nil || s.NotPrincipal != nil }) {
		return "identity"
	}
	for _, s := range p.Statements {
		for _, a := range s.Action {
			if !strings.HasPrefix(strings.ToLower(string(a)), "sts:") {
				return "resource"
			}
		}
	}
	return "trust"
}

// unused adds the documents that no policy was found to be made of, each once.
func (f *finder) unused() {
	for _, s := range f.spare {
		if !f.taken[s.text] {
			f.taken[s.text] = true
			f.found = append(f.found, s)
		}
	}
}

// statement reads a statement block.
func (m *tfModule) statement(b *tfBlock, at inner) *node {
	n := &node{kind: object, start: at.start, end: at.end, file: b.file, notes: at.notes}
	attributes := at.body.Attributes
	if a := attributes["sid"]; a != nil {
		if sid := m.value(b.file, a.Expr); !nothing(sid) {
			n.members = append(n.members, member{"Sid", sid})
		}
	}
	effect := &node{text: "Allow", exact: true}
	if a := attributes["effect"]; a != nil {
		if e := m.value(b.file, a.Expr); !e.null {
			effect = e
		}
	}
	n.members = append(n.members, member{"Effect", effect})
	for _, part := range [][2]string{{"actions", "Action"}, {"not_actions", "NotAction"}, {"resources", "Resource"}, {"not_resources", "NotResource"}} {
		a := attributes[part[0]]
		if a == nil {
			continue
		}
		value := m.variables(m.value(b.file, a.Expr))
		if nothing(value) {
			continue // the provider leaves out what is empty
		}
		if strings.HasPrefix(part[1], "Not") && value.kind != list && n.get(part[1][3:]) != nil {
			n.notes = append(n.notes, value.text) // one of the two is empty
			continue
		}
		value.wrap = value.kind != list
		n.members = append(n.members, member{part[1], value})
	}
	n.members = append(n.members, m.principals(b, at.body)...)
	if c := m.conditions(b, at.body); len(c.members) > 0 {
		n.members = append(n.members, member{"Condition", c})
	}
	return n
}

func (m *tfModule) principals(b *tfBlock, body *hclsyntax.Body) []member {
	var out []member
	for _, block := range []struct{ name, element string }{{"principals", "Principal"}, {"not_principals", "NotPrincipal"}} {
		value := &node{kind: object}
		for _, p := range m.within(b.file, body, block.name) {
			kind, identifiers := p.body.Attributes["type"], p.body.Attributes["identifiers"]
			if kind == nil || identifiers == nil {
				continue
			}
			key := p.m.value(b.file, kind.Expr).text
			if key == "*" {
				key = "AWS"
			}
			value.notes = append(value.notes, p.notes...)
			value.put(key, p.m.value(b.file, identifiers.Expr))
		}
		if len(value.members) > 0 {
			out = append(out, member{block.element, value})
		}
	}
	return out
}

// put adds values to a member, which may be there already.
func (n *node) put(key string, value *node) {
	i := slices.IndexFunc(n.members, func(o member) bool { return o.key == key })
	if i < 0 {
		n.members = append(n.members, member{key, value})
		return
	}
	both := &node{kind: list, joint: true, file: value.file}
	both.items = append(slices.Clone(n.members[i].value.list()), value.list()...)
	n.members[i].value = both
}

// conditions groups condition blocks by operator, as the provider does.
func (m *tfModule) conditions(b *tfBlock, body *hclsyntax.Body) *node {
	out := &node{kind: object}
	for _, c := range m.within(b.file, body, "condition") {
		test, variable, values := c.body.Attributes["test"], c.body.Attributes["variable"], c.body.Attributes["values"]
		if test == nil || variable == nil || values == nil {
			continue
		}
		operator := c.m.value(b.file, test.Expr).text
		i := slices.IndexFunc(out.members, func(o member) bool { return o.key == operator })
		if i < 0 {
			out.members = append(out.members, member{operator, &node{kind: object}})
			i = len(out.members) - 1
		}
		out.notes = append(out.notes, c.notes...)
		out.members[i].value.put(c.m.value(b.file, variable.Expr).text, c.m.variables(c.m.value(b.file, values.Expr)))
	}
	return out
}

// variables turns "&{" into "${", as the provider does, in a copy.
//
// Source: Terraform AWS provider, data source aws_iam_policy_document,
// section "Context Variable Interpolation".
func (m *tfModule) variables(n *node) *node {
	out := *n
	out.items = nil
	for _, i := range n.items {
		item := m.variables(i)
		if i.in == n {
			item.in = &out
		}
		out.items = append(out.items, item)
	}
	if n.kind == scalar {
		out.text = strings.ReplaceAll(n.text, "&{", "${")
		out.segs = slices.Clone(n.segs)
		for i := range out.segs {
			out.segs[i].text = strings.ReplaceAll(out.segs[i].text, "&{", "${")
		}
	}
	return &out
}
