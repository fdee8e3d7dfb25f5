package diff

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

func itoa(i int) string { return strconv.Itoa(i) }

// value turns an HCL expression into a node: literals, templates, objects and
// tuples; anything else stands as its source.
func (m *tfModule) value(file *tfFile, e hclsyntax.Expression) *node {
	r := e.Range()
	n := &node{start: r.Start.Byte, end: r.End.Byte, style: hclList}
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		n.text, n.exact = literalText(e.Val), true
	case *hclsyntax.TemplateExpr:
		m.template(file, e, n)
	case *hclsyntax.TemplateWrapExpr:
		inner := m.value(file, e.Wrapped)
		n.text, n.exact, n.refs = inner.text, inner.exact, inner.refs
	case *hclsyntax.ParenthesesExpr:
		return m.value(file, e.Expression)
	case *hclsyntax.TupleConsExpr:
		n.kind = list
		for _, item := range e.Exprs {
			n.items = append(n.items, m.value(file, item))
		}
	case *hclsyntax.ObjectConsExpr:
		n.kind = object
		for _, item := range e.Items {
			n.members = append(n.members, member{m.key(file, item.KeyExpr), m.value(file, item.ValueExpr)})
		}
	case *hclsyntax.ScopeTraversalExpr:
		if known, ok := m.reference(file, e); ok {
			n.text, n.exact = known, true
			break
		}
		n.text = "${" + source(file, e) + "}"
		n.refs = []string{n.text}
	default:
		n.kind = opaque
		n.text = "${" + source(file, e) + "}"
		n.refs = []string{n.text}
	}
	return n
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
func (m *tfModule) template(file *tfFile, e *hclsyntax.TemplateExpr, into *node) {
	into.exact = true
	for _, part := range e.Parts {
		n := m.value(file, part)
		into.text += n.text
		into.refs = append(into.refs, n.refs...)
		into.exact = into.exact && n.exact && n.kind == scalar
	}
}

// reference evaluates locals and variable defaults that are plain texts.
func (m *tfModule) reference(file *tfFile, e *hclsyntax.ScopeTraversalExpr) (string, bool) {
	path := traversal(e.Traversal)
	if len(path) != 2 {
		return "", false
	}
	var target hclsyntax.Expression
	switch path[0] {
	case "local":
		target = m.locals[path[1]]
	case "var":
		if given := m.given(path[1]); given != nil {
			n := m.parent.value(m.parent.fileOf(given), given)
			return n.text, n.kind == scalar && n.exact
		}
		target = m.defaults[path[1]]
	}
	switch t := target.(type) {
	case *hclsyntax.LiteralValueExpr:
		return literalText(t.Val), !t.Val.IsNull()
	case *hclsyntax.TemplateExpr:
		if t.IsStringLiteral() {
			var n node
			m.template(m.fileOf(t), t, &n)
			return n.text, n.exact
		}
	}
	return "", false
}

// text evaluates an attribute of a block.
func (m *tfModule) text(b *tfBlock, attribute string) string {
	a := b.block.Body.Attributes[attribute]
	if a == nil {
		if prefix := b.block.Body.Attributes[attribute+"_prefix"]; prefix != nil {
			return m.value(b.file, prefix.Expr).text + "*"
		}
		return "*"
	}
	return m.value(b.file, a.Expr).text
}

// holders lists who holds a policy, by name or pattern.
func (m *tfModule) holders(b *tfBlock) []string {
	switch b.kind {
	case "aws_iam_role":
		return []string{m.text(b, "name")}
	case "aws_iam_role_policy":
		return []string{m.roleName(b, "role")}
	case "aws_iam_policy":
		return m.attached(b)
	}
	return []string{}
}

// roleName follows `role = aws_iam_role.app.name` to the role's name.
func (m *tfModule) roleName(b *tfBlock, attribute string) string {
	a := b.block.Body.Attributes[attribute]
	if a == nil {
		return "*"
	}
	expr := a.Expr
	if index, ok := expr.(*hclsyntax.IndexExpr); ok {
		expr = index.Collection
	}
	if t, ok := expr.(*hclsyntax.ScopeTraversalExpr); ok {
		if path := traversal(t.Traversal); len(path) >= 2 && path[0] == "aws_iam_role" {
			if role := m.blocks["aws_iam_role."+path[1]]; role != nil {
				return m.text(role, "name")
			}
		}
	}
	return m.value(b.file, a.Expr).text
}

// attached lists the roles an aws_iam_policy is attached to in its module.
func (m *tfModule) attached(policy *tfBlock) []string {
	roles := []string{}
	for _, b := range m.order {
		if m.lists(b, policy) {
			roles = append(roles, m.text(b, "name"))
		}
		a := b.block.Body.Attributes["policy_arn"]
		if b.kind != "aws_iam_role_policy_attachment" || a == nil {
			continue
		}
		if t, ok := a.Expr.(*hclsyntax.ScopeTraversalExpr); ok {
			if path := traversal(t.Traversal); len(path) >= 2 && path[0]+"."+path[1] == policy.address {
				roles = append(roles, m.roleName(b, "role"))
			}
		}
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// lists: the role names the policy among its managed_policy_arns.
func (m *tfModule) lists(role, policy *tfBlock) bool {
	a := role.block.Body.Attributes["managed_policy_arns"]
	return role.kind == "aws_iam_role" && a != nil && strings.Contains(source(role.file, a.Expr), policy.address+".arn")
}

// bounds: the policy is a permissions boundary of some role or user, itself or
// through a module's argument of such a name, and attached to none.
func (m *tfModule) bounds(policy *tfBlock) bool {
	blocks := slices.Clone(m.calls)
	for _, b := range m.order {
		blocks = append(blocks, b.block)
	}
	for _, b := range blocks {
		for name, a := range b.Body.Attributes {
			if strings.Contains(name, "boundary") && strings.HasPrefix(source(m.fileOf(a.Expr), a.Expr), policy.address+".") {
				return len(m.attached(policy)) == 0
			}
		}
	}
	return false
}

// setName follows a permission-set inline policy to the set's name.
func (m *tfModule) setName(b *tfBlock) string {
	a := b.block.Body.Attributes["permission_set_arn"]
	if a == nil {
		return ""
	}
	if t, ok := a.Expr.(*hclsyntax.ScopeTraversalExpr); ok {
		if path := traversal(t.Traversal); len(path) >= 2 {
			if set := m.blocks[path[0]+"."+path[1]]; set != nil {
				return m.text(set, "name")
			}
		}
	}
	return ""
}
