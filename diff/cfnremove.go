package diff

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// site is where a policy of a template can be taken out: an item of a list of
// policies, or a resource.
type site struct {
	root, resources *node
	logical         string
	list            *node // nil: the resource itself goes
	index           int
}

// takeOut makes the patch that takes a policy out of its template, with what
// attaches it.
func (f *Found) takeOut(dir string) (Patch, error) {
	s := &splicer{source: f.source}
	var err error
	switch properties := f.site.resources.get(f.site.logical).get("Properties"); {
	case f.site.list == nil:
		err = f.site.resource(s)
	case len(f.site.list.items) > 1:
		s.remove(f.site.list, []int{f.site.index})
	default:
		err = s.member(properties, "Policies")
	}
	if err != nil {
		return Patch{}, fmt.Errorf("nothing of the policy would be left: %w; remove it by hand", err)
	}
	edits, err := s.sorted()
	if err != nil {
		return Patch{}, err
	}
	patch := Patch{Files: []FileEdit{{f.File, f.source, apply(f.source, edits), edits}}}
	return patch, f.goneFrom(dir, patch)
}

// resource takes a policy's resource out, and the roles' references to it.
func (t *site) resource(s *splicer) error {
	for _, m := range t.resources.members {
		arns := m.value.get("Properties").get("ManagedPolicyArns")
		if arns == nil || arns.kind != list {
			continue
		}
		i := slices.IndexFunc(arns.items, t.is)
		if i < 0 {
			continue
		}
		var err error
		if len(arns.items) > 1 {
			s.remove(arns, []int{i})
		} else {
			err = s.member(m.value.get("Properties"), "ManagedPolicyArns")
		}
		if err != nil {
			return err
		}
	}
	if at := t.named(t.root, ""); at != "" {
		return fmt.Errorf("%s names it", at)
	}
	return s.member(t.resources, t.logical)
}

// is: the node is the reference to the resource.
func (t *site) is(n *node) bool { return n.text == "${"+t.logical+"}" }

// named is where something else of the template names the resource.
func (t *site) named(n *node, path string) string {
	for _, m := range n.members {
		if n == t.resources && m.key == t.logical {
			continue
		}
		if m.key == "DependsOn" && slices.ContainsFunc(m.value.list(), func(d *node) bool { return d.text == t.logical }) {
			return path + "/DependsOn"
		}
		if m.key == "ManagedPolicyArns" && m.value.kind == list && slices.ContainsFunc(m.value.items, t.is) {
			continue
		}
		if at := t.named(m.value, path+"/"+m.key); at != "" {
			return at
		}
	}
	for i, item := range n.items {
		if at := t.named(item, path+"/"+itoa(i)); at != "" {
			return at
		}
	}
	for _, ref := range n.refs {
		if name := strings.Trim(ref, "${}"); name == t.logical || strings.HasPrefix(name, t.logical+".") {
			return path
		}
	}
	if n.kind == opaque && strings.Contains(n.text, t.logical) {
		return path
	}
	return ""
}

// member takes a member out of a mapping, with the comment above it.
func (s *splicer) member(n *node, key string) error {
	i := slices.IndexFunc(n.members, func(m member) bool { return m.key == key })
	if i < 0 || len(n.members) < 2 {
		return errors.New("nothing would stand beside it")
	}
	value := n.members[i].value
	start, last := lineStart(s.source, value.key), i == len(n.members)-1
	switch block := n.end == 0 || s.source[n.start] != '{'; {
	case value.shared:
		return errShared
	case !block && !last:
		s.edits = append(s.edits, edit{value.key, n.members[i+1].value.key, ""})
	case !block:
		s.edits = append(s.edits, edit{n.members[i-1].value.end, value.end, ""})
	case strings.TrimSpace(string(s.source[start:value.key])) != "":
		return errors.New("it stands behind a dash")
	default:
		s.edits = append(s.edits, s.blockMember(start, lineEnd(s.source, max(value.key, value.end-1))))
	}
	return nil
}

// blockMember removes whole lines, the comment above and one of two blank
// lines.
func (s *splicer) blockMember(start, end int) edit {
	above := func() (int, string) {
		at := lineStart(s.source, max(start-1, 0))
		return at, strings.TrimSpace(string(s.source[at:start]))
	}
	for start > 0 {
		at, line := above()
		if !strings.HasPrefix(line, "#") {
			break
		}
		start = at
	}
	below := strings.TrimSpace(string(s.source[end:lineEnd(s.source, end)]))
	if at, line := above(); start > 0 && line == "" && below == "" {
		start = at
	}
	return edit{start, end, ""}
}

// goneFrom reads the edited template again: this policy is gone, every other
// says what it did, in the same order.
func (f *Found) goneFrom(dir string, patch Patch) error {
	path := filepath.Clean(filepath.Join(dir, filepath.FromSlash(f.File)))
	before, err := findAgain(dir, f, map[string][]byte{path: patch.Files[0].Before})
	if err != nil {
		return err
	}
	after, err := findAgain(dir, f, map[string][]byte{path: patch.Files[0].After})
	if err != nil {
		return err
	}
	before = slices.DeleteFunc(before, func(b Found) bool { return b.Address == f.Address })
	return sameBesides(before, after)
}
