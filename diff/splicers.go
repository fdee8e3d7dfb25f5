package diff

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/pruner/pruner/iam"
)

// splicers are those of all files that a policy stands in.
type splicers struct {
	own   *splicer // of the policy's own file
	path  string   // of that file
	quote speller  // the policy's
	root  *node
	files map[string]*splicer // by path
}

// at is the splicer for the file that a node stands in.
func (s *splicers) at(n *node) *splicer {
	if n.file == nil || n.file.path == s.path {
		return s.own
	}
	one := s.files[n.file.path]
	if one == nil {
		one = &splicer{source: n.file.source, refs: s.root.references(filepath.Dir(n.file.path)), evaluated: s.own.evaluated}
		s.files[n.file.path] = one
	}
	one.quote = s.quote
	return one
}

// policy changes the document at n, which says old, into new. Only Action and
// Resource lists may lose or gain elements, and statements may go.
func (s *splicers) policy(n *node, old, new *iam.Policy) error {
	if old.Version != new.Version || old.ID != new.ID {
		return fmt.Errorf("only Action, Resource and whole statements can be changed in place")
	}
	statements := n.get("Statement")
	items := statements.read()
	var gone []*node
	pairs, ok := align(old.Statements, new.Statements)
	if !ok {
		return fmt.Errorf("a statement of the new policy is none of the old ones made smaller")
	}
	for i, j := range pairs {
		if j < 0 {
			gone = append(gone, items[i])
			continue
		}
		if err := s.statement(items[i], &old.Statements[i], &new.Statements[j]); err != nil {
			return err
		}
	}
	switch {
	case len(gone) == len(statements.list()):
		return fmt.Errorf("nothing of the policy would be left: remove the policy and its attachments instead")
	case len(gone) > 0 && statements.kind != list:
		return fmt.Errorf("the only statement would go")
	case len(gone) > 0 && statements.shared:
		return errShared
	}
	return s.removeAll(statements, gone)
}

// removeAll takes statements out of the lists that they stand in.
func (s *splicers) removeAll(n *node, gone []*node) error {
	homes := map[*node][]int{}
	var order []*node
	for i, item := range n.items {
		if !slices.Contains(gone, item) {
			continue
		}
		if r := s.root.region(item); r != nil {
			at := s.at(item)
			at.edits = append(at.edits, edit{r.start, at.blank(r.start, r.end), ""})
			continue
		}
		if i > 0 && s.root.closesWithin(item) && !slices.Contains(gone, n.items[i-1]) {
			at := s.at(item)
			at.edits = append(at.edits, edit{n.items[i-1].lastEnd(), item.lastEnd(), ""})
			continue
		}
		home, pos := n.home(i)
		if home == n && n.joint {
			return fmt.Errorf("a statement that would go is made by an expression")
		}
		if homes[home] == nil {
			order = append(order, home)
		}
		homes[home] = append(homes[home], pos)
	}
	for _, home := range order {
		slices.Sort(homes[home])
		s.at(home).empty(home, homes[home])
	}
	return nil
}

// region is what a template's directive decides on if that is this statement
// alone, or nil: the statement goes with the directive.
func (n *node) region(statement *node) *span {
	for i := range n.regions {
		r := &n.regions[i]
		covered := 0
		for _, other := range n.get("Statement").read() {
			if r.covers(other) {
				covered++
			}
		}
		if covered == 1 && r.covers(statement) {
			return r
		}
	}
	return nil
}

// closesWithin: a directive of the template ends between what the statement
// says and its brace, so that the brace of the one before has to go instead.
func (n *node) closesWithin(statement *node) bool {
	return len(statement.members) > 0 && slices.ContainsFunc(n.regions, func(r span) bool {
		return r.start < statement.start && r.end > statement.lastEnd() && r.end < statement.end
	})
}

// lastEnd is where the last member of an object ends, else the object begins.
func (n *node) lastEnd() int {
	if len(n.members) == 0 {
		return n.start + 1
	}
	return n.members[len(n.members)-1].value.end
}

// covers: all that the statement says stands in the range, its braces aside.
func (r span) covers(statement *node) bool {
	for _, m := range statement.members {
		if m.value.start < r.start || m.value.end > r.end {
			return false
		}
	}
	return len(statement.members) > 0
}

func (s *splicers) statement(n *node, old, new *iam.Statement) error {
	if turned(old, new) {
		if err := s.turn(n, old, new); err != nil {
			return fmt.Errorf("%s: %w", exclusionName(old), err)
		}
		one := *old
		one.Action, one.NotAction = new.Action, new.NotAction
		old = &one
	}
	for _, part := range []struct {
		name     string
		old, new []iam.Pattern
	}{{"Action", old.Action, new.Action}, {"NotAction", old.NotAction, new.NotAction}, {"Resource", old.Resource, new.Resource}} {
		if slices.Equal(part.old, part.new) {
			continue
		}
		value := n.get(part.name)
		if value == nil {
			return fmt.Errorf("%s: it is not there", part.name)
		}
		one := s.at(value)
		if n.quote != nil {
			one.quote = n.quote
		}
		err := s.values(one, value, part.old, part.new)
		s.own.quote = s.quote
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// values changes the elements of a list, each in the list that it stands in,
// or a scalar into a list.
func (s *splicers) values(one *splicer, n *node, old, new []iam.Pattern) error {
	if n.kind == opaque && slices.Contains(new, old[0]) {
		return fmt.Errorf("it is an expression, not a list that can be edited")
	}
	if n.kind != list || !n.joint && !n.made {
		return one.values(n, old, new)
	}
	if n.made {
		return one.rewrite(n, old, new)
	}
	gone := surplus(old, new)
	added, err := one.spell(n, old, new)
	if err != nil {
		return err
	}
	homes := map[*node][]int{}
	var order []*node
	for _, i := range gone {
		home, pos := n.home(i)
		if home == n {
			return fmt.Errorf("%s is made by an expression", old[i])
		}
		if homes[home] == nil {
			order = append(order, home)
		}
		homes[home] = append(homes[home], pos)
	}
	if len(order) == 0 {
		return fmt.Errorf("the list is made of several, and nothing of it goes")
	}
	for i, home := range order {
		at := s.at(home)
		if i == 0 && len(added) > 0 {
			if at != one {
				if added, err = s.elsewhere(one, home, n, old, new); err != nil {
					return err
				}
			}
			at.put(home, homes[home], added)
			continue
		}
		at.empty(home, homes[home])
	}
	return nil
}

// elsewhere spells the new elements for a list that stands in another file of the
// module.
func (s *splicers) elsewhere(one *splicer, home, n *node, old, new []iam.Pattern) ([]string, error) {
	if n.file == nil || home.file == nil || filepath.Dir(home.file.path) != filepath.Dir(n.file.path) {
		return nil, fmt.Errorf("a new element would stand in another module")
	}
	at := s.at(home)
	at.quote = one.quote
	return at.spell(n, old, new)
}
