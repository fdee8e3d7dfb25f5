package diff

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// piece is a part of an evaluated text with the expression that made it: a new
// element that begins alike is written with it. Expressions over several lines
// are left aside.
func piece(file *tfFile, e hclsyntax.Expression, n *node) seg {
	s := seg{text: n.text}
	if raw := source(file, e); !literal(e) && !strings.ContainsAny(raw, "\r\n") {
		s.raw = "${" + raw + "}"
	}
	return s
}

func literal(e hclsyntax.Expression) bool {
	_, is := e.(*hclsyntax.LiteralValueExpr)
	return is
}

// parts cuts a new element of a list at its references: those that the code
// does not evaluate stand in the text; those that it does are found in the old
// elements that begin as the new one does.
func (s *splicer) parts(n *node, text string) []part {
	if s.form != nil || s.evaluated {
		return partsOf(text, s.refs)
	}
	var best []part
	at := 0
	for _, item := range n.list() {
		if item.file != nil && n.file != nil && filepath.Dir(item.file.path) != filepath.Dir(n.file.path) {
			continue
		}
		if head, length := item.head(text); length > at {
			best, at = head, length
		}
	}
	rest := partsOf(text[at:], s.refs)
	switch last := len(best) - 1; {
	case at == len(text):
		return best
	case last >= 0 && !best[last].ref && !rest[0].ref:
		best[last].text += rest[0].text
		rest = rest[1:]
	}
	return slices.Concat(best, rest)
}

// head is the longest beginning of a text, up to an expression of the code,
// that the element has too, and its length.
func (n *node) head(text string) (parts []part, length int) {
	var all []part
	at := 0
	for i, s := range n.segs {
		if s.text == "" || !strings.HasPrefix(text[at:], s.text) {
			break
		}
		at += len(s.text)
		all = append(all, part{s.text, false})
		if s.raw == "" {
			continue
		}
		all[len(all)-1] = part{s.raw, true}
		if goesOn(n.segs[i+1:], text[at:]) {
			parts, length = slices.Clone(all), at
		}
	}
	return parts, length
}

// goesOn: what follows an expression in a new element is what followed it in
// the old one, or a part of that.
func goesOn(segs []seg, rest string) bool {
	if rest == "" || rest[0] == '/' || rest[0] == ':' {
		return true
	}
	return len(segs) > 0 && segs[0].raw == "" && segs[0].text != "" && (segs[0].text[0] == rest[0] || segs[0].text[0] == '*')
}
