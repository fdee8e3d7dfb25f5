package diff

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// inState is the reference by which a policy's module, or its template, names
// what an ARN belongs to, as a state says, and what follows it. Two resources
// of one ARN, and one that itself rests on the policy's role, give none.
func (f *Found) inState(arn string, states []*State) (ref, rest string) {
	for _, s := range states {
		for i := range s.made {
			m := &s.made[i]
			own, is := m.ownARN(arn)
			after, begins := strings.CutPrefix(arn, own)
			if !is || !begins || after != "" && after[0] != '/' && after[0] != ':' {
				continue
			}
			name := f.names(s, m)
			if name == "" || ref == name && rest == after {
				continue
			}
			if ref != "" {
				return "", ""
			}
			ref, rest = name, after
		}
	}
	return ref, rest
}

// ownARN is the ARN of what was made, if it is of the partition of another; of a
// stack's resources only those are known whose physical ID tells it.
//
// Source: CloudFormation Template Reference, "Ref" return values: a bucket's is
// its name, of a topic and others the ARN.
func (m *made) ownARN(like string) (arn string, ok bool) {
	partition, _, is := strings.Cut(strings.TrimPrefix(like, "arn:"), ":")
	switch {
	case strings.HasPrefix(m.arn, "arn:"):
		return m.arn, true
	case m.kind == "AWS::S3::Bucket" && m.name != "" && is:
		return "arn:" + partition + ":s3:::" + m.name, true
	}
	return "", false
}

// names is how the policy's code refers to the ARN of what a state says was
// made of a resource of the same module or template, or "".
func (f *Found) names(s *State, m *made) string {
	if f.mod == nil {
		return f.namesLogical(s, m)
	}
	if s.root() != f.from.folderOf(f.root) {
		return ""
	}
	local, ok := strings.CutPrefix(m.address, f.mod.prefix)
	if f.mod.prefix == "" {
		ok = !strings.HasPrefix(local, "module.")
	}
	b := f.mod.blocks[index.ReplaceAllString(local, "")]
	if !ok || b == nil || f.resource != nil && f.mod.rests(b, f.resource.address) {
		return ""
	}
	return "${" + local + ".arn}"
}

// namesLogical is [Found.names] for a resource of the policy's own template.
func (f *Found) namesLogical(s *State, m *made) string {
	switch {
	case f.form == nil || f.form.plain || f.form.variables || s.folder != f.File || f.site == nil || f.site.rests(m.address):
		return ""
	case strings.HasPrefix(m.arn, "arn:"):
		return "${" + m.address + "}"
	}
	return "${" + m.address + ".Arn}"
}

// root is the folder of the state's root module, "." for the repo's own.
func (s *State) root() string {
	if s.folder == "" {
		return "."
	}
	return s.folder
}

func (f *finder) folderOf(root string) string { return relative(f.repo, root) }

// rests: the block names the address, or something that does: a reference to
// it from there would go round in a circle.
func (m *tfModule) rests(b *tfBlock, address string) bool {
	seen := map[string]bool{}
	var walk func(name string) bool
	walk = func(name string) bool {
		if seen[name] {
			return false
		}
		seen[name] = true
		if name == address {
			return true
		}
		return slices.ContainsFunc(m.namedBy(name), walk)
	}
	return walk(b.address)
}

// namedBy lists the blocks and locals that a block's or local's expressions
// name.
func (m *tfModule) namedBy(name string) []string {
	var out []string
	add := func(e hclsyntax.Expression) {
		for _, t := range e.Variables() {
			path := traversal(t)
			for n := 2; n <= min(3, len(path)); n++ {
				if at := strings.Join(path[:n], "."); m.blocks[at] != nil || n == 2 && path[0] == "local" {
					out = append(out, at)
				}
			}
		}
	}
	if local, is := strings.CutPrefix(name, "local."); is {
		if e := m.locals[local]; e != nil {
			add(e)
		}
		return out
	}
	if b := m.blocks[name]; b != nil {
		everyExpression(b.block.Body, add)
	}
	return out
}

func everyExpression(body *hclsyntax.Body, visit func(hclsyntax.Expression)) {
	for _, name := range sortedNames(body.Attributes) {
		visit(body.Attributes[name].Expr)
	}
	for _, b := range body.Blocks {
		everyExpression(b.Body, visit)
	}
}

// rests: the resource names the policy's own, or another that does.
func (t *site) rests(logical string) bool {
	seen := map[string]bool{}
	var walk func(name string) bool
	walk = func(name string) bool {
		if name == t.logical {
			return true
		}
		if seen[name] {
			return false
		}
		seen[name] = true
		from := t.resources.get(name)
		return from != nil && slices.ContainsFunc(t.resources.members, func(m member) bool { return from.mentions(m.key) && walk(m.key) })
	}
	return t.resources.get(logical) == nil || walk(logical)
}

// mentions: something in the node refers to a resource, or depends on it.
func (n *node) mentions(logical string) bool {
	for _, m := range n.members {
		if m.key == "DependsOn" && slices.ContainsFunc(m.value.list(), func(d *node) bool { return d.text == logical }) || m.value.mentions(logical) {
			return true
		}
	}
	return slices.ContainsFunc(n.items, func(i *node) bool { return i.mentions(logical) }) ||
		n.kind == opaque && strings.Contains(n.text, logical) ||
		slices.ContainsFunc(n.refs, func(ref string) bool {
			name := strings.Trim(ref, "${}")
			return name == logical || strings.HasPrefix(name, logical+".")
		})
}
