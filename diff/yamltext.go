package diff

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// parseYAML reads one YAML document, keeping the place of every value.
// CloudFormation's short tags are read: !Sub, !Ref, !GetAtt as texts with
// references, any other as an expression.
func parseYAML(source []byte) (*node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(source, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) != 1 {
		return nil, fmt.Errorf("no document")
	}
	y := &yamlReader{source: source, lines: []int{0}}
	for i, c := range source {
		if c == '\n' {
			y.lines = append(y.lines, i+1)
		}
	}
	return y.node(doc.Content[0], 0), nil
}

type yamlReader struct {
	source []byte
	lines  []int
}

// offset turns line and column (in characters, from 1) into a byte offset.
func (y *yamlReader) offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(y.lines) {
		return 0
	}
	at := y.lines[n.Line-1]
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(y.source[at:])
		at += size
	}
	return min(at, len(y.source))
}

func (y *yamlReader) node(n *yaml.Node, depth int) *node {
	start := y.offset(n)
	out := &node{start: start, end: start, style: yamlItems}
	if depth > 60 || n.Kind == yaml.AliasNode || n.Anchor != "" {
		out.kind, out.text = opaque, "${anchor}"
		return out
	}
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") && n.Kind != yaml.ScalarNode {
		out.kind, out.text = opaque, "${"+n.Tag+"}"
		y.children(out, n, depth)
		return out
	}
	switch n.Kind {
	case yaml.MappingNode:
		out.kind = object
		y.children(out, n, depth)
	case yaml.SequenceNode:
		out.kind = list
		if n.Style&yaml.FlowStyle != 0 {
			out.style = jsonList
		}
		y.children(out, n, depth)
	default:
		y.scalar(out, n)
	}
	return out
}

func (y *yamlReader) children(out *node, n *yaml.Node, depth int) {
	step := 1
	if n.Kind == yaml.MappingNode {
		step = 2
	}
	for i := 0; i+step <= len(n.Content); i += step {
		child := y.node(n.Content[i+step-1], depth+1)
		out.end = max(out.end, child.end)
		if step == 2 {
			out.members = append(out.members, member{n.Content[i].Value, child})
		} else {
			out.items = append(out.items, child)
		}
	}
	if n.Style&yaml.FlowStyle != 0 {
		if i := bytes.IndexAny(y.source[out.end:], "]}"); i >= 0 {
			out.end += i + 1
		}
	}
}

// scalar finds where a scalar ends and reads CloudFormation's tags.
func (y *yamlReader) scalar(out *node, n *yaml.Node) {
	out.text, out.exact = n.Value, true
	at := out.start
	if at < len(y.source) && y.source[at] == '!' {
		for at < len(y.source) && y.source[at] != ' ' && y.source[at] != '\n' {
			at++
		}
		for at < len(y.source) && y.source[at] == ' ' {
			at++
		}
	}
	out.end = y.scalarEnd(at, n)
	switch n.Tag {
	case "!Sub":
		out.substitute(n.Value)
	case "!Ref", "!GetAtt":
		out.text, out.exact = "${"+n.Value+"}", false
		out.refs = []string{out.text}
	case "!ImportValue":
		out.text, out.exact = "${!ImportValue "+n.Value+"}", false
	default:
		if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
			out.kind, out.text = opaque, "${"+n.Tag+" "+n.Value+"}"
		}
	}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		out.kind = opaque
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
	case bytes.HasPrefix(rest, []byte(n.Value)):
		return at + len(n.Value)
	}
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		return at + len(bytes.TrimRight(rest[:i], " \r"))
	}
	return len(y.source)
}
