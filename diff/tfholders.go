package diff

import (
	"cmp"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// attachment is a place that gives policies to roles: an attachment resource,
// the managed_policy_arns of a role, or a permissions boundary.
type attachment struct {
	m        *tfModule
	block    *tfBlock
	roles    string // attribute that names the roles
	boundary bool
	item     *node // of an ARN in a list: the element
}

// attaching names, for a resource type, the attributes that hold policies and
// those that name who gets them.
//
// Source: Terraform AWS provider, the page of each resource.
var attaching = map[string][]struct {
	policies, roles string
	boundary        bool
}{
	"aws_iam_role_policy_attachment":            {{"policy_arn", "role", false}},
	"aws_iam_policy_attachment":                 {{"policy_arn", "roles", false}},
	"aws_iam_role_policy_attachments_exclusive": {{"policy_arns", "role_name", false}},
	"aws_iam_role":                              {{"managed_policy_arns", "name", false}, {"permissions_boundary", "name", true}},
	"aws_iam_user":                              {{"permissions_boundary", "", true}},
	"aws_iam_user_policy_attachment":            {{"policy_arn", "", false}},
	"aws_iam_group_policy_attachment":           {{"policy_arn", "", false}},
}

// attachments lists, by the policy's address, what gives it to whom, in the
// module and those it calls.
func (m *tfModule) attachments() map[string][]attachment {
	out := map[string][]attachment{}
	m.attach(out)
	return out
}

func (m *tfModule) attach(into map[string][]attachment) {
	for _, b := range m.order {
		for _, a := range attaching[b.kind] {
			attribute := b.block.Body.Attributes[a.policies]
			if attribute == nil {
				continue
			}
			for _, policy := range m.reached(b, attribute.Expr) {
				into[policy] = append(into[policy], attachment{m: m, block: b, roles: a.roles, boundary: a.boundary})
			}
		}
	}
	// What is given to a module that is not here as a boundary is one.
	for _, call := range m.calls {
		if len(call.Labels) != 1 || m.children[call.Labels[0]] != nil {
			continue
		}
		for name, a := range call.Body.Attributes {
			if strings.Contains(name, "boundary") {
				for _, policy := range m.reached(nil, a.Expr) {
					into[policy] = append(into[policy], attachment{m: m, boundary: true})
				}
			}
		}
	}
	for _, name := range sortedNames(m.children) {
		m.children[name].attach(into)
	}
}

// reached lists the addresses of the policies that an expression names, through
// locals, variables, outputs and for_each.
func (m *tfModule) reached(b *tfBlock, e hclsyntax.Expression) []string {
	seen := map[string]bool{}
	m.reach(b, e, seen, 0)
	return sortedNames(seen)
}

func (m *tfModule) reach(b *tfBlock, e hclsyntax.Expression, into map[string]bool, depth int) {
	if depth > 8 {
		return
	}
	for _, t := range e.Variables() {
		path := appendNames([]string{}, t)
		if len(path) < 2 {
			continue
		}
		switch path[0] {
		case "aws_iam_policy":
			into[m.prefix+"aws_iam_policy."+path[1]] = true
		case "local":
			if target := m.locals[path[1]]; target != nil {
				m.reach(nil, target, into, depth+1)
			}
		case "var":
			if given := m.given(path[1]); given != nil {
				m.parent.reach(m.parent.caller(m.call), given, into, depth+1)
			}
		case "module":
			if child := m.children[path[1]]; child != nil && len(path) > 2 && child.outputs[path[2]] != nil {
				child.reach(nil, child.outputs[path[2]], into, depth+1)
			}
		case "each", "count":
			for _, repeats := range []string{"for_each", "count"} {
				if b != nil && b.block.Body.Attributes[repeats] != nil {
					m.reach(nil, b.block.Body.Attributes[repeats].Expr, into, depth+1)
				}
			}
		}
	}
}

// caller is a module call as a block.
func (m *tfModule) caller(call *hclsyntax.Block) *tfBlock {
	return &tfBlock{"module." + call.Labels[0], "", call, m.files[call.Range().Filename]}
}

// holders lists who holds a policy, by name or pattern.
func (m *tfModule) holders(b *tfBlock) []string {
	switch b.kind {
	case "aws_iam_role":
		return m.namesOf(b, "name")
	case "aws_iam_role_policy":
		return m.namesOf(b, "role")
	case "aws_iam_policy":
		names := []string{}
		for _, a := range m.index[m.prefix+b.address] {
			if !a.boundary && a.block != nil {
				names = append(names, a.m.namesOf(a.block, a.roles)...)
			}
		}
		return compactNames(names)
	}
	return []string{}
}

// bounded lists the roles whose permissions boundary a policy is; nil if it is
// none's, or attached to a user or group as well.
func (m *tfModule) bounded(b *tfBlock) []string {
	var names []string
	for _, a := range m.index[m.prefix+b.address] {
		if !a.boundary {
			return nil
		}
		if names == nil {
			names = []string{}
		}
		if a.block != nil {
			names = append(names, a.m.namesOf(a.block, a.roles)...)
		}
	}
	if names == nil {
		return nil
	}
	return compactNames(names)
}

// namesOf evaluates an attribute that names roles to names and patterns, for
// every instance of the block.
func (m *tfModule) namesOf(b *tfBlock, attribute string) []string {
	names := []string{}
	if attribute == "" {
		return names
	}
	var scopes []scope
	if m.vars["each"] == nil && m.vars["count"] == nil {
		scopes = m.repeated(b)
	}
	if len(scopes) == 0 || len(scopes) > maxInstances {
		scopes = []scope{{m: m}}
	}
	for _, s := range scopes {
		named := *s.m
		named.names = true
		names = append(names, named.texts(b, attribute)...)
	}
	return compactNames(names)
}

// texts are the names an attribute gives, as patterns.
func (m *tfModule) texts(b *tfBlock, attribute string) []string {
	a := b.block.Body.Attributes[attribute]
	if a == nil {
		return []string{rolePattern(m.text(b, attribute))}
	}
	n := m.value(b.file, a.Expr)
	if n.kind != list {
		return []string{rolePattern(m.text(b, attribute))}
	}
	var out []string
	for _, i := range n.items {
		out = append(out, rolePattern(i.text))
	}
	return out
}

// rolePattern is a name with what is not known of it as one wildcard; nothing
// known is any name.
func rolePattern(text string) string {
	pattern := string(namePattern(text))
	for strings.Contains(pattern, "**") {
		pattern = strings.ReplaceAll(pattern, "**", "*")
	}
	return cmp.Or(pattern, "*")
}

// text evaluates an attribute of a block. A name that is null or left out is
// one that a prefix begins, if any.
func (m *tfModule) text(b *tfBlock, attribute string) string {
	if a := b.block.Body.Attributes[attribute]; a != nil {
		if n := m.value(b.file, a.Expr); !n.null {
			return n.text
		}
	}
	if prefix := b.block.Body.Attributes[attribute+"_prefix"]; prefix != nil {
		return m.value(b.file, prefix.Expr).text + "*"
	}
	return "*"
}

// nameOf is the name of the role that a reference names, through outputs, or
// nil.
func (m *tfModule) nameOf(path []string) *node {
	if len(path) < 2 {
		return nil
	}
	var n *node
	rest := path[2:]
	switch path[0] {
	case "aws_iam_role":
		role := m.blocks["aws_iam_role."+path[1]]
		if role == nil {
			return nil
		}
		inner := m.unbind("each").unbind("count")
		name := &node{kind: list}
		for _, text := range inner.namesOf(role, "name") {
			name.items = append(name.items, &node{text: text, exact: true})
		}
		if len(name.items) == 1 {
			name = name.items[0]
		}
		n = &node{kind: object, members: []member{{"name", name}, {"id", name}, {"arn", name}}}
	case "module":
		child := m.children[path[1]]
		if child == nil || len(path) < 3 || child.outputs[path[2]] == nil {
			return nil
		}
		named := *child
		named.names = true
		n = named.value(child.fileOf(child.outputs[path[2]]), child.outputs[path[2]])
		rest = path[3:]
	}
	for _, name := range rest {
		if n != nil {
			n = n.inside(name)
		}
	}
	return n
}

// setName follows a permission-set inline policy to the set's name.
func (m *tfModule) setName(b *tfBlock) string {
	a := b.block.Body.Attributes["permission_set_arn"]
	if a == nil {
		return ""
	}
	if path := pathOf(a.Expr); len(path) >= 2 {
		if set := m.blocks[path[0]+"."+path[1]]; set != nil {
			return m.text(set, "name")
		}
	}
	return ""
}
