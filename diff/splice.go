package diff

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// splicer collects the edits of one file that turn a policy text into another.
type splicer struct {
	source []byte
	quote  speller       // spells a new scalar in the file's form
	form   *templateForm // instead of quote, in a template
	refs   []string      // the references that the policy holds already
	edits  []edit

	evaluated bool // new elements are written without the expressions that the code alone evaluates
}

// blank is the offset behind the line of at if nothing else stands in the
// lines from start to at, else at itself.
func (s *splicer) blank(start, at int) int {
	before := s.source[lineStart(s.source, start):start]
	after := s.source[at:lineEnd(s.source, at)]
	if len(bytes.TrimSpace(before)) == 0 && len(bytes.TrimSpace(after)) == 0 {
		return at + len(after)
	}
	return at
}

// empty removes elements, or all that stands between the brackets.
func (s *splicer) empty(n *node, gone []int) {
	if len(gone) == len(n.items) && n.style == hclList {
		text := string(s.source[n.start:n.end])
		s.edits = append(s.edits, edit{n.start, n.end, text[:1] + text[len(text)-1:]})
		return
	}
	s.remove(n, gone)
}

// follows: b can be a made smaller: all but Action and Resource is the same.
// A grant by exclusion can also be made positive.
func follows(a, b *iam.Statement) bool {
	x, y := *a, *b
	if turned(a, b) || extended(a, b) {
		x.NotAction, x.Action = b.NotAction, b.Action
		return follows(&x, &y)
	}
	x.Action, y.Action, x.Resource, y.Resource = nil, nil, nil, nil
	xs, err1 := x.MarshalJSON()
	ys, err2 := y.MarshalJSON()
	return err1 == nil && err2 == nil && string(xs) == string(ys) &&
		(a.Action == nil) == (b.Action == nil) && (a.Resource == nil) == (b.Resource == nil) &&
		related(a.Action, b.Action) && related(a.Resource, b.Resource)
}

// related: some new element is an old one or lies within one, whatever its
// references stand for.
func related(old, new []iam.Pattern) bool {
	if len(new) == 0 {
		return len(old) == 0
	}
	for _, n := range new {
		for _, o := range old {
			if o == n || o.Fold().Covers(n.Fold()) || namePattern(string(o)).Covers(n) {
				return true
			}
		}
	}
	return false
}

// rewrite puts a list in the place of an expression that makes one. What stays
// is written as it was where that means the same here.
func (s *splicer) rewrite(n *node, old, new []iam.Pattern) error {
	var texts []string
	for _, p := range new {
		text, err := s.quote(s.parts(n, string(p)))
		if err != nil {
			return err
		}
		texts = append(texts, text)
	}
	list := "[" + strings.Join(texts, ", ") + "]"
	if len(texts) > maxInline {
		list = s.lineList(&node{start: n.start, style: hclList}, texts)
	}
	s.edits = append(s.edits, edit{n.start, n.end, list})
	return nil
}

// values changes the elements of a list, or a scalar into a list.
func (s *splicer) values(n *node, old, new []iam.Pattern) error {
	if n.shared {
		return errShared
	}
	if s.form != nil && s.inPlace(n, old, new) {
		return nil
	}
	added, err := s.spell(n, old, new)
	if err != nil {
		return err
	}
	if n.kind != list {
		return s.scalar(n, added)
	}
	gone := surplus(old, new)
	if len(added) == 0 {
		if len(gone) == len(n.items) {
			return fmt.Errorf("the list would be empty")
		}
		s.remove(n, gone)
		return nil
	}
	if len(gone) == 0 {
		if len(n.items) == 0 {
			return fmt.Errorf("the list is empty")
		}
		last := len(n.items) - 1
		at := n.items[last]
		s.replace(n, last, append([]string{string(s.source[at.start:at.end])}, added...))
		return nil
	}
	s.put(n, gone, added)
	return nil
}

// put writes new elements in the place of some that go.
func (s *splicer) put(n *node, gone []int, added []string) {
	if left := len(n.items) - len(gone) + len(added); left > maxInline && !s.alone(n, n.items[0]) && n.style != yamlItems && n.style != quotedList {
		s.spread(n, gone, added)
		return
	}
	s.replace(n, gone[0], added)
	s.remove(n, gone[1:])
}

// surplus lists the old elements that are not wanted, one named twice among
// them.
func surplus(old, new []iam.Pattern) []int {
	wanted := map[iam.Pattern]int{}
	for _, p := range new {
		wanted[p]++
	}
	var gone []int
	for i, p := range old {
		if wanted[p] == 0 {
			gone = append(gone, i)
		}
		if wanted[p] > 0 {
			wanted[p]--
		}
	}
	return gone
}

// maxInline is how many elements a list on one line may get.
const maxInline = 3

// spread writes a list that stood on one line with a line for each element.
func (s *splicer) spread(n *node, gone []int, added []string) {
	var texts []string
	for i, item := range n.items {
		if i == gone[0] {
			texts = append(texts, added...)
		}
		if !slices.Contains(gone, i) {
			texts = append(texts, string(s.source[item.start:item.end]))
		}
	}
	s.edits = append(s.edits, edit{n.start, n.end, s.lineList(n, texts)})
}

// lineList is a bracketed list with a line for each element.
func (s *splicer) lineList(n *node, texts []string) string {
	indent, nl := indentAt(s.source, n.start), newline(s.source)
	var b strings.Builder
	b.WriteString("[")
	for i, t := range texts {
		b.WriteString(nl + indent + "  " + t)
		if i < len(texts)-1 || n.style == hclList {
			b.WriteString(",")
		}
	}
	b.WriteString(nl + indent + "]")
	return b.String()
}

// spell gives the new elements that are not among the old, in file form.
func (s *splicer) spell(n *node, old, new []iam.Pattern) ([]string, error) {
	var out []string
	for _, p := range new {
		if slices.Contains(old, p) {
			continue
		}
		q, err := s.element(n, s.parts(n, string(p)))
		if err != nil {
			return nil, err
		}
		out = append(out, q)
	}
	return out, nil
}

// errShared: what is written once and read in several places cannot change in
// one of them.
var errShared = errors.New("it is written once, at a YAML anchor, and used in several places")

// inPlace changes each element that goes into one that comes, if both are as
// many and each pair differs in one literal of a template.
func (s *splicer) inPlace(n *node, old, new []iam.Pattern) bool {
	gone := surplus(old, new)
	var added []string
	for _, p := range new {
		if !slices.Contains(old, p) {
			added = append(added, string(p))
		}
	}
	if len(gone) == 0 || len(gone) != len(added) {
		return false
	}
	var edits []edit
	for k, i := range gone {
		e, ok := s.form.inPlace(n.list()[i], added[k])
		if !ok || !related(old[i:i+1], []iam.Pattern{iam.Pattern(added[k])}) {
			return false
		}
		edits = append(edits, e)
	}
	s.edits = append(s.edits, edits...)
	return true
}

// element writes a new element of n.
func (s *splicer) element(n *node, parts []part) (string, error) {
	if s.form != nil {
		return s.form.spell(parts, n)
	}
	return s.quote(parts)
}

// scalar turns `Action = "s3:*"` into the new elements.
func (s *splicer) scalar(n *node, added []string) error {
	if len(added) == 1 || n.style == quotedList {
		text := strings.Join(added, ", ")
		if n.wrap || len(added) > 1 {
			text = "[" + text + "]"
		}
		s.edits = append(s.edits, edit{n.start, n.end, text})
		return nil
	}
	indent, nl := indentAt(s.source, n.start), newline(s.source)
	var b strings.Builder
	switch n.style {
	case yamlItems:
		if strings.HasPrefix(strings.TrimSpace(indentText(s.source, n.start)), "- ") {
			indent += "  "
		}
		for _, a := range added {
			b.WriteString(nl + indent + "  - " + a)
		}
		start := n.start
		for start > 0 && s.source[start-1] == ' ' {
			start--
		}
		s.edits = append(s.edits, edit{start, n.end, b.String()})
		return nil
	}
	s.edits = append(s.edits, edit{n.start, n.end, s.lineList(n, added)})
	return nil
}

func indentText(source []byte, at int) string { return string(source[lineStart(source, at):at]) }

// replace puts new elements in an element's place, each on a line of its own
// if the old one had one.
func (s *splicer) replace(n *node, i int, added []string) {
	item := n.items[i]
	separator := ", "
	if s.alone(n, item) {
		separator = newline(s.source) + indentAt(s.source, item.start)
		if n.style == yamlItems {
			separator += "- "
		} else {
			separator = "," + separator
		}
	}
	s.edits = append(s.edits, edit{item.start, item.end, strings.Join(added, separator)})
}

// alone: the element has its lines to itself, a comma and a comment aside.
func (s *splicer) alone(n *node, item *node) bool {
	if n.style == yamlItems || n.style == hclBlocks {
		return true
	}
	if n.style == quotedList {
		return false
	}
	before := strings.TrimSpace(string(s.source[lineStart(s.source, item.start):item.start]))
	rest := s.source[item.end:lineEnd(s.source, item.end)]
	rest = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(rest), []byte(",")))
	return before == "" && (len(rest) == 0 || rest[0] == '#' || bytes.HasPrefix(rest, []byte("//")))
}

// remove takes elements out of a list.
func (s *splicer) remove(n *node, gone []int) {
	for _, i := range gone {
		item := n.items[i]
		if s.alone(n, item) && s.ownComma(n, i) {
			s.edits = append(s.edits, s.lines(n, item))
			continue
		}
		s.edits = append(s.edits, s.inline(n, i, gone))
	}
	last := n.items[len(n.items)-1]
	if len(gone) > 0 && (n.style == jsonList || n.style == quotedList || n.style == hclList && (!s.alone(n, last) || !s.commaBehind(last))) {
		s.trailingComma(n, gone)
	}
}

// commaBehind: the author writes a comma behind the last element of a list.
func (s *splicer) commaBehind(last *node) bool {
	return bytes.HasPrefix(bytes.TrimLeft(s.source[last.end:], " \t\r\n"), []byte(","))
}

// ownComma: the comma that goes with an element stands in its line, not at the
// begin of the next.
func (s *splicer) ownComma(n *node, i int) bool {
	end := n.items[i].end
	return n.style == yamlItems || n.style == hclBlocks || i == len(n.items)-1 ||
		bytes.IndexByte(s.source[end:lineEnd(s.source, end)], ',') >= 0
}

// lines removes whole lines. For blocks and statements with a comment above,
// that comment goes too, and one blank line.
func (s *splicer) lines(n *node, item *node) edit {
	start, end := lineStart(s.source, item.start), lineEnd(s.source, item.end)
	if n.style == yamlItems {
		start, end = s.dash(start, item.start), lineEnd(s.source, max(item.start, item.end-1))
	}
	if item.kind != object {
		return edit{start, end, ""}
	}
	for start > 0 {
		above := lineStart(s.source, start-1)
		line := strings.TrimSpace(string(s.source[above:start]))
		if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "//") {
			break
		}
		start = above
	}
	if n.style == hclBlocks {
		above := lineStart(s.source, max(start-1, 0))
		if start > 0 && strings.TrimSpace(string(s.source[above:start])) == "" {
			start = above
		} else if below := lineEnd(s.source, end); strings.TrimSpace(string(s.source[end:below])) == "" {
			end = below
		}
	}
	return edit{start, end, ""}
}

// dash is where the line of a YAML item's dash begins: it may stand above.
func (s *splicer) dash(start, at int) int {
	if strings.TrimSpace(string(s.source[start:at])) != "" {
		return start
	}
	for above := start; above > 0; {
		above = lineStart(s.source, above-1)
		line := strings.TrimSpace(string(s.source[above:lineEnd(s.source, above)]))
		if line == "-" || strings.HasPrefix(line, "- #") {
			return above
		}
		if line != "" && !strings.HasPrefix(line, "#") {
			break
		}
	}
	return start
}

// inline removes an element that shares its line: with what stands between it
// and the next, or the one before if it is the last.
func (s *splicer) inline(n *node, i int, gone []int) edit {
	// A directive between two stays where it is.
	plain := func(from, to int) bool { return !bytes.Contains(s.source[from:to], []byte("%{")) }
	back := i > 0 && !slices.Contains(gone, i-1) && plain(n.items[i-1].end, n.items[i].start)
	if i+1 < len(n.items) && s.staysBehind(n, i, gone) && (!back || plain(n.items[i].end, n.items[i+1].start)) {
		return edit{n.items[i].start, n.items[i+1].start, ""}
	}
	if i == 0 {
		return edit{n.items[i].start, n.items[i].end, ""}
	}
	return edit{n.items[i-1].end, n.items[i].end, ""}
}

// staysBehind: some element behind i stays.
func (s *splicer) staysBehind(n *node, i int, gone []int) bool {
	for j := i + 1; j < len(n.items); j++ {
		if !slices.Contains(gone, j) {
			return true
		}
	}
	return false
}

// trailingComma takes the comma behind the last element that stays.
func (s *splicer) trailingComma(n *node, gone []int) {
	last := len(n.items) - 1
	if !slices.Contains(gone, last) {
		return
	}
	for last >= 0 && slices.Contains(gone, last) {
		last--
	}
	if last < 0 {
		return
	}
	at := n.items[last].end
	comma := at + bytes.IndexByte(s.source[at:], ',')
	for _, e := range s.edits {
		if e.start <= comma && comma < e.end {
			return // gone already
		}
	}
	if comma >= at {
		end := comma + 1
		for end < len(s.source) && s.source[end] == ' ' {
			end++
		}
		if end == len(s.source) || s.source[end] == '\n' || s.source[end] == '\r' || s.source[end] == '#' || s.source[end] == '/' {
			end = comma + 1
		}
		s.edits = append(s.edits, edit{comma, end, ""})
	}
}

// sorted gives the edits in order, or an error if two overlap.
func (s *splicer) sorted() ([]edit, error) {
	slices.SortFunc(s.edits, func(a, b edit) int { return a.start - b.start })
	for i := 1; i < len(s.edits); i++ {
		if s.edits[i].start < s.edits[i-1].end {
			return nil, fmt.Errorf("two changes meet at byte %d", s.edits[i].start)
		}
	}
	return s.edits, nil
}
