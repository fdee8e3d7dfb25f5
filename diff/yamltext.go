package diff

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// parseYAML reads one YAML document, keeping the place of every value. The
// functions of CloudFormation, as tags or as members, are evaluated as far as
// the text alone allows. In a document of the Serverless Framework, where
// variables is set, "${…}" in any text is a reference.
func parseYAML(source []byte, variables bool) (*node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(source, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) != 1 {
		return nil, fmt.Errorf("no document")
	}
	y := &yamlReader{source: source, lines: lineStarts(source), variables: variables, aliases: map[*yaml.Node]int{}, sizes: map[*yaml.Node]int{}, left: maxAliased}
	y.count(&doc)
	return y.node(doc.Content[0], yamlPlace{}), nil
}

// lineStarts gives the offset of each line as YAML counts lines.
//
// Source: YAML 1.1, section 4.1.4 "Line Breaks", which the parser follows.
func lineStarts(source []byte) []int {
	lines := []int{0}
	for i := 0; i < len(source); i++ {
		switch {
		case source[i] == '\n', source[i] == '\r' && (i+1 == len(source) || source[i+1] != '\n'):
			lines = append(lines, i+1)
		case source[i] == 0xc2 && i+1 < len(source) && source[i+1] == 0x85:
			lines = append(lines, i+2)
		case source[i] == 0xe2 && i+2 < len(source) && source[i+1] == 0x80 && (source[i+2] == 0xa8 || source[i+2] == 0xa9):
			lines = append(lines, i+3)
		}
	}
	return lines
}

// Bounds of what is read of a document: aliases of aliases can make very large
// ones.
const (
	maxAliased = 200_000 // values that aliases may repeat in a document
	maxAlias   = 10_000  // and in one place
	maxDepth   = 100
)

type yamlReader struct {
	source    []byte
	lines     []int
	variables bool
	aliases   map[*yaml.Node]int // how often each anchored node is used again
	sizes     map[*yaml.Node]int // values in a node, aliases followed
	left      int                // values that aliases may still repeat
}

// yamlPlace is where in the document a value stands.
type yamlPlace struct {
	depth  int
	flow   bool // inside [ ] or { }
	shared bool // inside what an alias repeats
}

func (p yamlPlace) inner(n *yaml.Node) yamlPlace {
	return yamlPlace{p.depth + 1, p.flow || n.Style&yaml.FlowStyle != 0, p.shared}
}

// count counts the aliases of each anchor.
func (y *yamlReader) count(n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		y.aliases[n.Alias]++
		return
	}
	for _, c := range n.Content {
		y.count(c)
	}
}

// offset turns line and column (in characters, from 1) into a byte offset.
func (y *yamlReader) offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(y.lines) {
		return 0
	}
	at := y.lines[n.Line-1]
	if n.Line == 1 && bytes.HasPrefix(y.source, []byte("\ufeff")) {
		at += len("\ufeff")
	}
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(y.source[at:])
		at += size
	}
	return min(at, len(y.source))
}

func (y *yamlReader) node(n *yaml.Node, p yamlPlace) *node {
	start := y.offset(n)
	if p.depth > maxDepth {
		return &node{kind: opaque, start: start, end: start, text: "${…}"}
	}
	if n.Kind == yaml.AliasNode {
		return y.alias(n, p, start)
	}
	p.shared = p.shared || y.aliases[n] > 0
	out := &node{start: y.content(start, n), style: yamlItems, shared: p.shared}
	out.end = out.start
	switch n.Kind {
	case yaml.MappingNode:
		out.kind = object
		y.members(out, n, p)
		y.flowEnd(out, n, '}')
	case yaml.SequenceNode:
		out.kind = list
		if n.Style&yaml.FlowStyle != 0 {
			out.style = jsonList
		}
		for _, c := range n.Content {
			child := y.node(c, p.inner(n))
			out.items = append(out.items, child)
			out.end = max(out.end, child.end)
		}
		y.flowEnd(out, n, ']')
	default:
		y.scalar(out, n, p)
	}
	if name, ok := strings.CutPrefix(n.Tag, "!"); ok && !strings.HasPrefix(name, "!") && name != "" {
		tagged := &node{kind: object, start: start, end: out.end, shared: p.shared, members: []member{{longName(name), out}}}
		if n.Anchor != "" {
			tagged.start = min(bytes.IndexByte(y.source[start:], '!')+start, out.start)
		}
		evaluate(tagged, y.source)
		return tagged
	}
	evaluate(out, y.source)
	return out
}

// longName is the member that a short tag stands for.
//
// Source: CloudFormation Template Reference, "Intrinsic functions".
func longName(tag string) string {
	if tag == "Ref" || tag == "Condition" {
		return tag
	}
	return "Fn::" + tag
}

// alias reads what the alias stands for: it can be read here, and edited in
// neither place, but the alias itself can be taken away.
func (y *yamlReader) alias(n *yaml.Node, p yamlPlace, start int) *node {
	end := start + len("*") + len(n.Value)
	size := y.size(n.Alias)
	if y.left -= size; size > maxAlias || y.left < 0 {
		return &node{kind: opaque, start: start, end: end, text: "${*" + n.Value + "}"}
	}
	p.depth++
	p.shared = true
	out := *y.node(n.Alias, p)
	out.start, out.end = start, end
	out.shared, out.segs = out.kind == list || out.kind == object, nil
	return &out
}

// size counts the values in a node, more than maxAlias for one that holds
// itself.
func (y *yamlReader) size(n *yaml.Node) int {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if size, known := y.sizes[n]; known {
		return size
	}
	y.sizes[n] = maxAlias + 1
	size := 1
	for _, c := range n.Content {
		size = min(size+y.size(c), maxAlias+1)
	}
	y.sizes[n] = size
	return size
}

// members reads a mapping; what "<<" brings in stands behind its own.
//
// Source: YAML language-independent types, "Merge Key" (version 1.1).
func (y *yamlReader) members(out *node, n *yaml.Node, p yamlPlace) {
	var merged []member
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := y.node(n.Content[i+1], p.inner(n))
		value.key = y.offset(n.Content[i])
		out.end = max(out.end, value.end, y.offset(n.Content[i]))
		if key := n.Content[i]; key.Tag == "!!merge" {
			for _, from := range value.list() {
				merged = append(merged, from.members...)
			}
			continue
		}
		out.members = append(out.members, member{n.Content[i].Value, value})
	}
	for _, m := range merged {
		if out.get(m.key) == nil {
			out.members = append(out.members, m)
		}
	}
}

// flowEnd finds the bracket that closes a flow collection. A single pair in a
// flow sequence, [a, b: c], is a mapping without brackets.
//
// Source: YAML 1.2.2, section 7.4.1 "Flow Sequences".
func (y *yamlReader) flowEnd(out *node, n *yaml.Node, bracket byte) {
	if n.Style&yaml.FlowStyle == 0 || out.start >= len(y.source) || y.source[out.start] != bracket-2 {
		return
	}
	at := out.end
	if len(n.Content) == 0 {
		at++ // behind the opening one
	}
	for at < len(y.source) && y.source[at] != bracket {
		if y.source[at] == '#' {
			at = lineEnd(y.source, at)
			continue
		}
		at++
	}
	out.end = min(at+1, len(y.source))
}

// content is where a value begins behind its anchor and tag.
func (y *yamlReader) content(at int, n *yaml.Node) int {
	if n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle == 0 && n.Anchor == "" {
		return at
	}
	for at < len(y.source) && (y.source[at] == '&' || y.source[at] == '!') {
		for at < len(y.source) && strings.IndexByte(" \t\r\n", y.source[at]) < 0 {
			at++
		}
		for at < len(y.source) && strings.IndexByte(" \t\r\n", y.source[at]) >= 0 {
			if n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle == 0 && y.source[at] != ' ' {
				return at
			}
			at++
		}
	}
	return at
}

// scalar finds where a scalar ends, and how it is written.
func (y *yamlReader) scalar(out *node, n *yaml.Node, p yamlPlace) {
	out.text, out.exact = n.Value, true
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		out.written = doubleQuoted
	case n.Style&yaml.SingleQuotedStyle != 0:
		out.written = singleQuoted
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		out.written = blockScalar
	case p.flow:
		out.written = plainInFlow
	default:
		out.written = plainScalar
	}
	out.end = y.scalarEnd(out.start, n)
	out.segs = []seg{{text: n.Value, in: out}}
	if y.variables {
		out.variables()
	}
}

func (y *yamlReader) scalarEnd(at int, n *yaml.Node) int {
	rest := y.source[at:]
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		for i := 1; i < len(rest); i++ {
			switch rest[i] {
			case '\\':
				i++
			case '"':
				return at + i + 1
			}
		}
	case n.Style&yaml.SingleQuotedStyle != 0:
		for i := 1; i < len(rest); i++ {
			if rest[i] == '\'' {
				if i+1 < len(rest) && rest[i+1] == '\'' {
					i++
					continue
				}
				return at + i + 1
			}
		}
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return y.blockEnd(at)
	}
	return y.plainEnd(at, n.Value)
}

// plainEnd finds the end of a plain scalar, which may go over several lines.
func (y *yamlReader) plainEnd(at int, value string) int {
	end := at
	for _, word := range strings.FieldsFunc(value, func(c rune) bool { return strings.ContainsRune(" \t\r\n", c) }) {
		next := end
		for next < len(y.source) && strings.IndexByte(" \t\r\n", y.source[next]) >= 0 {
			next++
		}
		if !bytes.HasPrefix(y.source[next:], []byte(word)) {
			return end
		}
		end = next + len(word)
	}
	return end
}

// blockEnd finds the end of a block scalar whose header stands at an offset:
// that of its last line with text, without the line break.
func (y *yamlReader) blockEnd(at int) int {
	line := lineEnd(y.source, at)
	end := at + len(bytes.TrimRight(y.source[at:line], " \r\n"))
	indent := -1
	for line < len(y.source) {
		next := lineEnd(y.source, line)
		text := bytes.TrimRight(y.source[line:next], " \t\r\n")
		spaces := len(text) - len(bytes.TrimLeft(text, " "))
		if indent < 0 && len(text) > 0 {
			indent = spaces
		}
		if len(text) > 0 && (spaces < indent || indent == 0) {
			break
		}
		if len(text) > 0 {
			end = line + len(text)
		}
		line = next
	}
	return end
}

// variables makes every "${…}" of a text a reference.
//
// Source: Serverless Framework, "Variables".
func (n *node) variables() {
	in := n
	n.segs = nil
	for rest := n.text; rest != ""; {
		at := strings.Index(rest, "${")
		if at < 0 {
			n.segs = append(n.segs, seg{text: rest, in: in})
			break
		}
		if at > 0 {
			n.segs = append(n.segs, seg{text: rest[:at], in: in})
		}
		end := at + closing(rest[at:])
		n.segs = append(n.segs, seg{text: rest[at:end], raw: rest[at:end], in: in})
		n.refs = append(n.refs, rest[at:end])
		rest = rest[end:]
	}
	n.exact = len(n.refs) == 0
	slices.Sort(n.refs)
}
