package diff

import (
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

func itoa(i int) string { return strconv.Itoa(i) }

// maxNested bounds how deep expressions refer to expressions; a circle ends
// there too.
const maxNested = 60

// maxSteps bounds the work for one policy: locals that name others twice each
// grow exponentially.
const maxSteps = 200_000

// value turns an HCL expression into a node as far as the code alone tells.
// What it does not tell stands as its source. A node stands where its text
// does; one that an expression makes of others stands where the expression
// does.
func (m *tfModule) value(file *tfFile, e hclsyntax.Expression) *node {
	n := m.evaluate(file, e)
	if n.expr == nil {
		n.expr, n.mod = e, m
	}
	return n
}

func (m *tfModule) evaluate(file *tfFile, e hclsyntax.Expression) *node {
	m.depth++
	m.steps++
	defer func() { m.depth-- }()
	if m.depth > maxNested || m.steps > maxSteps {
		m.cut = true
		return opaqueAt(file, e)
	}
	if inner := m.innerFile(e); inner != nil {
		file = inner
	}
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		n := at(file, e)
		n.text, n.exact, n.null = literalText(e.Val), true, e.Val.IsNull()
		return n
	case *hclsyntax.TemplateExpr:
		return m.template(file, e)
	case *hclsyntax.TemplateWrapExpr:
		return m.wrapped(file, e)
	case *hclsyntax.ParenthesesExpr:
		return m.value(file, e.Expression)
	case *hclsyntax.TupleConsExpr:
		n := at(file, e)
		n.kind = list
		for _, item := range e.Exprs {
			n.items = append(n.items, m.value(file, item))
		}
		n.own()
		return n
	case *hclsyntax.ObjectConsExpr:
		return m.object(file, e)
	case *hclsyntax.ScopeTraversalExpr:
		return m.traversed(file, e)
	}
	if n := m.derived(file, e); n != nil {
		return n
	}
	return opaqueAt(file, e)
}

// at is an empty node where the expression stands.
func at(file *tfFile, e hclsyntax.Expression) *node {
	r := e.Range()
	switch {
	case file.layer != nil && r.Start.Byte == 0 && r.End.Byte == len(file.source):
		return &node{start: file.whole.start, end: file.whole.end, file: file.outer}
	case file.layer == nil && isJSON(file.path):
		return &node{start: r.Start.Byte, end: r.End.Byte, file: file}
	}
	return &node{start: r.Start.Byte, end: r.End.Byte, file: file, style: hclList}
}

func opaqueAt(file *tfFile, e hclsyntax.Expression) *node {
	n := at(file, e)
	n.kind = opaque
	n.text = "${" + source(file, e) + "}"
	n.refs = []string{n.text}
	return n
}

// moved is what n says, standing where the expression does: an edit replaces
// the expression.
func moved(n *node, file *tfFile, e hclsyntax.Expression) *node {
	out, place := *n, at(file, e)
	out.start, out.end, out.file, out.made, out.in = place.start, place.end, place.file, true, nil
	return &out
}

func source(file *tfFile, e hclsyntax.Expression) string {
	return string(e.Range().SliceBytes(file.source))
}

func literalText(v cty.Value) string {
	switch {
	case v.IsNull():
		return ""
	case v.Type() == cty.String:
		return v.AsString()
	case v.Type() == cty.Bool:
		return strconv.FormatBool(v.True())
	case v.Type() == cty.Number:
		return v.AsBigFloat().Text('f', -1)
	}
	return ""
}

func (m *tfModule) wrapped(file *tfFile, e *hclsyntax.TemplateWrapExpr) *node {
	inner := m.value(file, e.Wrapped)
	if inner.kind == list || inner.kind == object {
		return inner
	}
	n := at(file, e)
	n.text, n.exact, n.refs, n.guess = inner.text, inner.exact, inner.refs, inner.guess
	n.segs = []seg{piece(file, e.Wrapped, inner)}
	return n
}

func (m *tfModule) object(file *tfFile, e *hclsyntax.ObjectConsExpr) *node {
	n := at(file, e)
	n.kind = object
	for _, item := range e.Items {
		n.members = append(n.members, member{m.key(file, item.KeyExpr), m.value(file, item.ValueExpr)})
		n.spans = append(n.spans, &node{kind: object, start: item.KeyExpr.Range().Start.Byte, end: item.ValueExpr.Range().End.Byte, file: file})
	}
	return n
}

// own tells the items that stand in no list yet that this is theirs.
func (n *node) own() {
	for i, item := range n.items {
		if item.in == nil && item.file == n.file && item.start >= n.start && item.end <= n.end {
			item.in, item.pos = n, i
		}
	}
}

func (m *tfModule) key(file *tfFile, e hclsyntax.Expression) string {
	if k, ok := e.(*hclsyntax.ObjectConsKeyExpr); ok {
		if t, ok := k.Wrapped.(*hclsyntax.ScopeTraversalExpr); ok && !k.ForceNonLiteral {
			return t.Traversal.RootName()
		}
		return m.value(file, k.Wrapped).text
	}
	return m.value(file, e).text
}

// template joins the parts of a quoted template; a reference that is not known
// stands as ${source}.
func (m *tfModule) template(file *tfFile, e *hclsyntax.TemplateExpr) *node {
	into := at(file, e)
	into.exact = true
	for _, part := range e.Parts {
		n := m.value(file, part)
		if n.kind == list || n.kind == object {
			n = opaqueAt(file, part)
		}
		into.text += n.text
		into.segs = append(into.segs, piece(file, part, n))
		into.refs = append(into.refs, n.refs...)
		into.exact = into.exact && n.exact && n.kind == scalar
		into.guess = into.guess || n.guess
	}
	return into
}

// traversed evaluates a reference. A text that is known is put in; what holds
// references of its own stays the name it has here. A list or object stands
// where its text does if nothing else of the module uses it.
func (m *tfModule) traversed(file *tfFile, e *hclsyntax.ScopeTraversalExpr) *node {
	n, foreign := m.resolve(e.Traversal)
	switch {
	case n == nil || n.kind == opaque || n.kind == scalar && !n.exact && !m.names,
		(n.kind != scalar || n.null) && n.guess, foreign && n.kind == list && !known(n):
		unknown := at(file, e)
		unknown.text = "${" + source(file, e) + "}"
		unknown.refs = []string{unknown.text}
		return unknown
	case n.kind == scalar:
		out := at(file, e)
		out.text, out.exact, out.null, out.guess, out.refs = n.text, n.exact, n.null, n.guess, n.refs
		out.segs = []seg{piece(file, e, n)}
		return out
	case m.once(e.Traversal):
		return n
	}
	return moved(n, file, e)
}

// once: the name is written at one place of the module, so that editing what
// it stands for changes nothing else. What iterates over a text is that text.
func (m *tfModule) once(t hcl.Traversal) bool {
	path := traversal(t)
	switch path[0] {
	case "local", "var":
		return m.uses(path[0]+"."+path[1]) == 1
	}
	return true
}

// known: the node holds no expression that was not evaluated.
func known(n *node) bool {
	if n.kind == opaque || n.kind == scalar && !n.exact || len(n.notes) > 0 {
		return false
	}
	return !slices.ContainsFunc(n.items, func(i *node) bool { return !known(i) }) &&
		!slices.ContainsFunc(n.members, func(m member) bool { return !known(m.value) })
}

// resolve follows a reference to what it stands for, or gives nil. What a
// caller gave is foreign: its references mean something else here.
func (m *tfModule) resolve(t hcl.Traversal) (n *node, foreign bool) {
	root := t.RootName()
	if bound, ok := m.vars[root]; ok {
		return bound.walk(t[1:]), false
	}
	if m.names {
		if n := m.nameOf(appendNames([]string{}, t)); n != nil {
			return n, false
		}
	}
	if len(t) < 2 {
		return nil, false
	}
	name, ok := t[1].(hcl.TraverseAttr)
	if !ok {
		return nil, false
	}
	switch root {
	case "local":
		if target := m.locals[name.Name]; target != nil {
			return m.part(target, t[2:]), false
		}
	case "var":
		return m.variable(name.Name, t[2:])
	}
	return nil, false
}

// variable is a part of what a variable stands for: what the caller gives,
// what a variables file that Terraform reads by itself says, else its default,
// which is a guess in a module that nobody of the repo calls.
func (m *tfModule) variable(name string, steps []hcl.Traverser) (n *node, foreign bool) {
	if given := m.given(name); given != nil {
		parent := m.parent
		if m.names {
			named := *parent
			named.names = true
			parent = &named
		}
		return parent.part(given, steps), true
	}
	if set := m.settings[name]; set != nil {
		return m.part(set, steps), false
	}
	d := m.defaults[name]
	if d == nil {
		return nil, false
	}
	n = m.part(d, steps)
	if n != nil && m.parent == nil {
		guess := *n
		guess.guess = true
		n = &guess
	}
	return n, false
}

// part evaluates a part of an expression, and no other member of the objects
// on the way there: configurations are large, and evaluated often.
func (m *tfModule) part(e hclsyntax.Expression, steps []hcl.Traverser) *node {
	for len(steps) > 0 {
		object, ok := e.(*hclsyntax.ObjectConsExpr)
		step, named := steps[0].(hcl.TraverseAttr)
		if !ok || !named {
			break
		}
		value := memberOf(object, step.Name)
		if value == nil {
			break
		}
		e, steps = value, steps[1:]
	}
	return m.remembered(e).walk(steps)
}

// remembered evaluates what a local or variable stands for once: nothing that
// iterates can be part of it.
func (m *tfModule) remembered(e hclsyntax.Expression) *node {
	key := memoKey{e, m.names}
	if n := m.memo[key]; n != nil {
		return n
	}
	outer := *m
	outer.vars = nil
	n := outer.value(m.fileOf(e), e)
	if m.steps <= maxSteps && !m.cut {
		m.memo[key] = n
	}
	return n
}

type memoKey struct {
	e     hclsyntax.Expression
	names bool
}

// memberOf is the member of a plain name, or nil.
func memberOf(e *hclsyntax.ObjectConsExpr, name string) hclsyntax.Expression {
	for _, item := range e.Items {
		if hcl.ExprAsKeyword(item.KeyExpr) == name {
			return item.ValueExpr
		}
	}
	return nil
}

// walk takes steps into objects and lists; nil if a step is not known.
func (n *node) walk(steps []hcl.Traverser) *node {
	for _, step := range steps {
		if n == nil {
			return nil
		}
		switch step := step.(type) {
		case hcl.TraverseAttr:
			n = n.inside(step.Name)
		case hcl.TraverseIndex:
			n = n.inside(literalText(step.Key))
		default:
			return nil
		}
	}
	return n
}

// inside is the member or item of a name or number, or nil. What is inside a
// guess is one.
func (n *node) inside(key string) *node {
	var out *node
	switch i, err := strconv.Atoi(key); {
	case n.kind == object:
		out = n.get(key)
	case n.kind == list && err == nil && i >= 0 && i < len(n.items) && !slices.ContainsFunc(n.items[:i+1], func(n *node) bool { return n.kind == opaque }):
		out = n.items[i]
	}
	if out != nil && n.guess {
		guess := *out
		guess.guess = true
		return &guess
	}
	return out
}
