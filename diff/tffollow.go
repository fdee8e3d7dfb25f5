package diff

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// policies lists the policies of a resource block.
func (m *tfModule) policies(b *tfBlock) []Found {
	if strings.HasPrefix(b.address, "data.") {
		return nil // where they are used
	}
	var out []Found
	attributes := attributesOf(b.kind)
	for _, where := range attributes {
		a := b.block.Body.Attributes[where.name]
		if a == nil || b.kind == "aws_organizations_policy" && !m.controls(b) {
			continue
		}
		address := m.address(b.address)
		if len(attributes) > 1 {
			address += "/" + where.name
		}
		out = append(out, m.instances(b, a.Expr, where.kind, address)...)
	}
	if b.kind != "aws_iam_role" {
		return out
	}
	for i, inner := range m.within(b.file, b.block.Body, "inline_policy") {
		a := inner.body.Attributes["policy"]
		if a == nil {
			continue
		}
		f := inner.m.policy(b, a.Expr, "identity", m.address(b.address)+"/inline_policy/"+itoa(i))
		if n := inner.body.Attributes["name"]; n != nil {
			f.name = inner.m.value(b.file, n.Expr).text
		}
		f.Roles = inner.m.namesOf(b, "name")
		f.settle()
		out = append(out, f)
	}
	return out
}

// maxInstances bounds how many instances of one block are told apart.
const maxInstances = 200

// instances lists a block's policy once for each instance if they are written
// apart, as members of a local are, else once for all.
func (m *tfModule) instances(b *tfBlock, e hclsyntax.Expression, kind, address string) []Found {
	one := m.describe(b, e, kind, address)
	scopes := m.repeated(b)
	if one.node != nil || len(scopes) == 0 || len(scopes) > maxInstances {
		return []Found{one}
	}
	var out []Found
	for _, s := range scopes {
		f := s.m.describe(b, e, kind, address+s.index)
		if f.node == nil {
			return []Found{one}
		}
		out = append(out, f)
	}
	return out
}

// describe reads the policy of one resource block.
func (m *tfModule) describe(b *tfBlock, e hclsyntax.Expression, kind, address string) Found {
	f := m.policy(b, e, kind, address)
	f.name, f.set = m.text(b, "name"), m.setName(b)
	f.Roles = m.holders(b)
	if b.kind == "aws_iam_policy" {
		if bounded := m.bounded(b); len(f.Roles) == 0 && bounded != nil {
			f.Kind, f.Roles = "boundary", bounded
		}
	}
	f.block, f.absent = b.file.path+"#"+b.address, m.none(b)
	f.settle()
	return f
}

// none: count or for_each say that there is no instance of the block.
func (m *tfModule) none(b *tfBlock) bool {
	for _, name := range []string{"count", "for_each"} {
		if a := b.block.Body.Attributes[name]; a != nil {
			n := m.value(b.file, a.Expr)
			return !n.guess && (n.exact && n.kind == scalar && n.text == "0" || n.kind != scalar && m.iterable(n) && nothing(n))
		}
	}
	return m.call != nil && m.parent.none(m.parent.caller(m.call))
}

// policy follows an expression to the text of the policy.
func (m *tfModule) policy(b *tfBlock, e hclsyntax.Expression, kind, address string) Found {
	m.steps, m.cut = 0, false
	f := Found{Address: address, Kind: kind, mod: m, resource: b, root: m.root().folder, Form: "expression"}
	f.place(m, m.fileOf(e), e.Range().Start.Byte)
	m.follow(&f, b.file, e, 0)
	return f
}

func (m *tfModule) follow(f *Found, file *tfFile, e hclsyntax.Expression, depth int) {
	if depth > 12 {
		f.Reason = "references go round in a circle"
		return
	}
	if inner := m.innerFile(e); inner != nil {
		file = inner
	}
	switch e := e.(type) {
	case *hclsyntax.FunctionCallExpr:
		m.followCall(f, file, e, depth)
	case *hclsyntax.TemplateWrapExpr:
		m.follow(f, file, e.Wrapped, depth+1)
	case *hclsyntax.ParenthesesExpr:
		m.follow(f, file, e.Expression, depth+1)
	case *hclsyntax.TemplateExpr:
		m.followTemplate(f, file, e)
	case *hclsyntax.ScopeTraversalExpr, *hclsyntax.IndexExpr, *hclsyntax.RelativeTraversalExpr, *hclsyntax.SplatExpr:
		m.followReference(f, file, e, depth)
	case *hclsyntax.ConditionalExpr:
		m.followChoice(f, file, e, depth)
	default:
		f.Reason = "the policy is an expression: " + short(file, e)
	}
}

// followChoice takes the branch that is sure to be meant, or the only one that
// has a policy.
func (m *tfModule) followChoice(f *Found, file *tfFile, e *hclsyntax.ConditionalExpr, depth int) {
	truth, sure := m.decided(file, e.Condition)
	switch {
	case sure && truth, !sure && nothing(m.value(file, e.FalseResult)):
		m.follow(f, file, e.TrueResult, depth+1)
	case sure, nothing(m.value(file, e.TrueResult)):
		m.follow(f, file, e.FalseResult, depth+1)
	default:
		f.Reason = "the policy is chosen by an expression: " + short(file, e)
	}
}

func short(file *tfFile, e hclsyntax.Expression) string {
	text := strings.Join(strings.Fields(source(file, e)), " ")
	if len(text) > 60 {
		text = strings.ToValidUTF8(text[:60], "") + "…"
	}
	return text
}

func (m *tfModule) followCall(f *Found, file *tfFile, e *hclsyntax.FunctionCallExpr, depth int) {
	switch {
	case e.Name == "jsonencode" && len(e.Args) == 1:
		f.place(m, file, e.Args[0].Range().Start.Byte)
		f.Form, f.node, f.quote = "jsonencode", m.value(file, e.Args[0]), spellHCL
		if own := f.node.file; own != nil && own != file {
			f.place(m, own, f.node.start)
		}
		f.raise(file)
	case e.Name == "file" && len(e.Args) == 1:
		m.followFile(f, m.value(file, e.Args[0]).text, false)
	case e.Name == "templatefile" && len(e.Args) == 2:
		m.followFile(f, m.value(file, e.Args[0]).text, true)
	case e.Name == "join" && len(e.Args) == 2, e.Name == "element" && len(e.Args) == 2:
		m.follow(f, file, e.Args[len(e.Args)-map[string]int{"join": 1, "element": 2}[e.Name]], depth+1)
	case e.Name == "one" && len(e.Args) == 1, e.Name == "trimspace" && len(e.Args) == 1,
		e.Name == "nonsensitive" && len(e.Args) == 1, e.Name == "sensitive" && len(e.Args) == 1:
		m.follow(f, file, e.Args[0], depth+1)
	case (e.Name == "try" || e.Name == "coalesce") && len(e.Args) > 0:
		m.followFirst(f, file, e, depth)
	default:
		f.Reason = "the policy is made by " + e.Name + "()"
	}
}

// followFirst takes the first policy of several if what stands before it is
// nothing, and what follows is nothing too or never reached.
func (m *tfModule) followFirst(f *Found, file *tfFile, e *hclsyntax.FunctionCallExpr, depth int) {
	var there []hclsyntax.Expression
	for _, a := range e.Args {
		if n := m.value(file, a); !nothing(n) && !m.absent(file, a) {
			there = append(there, a)
		}
	}
	switch {
	case len(there) == 0:
		f.Reason = "there is no policy: " + short(file, e)
	case len(there) > 1:
		f.Reason = "the policy is chosen by an expression: " + short(file, e)
	default:
		m.follow(f, file, there[0], depth+1)
	}
}

func (f *Found) place(m *tfModule, file *tfFile, at int) {
	if file.layer != nil {
		file, at = file.outer, file.layer.at[at]
	}
	f.File, f.source, f.Line = relative(m.repo, file.path), file.source, lineOf(file.source, at)
}

// followFile reads a file that is named. A name without a path of Terraform's
// own is relative to where Terraform runs.
//
// Source: Terraform language, "Filesystem and Workspace Info".
func (m *tfModule) followFile(f *Found, name string, templated bool) {
	f.Form, f.quote = "file", spellJSON
	if templated {
		f.Form, f.quote = "templatefile", spellHeredoc
	}
	folder := m.root().folder
	if rest, ok := strings.CutPrefix(name, "${path.module}"); ok {
		folder, name = m.folder, rest
	}
	for _, p := range []string{"${path.root}", "${path.cwd}"} {
		name = strings.TrimPrefix(name, p)
	}
	if strings.Contains(name, "${") {
		f.Reason = "the file's name is an expression: " + name
		return
	}
	path := filepath.Join(folder, filepath.FromSlash(name))
	source, err := m.read(path)
	if err != nil {
		path = filepath.Join(m.folder, filepath.FromSlash(name))
		if source, err = m.read(path); err != nil {
			f.Reason = "the file " + name + " cannot be read"
			return
		}
	}
	m.claimed[path] = true
	file := &tfFile{path: path, source: source}
	f.place(m, file, 0)
	f.node, err = parseJSON(trimBOM(source), len(source)-len(trimBOM(source)), templated)
	if err == nil && templated {
		err = templateParses(source)
	}
	if err != nil {
		f.node, f.Reason = nil, "the file is no plain JSON: "+err.Error()
		return
	}
	f.node.inFile(file)
}

// templateParses checks that a text is a template to Terraform.
func templateParses(source []byte) error {
	if _, diags := hclsyntax.ParseTemplate(source, "", hcl.InitialPos); diags.HasErrors() {
		return diags
	}
	return nil
}

// inFile says of a node and what is in it where they stand.
func (n *node) inFile(file *tfFile) {
	n.file = file
	for _, i := range n.items {
		i.inFile(file)
	}
	for _, m := range n.members {
		m.value.inFile(file)
	}
}

func trimBOM(source []byte) []byte {
	return []byte(strings.TrimPrefix(string(source), "\ufeff"))
}

// followTemplate reads a heredoc or a quoted template that holds JSON.
func (m *tfModule) followTemplate(f *Found, file *tfFile, e *hclsyntax.TemplateExpr) {
	if len(e.Parts) == 1 {
		if _, ok := e.Parts[0].(*hclsyntax.LiteralValueExpr); !ok {
			m.follow(f, file, e.Parts[0], 1)
			return
		}
	}
	text := e.Range().SliceBytes(file.source)
	start := e.Range().Start.Byte
	f.place(m, file, start)
	if !strings.HasPrefix(string(text), "<<") {
		m.quoted(f, file, e)
		return
	}
	f.Form = "heredoc"
	first := strings.IndexByte(string(text), '\n') + 1
	last := strings.LastIndexByte(strings.TrimRight(string(text), "\r\n"), '\n') + 1
	if first <= 0 || last <= first {
		f.Reason = "the heredoc is empty"
		return
	}
	n, err := parseJSON(text[first:last], start+first, true)
	if err != nil {
		f.Reason = "the heredoc is no plain JSON: " + err.Error()
		return
	}
	f.node, f.quote = n, spellHeredoc
	n.inFile(file)
}

// quoted reads a policy in a quoted string: JSON below the string's escapes.
func (m *tfModule) quoted(f *Found, file *tfFile, e *hclsyntax.TemplateExpr) {
	f.Form, f.quote = "string", spellQuoted
	if file.layer != nil {
		n, err := parseJSON(file.source, 0, true)
		if err != nil {
			f.Reason = "the string is no plain JSON: " + err.Error()
			return
		}
		n.inFile(file)
		f.node, f.quote = n, spellHeredoc
		f.raise(file)
		return
	}
	r := e.Range()
	raw := string(file.source[r.Start.Byte:r.End.Byte])
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		f.Reason = "the policy is no quoted string"
		return
	}
	l, err := unescape(raw[1:len(raw)-1], r.Start.Byte+1, true, escapeOfHCL)
	if err == nil {
		var n *node
		if n, err = parseJSON(l.text, 0, true); err == nil {
			l.lift(n)
			n.inFile(file)
			f.node = n
			return
		}
	}
	f.Reason = "the string is no plain JSON: " + err.Error()
	if raw == `""` {
		f.Reason = "there is no policy: the text is empty"
	}
}

// pathOf is what a reference names, its instances left aside, or nil.
func pathOf(e hclsyntax.Expression) []string {
	var t hcl.Traversal
	switch e := e.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		t = e.Traversal
	case *hclsyntax.IndexExpr:
		return pathOf(e.Collection)
	case *hclsyntax.RelativeTraversalExpr:
		return appendNames(pathOf(e.Source), e.Traversal)
	case *hclsyntax.SplatExpr:
		path := pathOf(e.Source)
		switch each := e.Each.(type) {
		case *hclsyntax.RelativeTraversalExpr:
			return appendNames(path, each.Traversal)
		case *hclsyntax.AnonSymbolExpr:
			return path
		}
		return nil
	}
	return appendNames([]string{}, t)
}

func appendNames(path []string, t hcl.Traversal) []string {
	if path == nil {
		return nil
	}
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			path = append(path, step.Name)
		case hcl.TraverseAttr:
			path = append(path, step.Name)
		}
	}
	return path
}

func (m *tfModule) followReference(f *Found, file *tfFile, e hclsyntax.Expression, depth int) {
	path := pathOf(e)
	switch {
	case len(path) == 4 && path[0] == "data" && path[1] == "aws_iam_policy_document" && (path[3] == "json" || path[3] == "minified_json"):
		m.followDocument(f, path[2])
	case len(path) == 4 && path[0] == "data" && path[1] == "template_file" && path[3] == "rendered":
		m.followOldTemplate(f, path[2], depth)
	case len(path) == 3 && path[0] == "aws_iam_policy" && path[2] == "policy" && m.blocks["aws_iam_policy."+path[1]] != nil:
		b := m.blocks["aws_iam_policy."+path[1]]
		if a := b.block.Body.Attributes["policy"]; a != nil {
			m.follow(f, b.file, a.Expr, depth+1)
		}
	case len(path) == 3 && path[0] == "module" && m.children[path[1]] != nil && m.children[path[1]].outputs[path[2]] != nil:
		child := m.children[path[1]]
		output := child.outputs[path[2]]
		child.follow(f, child.fileOf(output), output, depth+1)
	default:
		m.followValue(f, file, e, depth)
	}
}

// followValue goes on from where a local, a variable or a member of one is
// written.
func (m *tfModule) followValue(f *Found, file *tfFile, e hclsyntax.Expression, depth int) {
	n := m.target(file, e)
	if n == nil || n.guess || n.expr == nil || n.expr == e {
		f.Reason = "the policy comes from " + short(file, e)
		return
	}
	n.mod.follow(f, n.mod.fileOf(n.expr), n.expr, depth+1)
}

// target is the node that a reference names, as it is written.
func (m *tfModule) target(file *tfFile, e hclsyntax.Expression) *node {
	switch e := e.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		n, _ := m.resolve(e.Traversal)
		return n
	case *hclsyntax.IndexExpr:
		key := m.value(file, e.Key)
		if c := m.target(file, e.Collection); c != nil && key.kind == scalar && key.exact {
			return c.inside(key.text)
		}
	case *hclsyntax.RelativeTraversalExpr:
		return m.target(file, e.Source).walk(e.Traversal)
	}
	return nil
}

func (m *tfModule) followDocument(f *Found, name string) {
	b := m.blocks["data.aws_iam_policy_document."+name]
	if b == nil {
		f.Reason = "the policy document " + name + " is not in this module"
		return
	}
	f.place(m, b.file, b.block.Range().Start.Byte)
	f.Form, f.quote = "policy_document", documentSpeller(b.file)
	m.taken[b.file.path+"#"+b.address] = true
	f.node, f.Reason = m.document(b)
}

// followOldTemplate reads what templatefile() was before there was one.
//
// Source: Terraform template provider, data source template_file.
func (m *tfModule) followOldTemplate(f *Found, name string, depth int) {
	b := m.blocks["data.template_file."+name]
	if b == nil || b.block.Body.Attributes["template"] == nil {
		f.Reason = "the template " + name + " is not in this module"
		return
	}
	e := b.block.Body.Attributes["template"].Expr
	if call, ok := e.(*hclsyntax.FunctionCallExpr); ok && call.Name == "file" && len(call.Args) == 1 {
		m.followFile(f, m.value(b.file, call.Args[0]).text, true)
		return
	}
	if wrap, ok := e.(*hclsyntax.TemplateWrapExpr); ok {
		if call, ok := wrap.Wrapped.(*hclsyntax.FunctionCallExpr); ok && call.Name == "file" && len(call.Args) == 1 {
			m.followFile(f, m.value(b.file, call.Args[0]).text, true)
			return
		}
	}
	f.Reason = "the template is an expression: " + short(b.file, e)
}

// scope is the module as one instance of a block sees it.
type scope struct {
	m     *tfModule
	index string // `["key"]`, `[0]`
}

// repeated lists the instances of a block that count or for_each make of it,
// none if they are not known.
func (m *tfModule) repeated(b *tfBlock) []scope {
	var out []scope
	if a := b.block.Body.Attributes["for_each"]; a != nil {
		collection := m.value(b.file, a.Expr)
		if !m.iterable(collection) {
			return nil
		}
		for _, item := range collection.each() {
			each := &node{kind: object, members: []member{{"key", &node{text: item.key, exact: true}}, {"value", item.value}}}
			out = append(out, scope{m.bind("each", each), `["` + item.key + `"]`})
		}
		return out
	}
	if a := b.block.Body.Attributes["count"]; a != nil {
		n := m.value(b.file, a.Expr)
		if n.guess || !n.exact || len(n.text) > 3 || strings.Trim(n.text, "0123456789") != "" {
			return nil
		}
		for i := 0; itoa(i) != n.text && i <= maxInstances; i++ {
			index := &node{kind: object, members: []member{{"index", &node{text: itoa(i), exact: true}}}}
			out = append(out, scope{m.bind("count", index), "[" + itoa(i) + "]"})
		}
	}
	return out
}

// compactNames sorts names and leaves each once.
func compactNames(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
