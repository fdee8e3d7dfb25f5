package diff

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// closing is the length of the "${…}" or "%{…}" that text begins with. Braces
// in quoted strings inside do not count; templates in those do.
func closing(text string) int {
	depth := 0
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '{':
			depth++
		case '}':
			depth--
			if depth == 0 {
				return i + 1
			}
		case '"':
			i += stringLength(text[i:]) - 1
		}
	}
	return len(text)
}

// stringLength is the length of the quoted string that an expression has at
// its begin, 1 if it does not end.
func stringLength(text string) int {
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case text[i] == '"':
			return i + 1
		case strings.HasPrefix(text[i:], "$${"), strings.HasPrefix(text[i:], "%%{"):
			i += 2
		case strings.HasPrefix(text[i:], "${"), strings.HasPrefix(text[i:], "%{"):
			i += closing(text[i:]) - 1
		}
	}
	return 1
}

// references lists the references inside a node, sorted, each once; of those
// that stand in files, only the ones of a folder, if one is named: they mean
// nothing in another module.
func (n *node) references(folder string) []string {
	var out []string
	var walk func(*node)
	walk = func(n *node) {
		if folder == "" || n.file == nil || filepath.Dir(n.file.path) == folder {
			out = append(out, n.refs...)
		}
		for _, i := range n.items {
			walk(i)
		}
		for _, m := range n.members {
			walk(m.value)
		}
	}
	walk(n)
	slices.Sort(out)
	return slices.Compact(out)
}

// mark brackets the references of a text with a byte that no policy holds, so
// that a comparison tells a reference from a literal that is spelled like it.
func mark(text string, refs []string) string {
	var b strings.Builder
	for _, p := range partsOf(text, refs) {
		if p.ref {
			b.WriteString("\x00" + p.text + "\x00")
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// markPolicy marks the references in a policy.
func markPolicy(p *iam.Policy, refs []string) *iam.Policy {
	out := *p
	out.Statements = slices.Clone(p.Statements)
	for i := range out.Statements {
		s := &out.Statements[i]
		s.Sid = mark(s.Sid, refs)
		for _, list := range []*[]iam.Pattern{&s.Action, &s.NotAction, &s.Resource, &s.NotResource} {
			*list = slices.Clone(*list)
			for j, e := range *list {
				(*list)[j] = iam.Pattern(mark(string(e), refs))
			}
		}
		s.Condition = slices.Clone(s.Condition)
		for j := range s.Condition {
			s.Condition[j].Values = slices.Clone(s.Condition[j].Values)
			for k, v := range s.Condition[j].Values {
				s.Condition[j].Values[k] = mark(v, refs)
			}
		}
	}
	return &out
}

// marked is the policy as found with its references marked, nil if it could
// not be read.
func (f *Found) marked() *iam.Policy {
	if f.Policy == nil || f.node == nil {
		return f.Policy
	}
	p, err := policyOf(f.node.mark())
	if err != nil {
		return nil
	}
	return markPolicy(p, nil)
}

// mark is a copy of the node with the references in its texts marked. Keys and
// principals stay: they never change.
func (n *node) mark() *node {
	out := *n
	out.text = mark(n.text, n.refs)
	out.items, out.members = nil, nil
	for _, i := range n.items {
		out.items = append(out.items, i.mark())
	}
	for _, m := range n.members {
		value := m.value
		if m.key != "Version" && m.key != "Id" && m.key != "Effect" && m.key != "Principal" && m.key != "NotPrincipal" {
			value = value.mark()
		}
		out.members = append(out.members, member{m.key, value})
	}
	return &out
}
