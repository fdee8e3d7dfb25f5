package diff

import (
	"regexp"
	"slices"
)

// open: expressions decide how many statements or elements there are, so that
// a document of another length may still be what the code makes.
func (n *node) open() bool {
	if n == nil {
		return false
	}
	if len(n.notes) > 0 || n.mayBeList() {
		return true
	}
	for _, m := range n.members {
		// Of a text it decides what it says, not whether it is there.
		if slices.Contains([]string{"Version", "Id", "Sid", "Effect", "Principal", "NotPrincipal"}, m.key) {
			continue
		}
		if m.value.open() {
			return true
		}
	}
	return slices.ContainsFunc(n.items, func(i *node) bool {
		switch {
		case n.joint && i.mayBeList(), i.call == "Fn::If", i.call == "Fn::Split":
			return true
		}
		return i.kind != opaque && i.kind != scalar && i.open()
	})
}

// ofOne are the attributes of a resource that are texts.
var ofOne = regexp.MustCompile(`\.(arn|id|name)\}$`)

// mayBeList: the expression may stand for several elements, or for none.
func (n *node) mayBeList() bool {
	if n.kind == opaque {
		return true
	}
	return n.kind == scalar && !n.exact && n.file != nil && len(n.refs) == 1 && n.text == n.refs[0] && !ofOne.MatchString(n.text)
}
