package diff

import (
	"bytes"
	"errors"
	"regexp"
	"slices"

	"github.com/pruner/pruner/iam"
)

// turned: a grants all actions but some, and b names those that stay; or a grants
// all, and b those that go.
func turned(a, b *iam.Statement) bool {
	if a.NotAction == nil {
		return b.Action == nil && len(b.NotAction) > 0 && slices.Contains(a.Action, "*")
	}
	return a.Action == nil && b.NotAction == nil && len(b.Action) > 0 &&
		!slices.ContainsFunc(b.Action, func(p iam.Pattern) bool {
			return slices.ContainsFunc(a.NotAction, func(not iam.Pattern) bool { return not.Fold().Covers(p.Fold()) })
		})
}

// extended: both grant all actions but some, b all but more.
func extended(a, b *iam.Statement) bool {
	return a.NotAction != nil && a.Action == nil && b.Action == nil && len(b.NotAction) > len(a.NotAction) &&
		!slices.ContainsFunc(a.NotAction, func(p iam.Pattern) bool { return !slices.Contains(b.NotAction, p) })
}

// actionsKey is the name of a list of granted or excluded actions right before
// it, in the forms of all files.
var actionsKey = regexp.MustCompile(`(?:\b((?:Not)?Action)(?:\\?["'])?\s*[:=]|\b((?:not_)?actions)"?\s*[:=])\s*$`)

// maxKey is how far before a list its name may begin, in bytes.
const maxKey = 200

// exclusionName is the name of the list that says which actions.
func exclusionName(s *iam.Statement) string {
	if s.NotAction != nil {
		return "NotAction"
	}
	return "Action"
}

// turn gives a list of excluded actions the name and the elements of one of
// granted actions, or the other way round.
func (s *splicers) turn(n *node, old, new *iam.Statement) error {
	keys, was, is := [2]string{"Action", "actions"}, old.NotAction, new.Action
	if old.NotAction == nil {
		keys, was, is = [2]string{"NotAction", "not_actions"}, old.Action, new.NotAction
	}
	value := n.get(exclusionName(old))
	if value == nil {
		return errors.New("it is not there")
	}
	one := s.at(value)
	from := max(0, value.start-maxKey)
	found := actionsKey.FindSubmatchIndex(one.source[from:value.start])
	if found == nil {
		return errors.New("its list does not stand beside its name")
	}
	if one.remarked(value) {
		return errors.New("a comment in its list tells of what is excluded, and would stand beside what is granted")
	}
	key := edit{from + found[2], from + found[3], keys[0]}
	if found[2] < 0 {
		key = edit{from + found[4], from + found[5], keys[1]}
	}
	one.edits = append(one.edits, key)
	if n.quote != nil {
		one.quote = n.quote
	}
	err := s.values(one, value, was, is)
	s.own.quote = s.quote
	return err
}

// remarked: a comment stands between the elements of a list or behind them. It
// may take for one what stands behind the list on its last line.
func (s *splicer) remarked(n *node) bool {
	at := n.start
	var gaps []byte
	for _, item := range n.list() {
		gaps = append(gaps, s.source[at:max(at, item.start)]...)
		at = item.end
	}
	gaps = append(gaps, s.source[at:lineEnd(s.source, max(at, n.end))]...)
	return bytes.ContainsRune(gaps, '#') || bytes.Contains(gaps, []byte("//")) || bytes.Contains(gaps, []byte("/*"))
}
