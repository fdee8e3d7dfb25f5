package diff

import (
	"bytes"
	"errors"
	"regexp"
	"slices"

	"github.com/pruner/pruner/iam"
)

// turned: a grants all actions but some, and b names those that stay.
func turned(a, b *iam.Statement) bool {
	return a.NotAction != nil && a.Action == nil && b.NotAction == nil && len(b.Action) > 0 &&
		!slices.ContainsFunc(b.Action, func(p iam.Pattern) bool {
			return slices.ContainsFunc(a.NotAction, func(not iam.Pattern) bool { return not.Fold().Covers(p.Fold()) })
		})
}

// exclusionKey is the name of a list of excluded actions right before it, in
// the forms of all files.
var exclusionKey = regexp.MustCompile(`(?:\b(NotAction)(?:\\?["'])?\s*[:=]|\b(not_actions)"?\s*[:=])\s*$`)

// maxKey is how far before a list its name may begin, in bytes.
const maxKey = 200

// turn gives a list of excluded actions the name and the elements of one of
// granted actions.
func (s *splicers) turn(n *node, old, new *iam.Statement) error {
	value := n.get("NotAction")
	if value == nil {
		return errors.New("it is not there")
	}
	one := s.at(value)
	from := max(0, value.start-maxKey)
	found := exclusionKey.FindSubmatchIndex(one.source[from:value.start])
	if found == nil {
		return errors.New("its list does not stand beside its name")
	}
	if one.remarked(value) {
		return errors.New("a comment in its list tells of what is excluded, and would stand beside what is granted")
	}
	key := edit{from + found[2], from + found[3], "Action"}
	if found[2] < 0 {
		key = edit{from + found[4], from + found[5], "actions"}
	}
	one.edits = append(one.edits, key)
	if n.quote != nil {
		one.quote = n.quote
	}
	err := s.values(one, value, old.NotAction, new.Action)
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
