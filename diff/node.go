// Package diff finds the policies of an infrastructure-as-code repo and
// changes them where they live: bytes are spliced, never re-emitted, so that
// comments, order, references and formatting survive. An edit that cannot be
// verified is declined with the reason.
package diff

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// style says how the elements of a list are written, and so how one goes.
type style int

const (
	jsonList   style = iota // [a, b]: no comma behind the last
	hclList                 // [a, b,]: a comma behind the last is welcome
	yamlItems               // "- a" lines
	hclBlocks               // statement { … } blocks
	quotedList              // as jsonList, inside a string: all in one line
)

type nodeKind int

const (
	scalar nodeKind = iota
	list
	object
	opaque // an expression that cannot be evaluated
)

// node is a value where it stands in a file. The same tree serves HCL, JSON
// and YAML.
type node struct {
	kind       nodeKind
	start, end int      // byte range
	text       string   // of a scalar: its value, references as ${source}
	exact      bool     // of a scalar: text holds no reference
	refs       []string // the references in text, each as ${source}
	style      style    // of a list
	wrap       bool     // a scalar in a list's place: what replaces it needs brackets
	items      []*node
	members    []member

	// Of templates:
	key     int    // where the key of the value begins
	segs    []seg  // the pieces of text
	written manner // how a scalar is written
	shared  bool   // an alias repeats it: it cannot be edited for one place alone
	call    string // of an opaque node: the function

	// Of HCL only:
	file    *tfFile // where it stands; nil is the policy's own file
	null    bool
	guess   bool     // it rests on a default that may be set otherwise
	made    bool     // of a list: an expression makes it, an edit writes a list in its place
	joint   bool     // of a list: its items stand in several lists
	in      *node    // of an item: the list it stands in, if not the one it is an item of
	pos     int      // its place there
	spans   []*node  // of an object: where its members stand, keys and all
	regions []span   // of a template's document: what its directives decide on
	set     bool     // of a list: its elements are their own keys
	notes   []string // expressions that decide whether it is there, or how often
	quote   speller  // of a statement: how its texts are spelled, if not as the policy's
	expr    hclsyntax.Expression
	mod     *tfModule // whose expression it is
}

// manner is how a scalar is written in YAML; JSON has one manner.
type manner int

const (
	plainScalar manner = iota // outside brackets
	plainInFlow
	singleQuoted
	doubleQuoted
	blockScalar // "|" or ">"
)

type member struct {
	key   string
	value *node
}

// get finds a member by its exact name; nil has none.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for _, m := range n.members {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// list gives the items of a list, or the node itself as its only item.
func (n *node) list() []*node {
	if n == nil {
		return nil
	}
	if n.kind == list {
		return n.items
	}
	return []*node{n}
}

// parts collects the references inside a node, for "unknown".
func (n *node) parts(into *[]string) {
	if n == nil {
		return
	}
	if n.kind == opaque || n.kind == scalar && !n.exact {
		*into = append(*into, n.text)
	}
	*into = append(*into, n.notes...)
	if n.kind == opaque || n.kind == scalar {
		return
	}
	for _, i := range n.items {
		i.parts(into)
	}
	for _, m := range n.members {
		m.value.parts(into)
	}
}

// home is the list that an item stands in, and its place there.
func (n *node) home(i int) (*node, int) {
	if item := n.items[i]; item.in != nil {
		return item.in, item.pos
	}
	return n, i
}

// read lists the statements that can be read, of a document's Statement.
func (n *node) read() []*node {
	return slices.DeleteFunc(slices.Clone(n.list()), func(s *node) bool { return s.kind != object })
}

// edit replaces a byte range of a file.
type edit struct {
	start, end int
	text       string
}

// apply makes edits, which must not overlap, from the last to the first.
func apply(source []byte, edits []edit) []byte {
	out := string(source)
	for i := len(edits) - 1; i >= 0; i-- {
		out = out[:edits[i].start] + edits[i].text + out[edits[i].end:]
	}
	return []byte(out)
}

// indentAt is the white space that the line of an offset begins with.
func indentAt(source []byte, at int) string {
	start := lineStart(source, at)
	end := start
	for end < len(source) && (source[end] == ' ' || source[end] == '\t') {
		end++
	}
	return string(source[start:end])
}

func lineStart(source []byte, at int) int {
	return strings.LastIndexByte(string(source[:at]), '\n') + 1
}

// lineEnd is the offset behind the newline of the line of an offset.
func lineEnd(source []byte, at int) int {
	if i := strings.IndexByte(string(source[at:]), '\n'); i >= 0 {
		return at + i + 1
	}
	return len(source)
}

// newline is the line ending that a file uses.
func newline(source []byte) string {
	if i := strings.IndexByte(string(source), '\n'); i > 0 && source[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}
