package diff

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// parseJSON reads JSON text that stands at base in its file, keeping the place
// of every value. In a text with references ("${…}" of HCL templates) those
// stay in the scalars as they are.
func parseJSON(text []byte, base int, templated bool) (*node, error) {
	p := &jsonParser{text: text, base: base, templated: templated}
	n, err := p.value(0)
	if err != nil && p.fault == "" {
		return nil, err
	}
	if p.space(); p.at < len(p.text) && p.fault == "" {
		return nil, fmt.Errorf("byte %d: text follows the document", base+p.at)
	}
	if len(p.open) > 0 || p.fault != "" {
		return nil, fmt.Errorf("a template directive decides what the policy says%s", p.fault)
	}
	n.notes = append(n.notes, p.directives...)
	n.regions = p.regions
	return n, nil
}

type jsonParser struct {
	text      []byte
	base, at  int
	templated bool

	directives []string // of a template: "%{ if … }" and the like
	open       []int    // where those begin that have not ended
	regions    []span   // of directives, from begin to end
	fault      string   // what cannot be read through
}

// space passes over white space and, in a template, over directives: what
// stands inside of one is read as if it were there once.
func (p *jsonParser) space() {
	for p.at < len(p.text) {
		switch {
		case strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0:
			p.at++
		case p.templated && bytes.HasPrefix(p.text[p.at:], []byte("%{")):
			p.directive()
		default:
			return
		}
	}
}

// span is a range of bytes.
type span struct{ start, end int }

// directive notes a directive. Of two branches one is there, and which cannot
// be told.
//
// Source: HCL Native Syntax Specification, "Template Directives".
func (p *jsonParser) directive() {
	start := p.at
	p.at += closing(string(p.text[p.at:]))
	text := string(p.text[start:p.at])
	words := strings.Fields(strings.Trim(text, "%{}~"))
	switch {
	case len(words) == 0:
		p.fault = ": " + text
	case words[0] == "if", words[0] == "for":
		p.open = append(p.open, start)
		p.directives = append(p.directives, text)
	case (words[0] == "endif" || words[0] == "endfor") && len(p.open) > 0:
		last := len(p.open) - 1
		p.regions = append(p.regions, span{p.base + p.open[last], p.base + p.at})
		p.open = p.open[:last]
	default:
		p.fault = ": " + text
	}
}

func (p *jsonParser) peek() byte {
	p.space()
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *jsonParser) value(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, errors.New("nested deeper than a policy or template can be")
	}
	switch p.peek() {
	case '{':
		return p.object(depth)
	case '[':
		return p.list(depth)
	case '"':
		return p.string()
	}
	start := p.at
	if p.templated && bytes.HasPrefix(p.text[p.at:], []byte("${")) {
		p.at += closing(string(p.text[p.at:]))
		text := string(p.text[start:p.at])
		return &node{kind: opaque, start: p.base + start, end: p.base + p.at, text: text, refs: []string{text}}, nil
	}
	for p.at < len(p.text) && strings.IndexByte(",]} \t\r\n", p.text[p.at]) < 0 {
		p.at++
	}
	word := string(p.text[start:p.at])
	if word == "" || !json.Valid([]byte(word)) {
		return nil, fmt.Errorf("byte %d: %.20q is not JSON", p.base+start, word)
	}
	return &node{kind: scalar, start: p.base + start, end: p.base + p.at, text: word, exact: true}, nil
}

func (p *jsonParser) string() (*node, error) {
	start := p.at
	n := &node{kind: scalar, start: p.base + start, exact: true}
	p.at++
	from := p.at // of the literal text at hand
	for {
		if p.at >= len(p.text) {
			return nil, fmt.Errorf("byte %d: a string does not end", p.base+start)
		}
		rest := p.text[p.at:]
		switch {
		case rest[0] == '"':
			err := p.literal(n, from)
			p.at++
			n.end = p.base + p.at
			return n, err
		case rest[0] == '\\':
			p.at += 2
		case p.templated && (bytes.HasPrefix(rest, []byte("$${")) || bytes.HasPrefix(rest, []byte("%%{"))):
			if err := p.literal(n, from); err != nil {
				return nil, err
			}
			from = p.at + 1 // one of the two marks
			p.at += 3
		case p.templated && (bytes.HasPrefix(rest, []byte("${")) || bytes.HasPrefix(rest, []byte("%{"))):
			if err := p.literal(n, from); err != nil {
				return nil, err
			}
			ref := string(rest[:closing(string(rest))])
			n.text, n.exact, n.refs = n.text+ref, false, append(n.refs, ref)
			p.at += len(ref)
			from = p.at
		default:
			p.at++
		}
	}
}

// literal adds the text since from to a string.
func (p *jsonParser) literal(n *node, from int) error {
	var text string
	if err := json.Unmarshal(slices.Concat([]byte{'"'}, p.text[from:p.at], []byte{'"'}), &text); err != nil {
		return fmt.Errorf("byte %d: %w", p.base+from, err)
	}
	n.text += text
	return nil
}

func (p *jsonParser) list(depth int) (*node, error) {
	n := &node{kind: list, start: p.base + p.at, style: jsonList}
	p.at++
	for p.peek() != ']' {
		item, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, item)
		if p.peek() == ',' {
			p.at++
			continue
		}
		if p.peek() != ']' {
			return nil, fmt.Errorf("byte %d: want a comma or ]", p.base+p.at)
		}
	}
	p.at++
	n.end = p.base + p.at
	return n, nil
}

func (p *jsonParser) object(depth int) (*node, error) {
	n := &node{kind: object, start: p.base + p.at}
	p.at++
	for p.peek() != '}' {
		if p.peek() != '"' {
			return nil, fmt.Errorf("byte %d: want a member name", p.base+p.at)
		}
		key, err := p.string()
		if err != nil {
			return nil, err
		}
		if p.peek() != ':' {
			return nil, fmt.Errorf("byte %d: want a colon", p.base+p.at)
		}
		p.at++
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		value.key = key.start
		n.members = append(n.members, member{key.text, value})
		if p.peek() == ',' {
			p.at++
			continue
		}
		if p.peek() != '}' {
			return nil, fmt.Errorf("byte %d: want a comma or }", p.base+p.at)
		}
	}
	p.at++
	n.end = p.base + p.at
	return n, nil
}
