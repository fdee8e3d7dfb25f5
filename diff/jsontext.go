package diff

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// parseJSON reads JSON text that stands at base in its file, keeping the place
// of every value. In a text with references ("${…}" of HCL templates) those
// stay in the scalars as they are.
func parseJSON(text []byte, base int, templated bool) (*node, error) {
	p := &jsonParser{text: text, base: base, templated: templated}
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.space(); p.at < len(p.text) {
		return nil, fmt.Errorf("byte %d: text follows the document", base+p.at)
	}
	return n, nil
}

type jsonParser struct {
	text      []byte
	base, at  int
	templated bool
}

func (p *jsonParser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
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
	for p.at++; p.at < len(p.text) && p.text[p.at] != '"'; p.at++ {
		if p.text[p.at] == '\\' {
			p.at++
		}
	}
	if p.at >= len(p.text) {
		return nil, fmt.Errorf("byte %d: a string does not end", p.base+start)
	}
	p.at++
	var text string
	if err := json.Unmarshal(p.text[start:p.at], &text); err != nil {
		return nil, fmt.Errorf("byte %d: %w", p.base+start, err)
	}
	n := &node{kind: scalar, start: p.base + start, end: p.base + p.at, text: text, exact: true, written: doubleQuoted}
	if p.templated {
		n.interpolate(text)
	} else {
		n.segs = []seg{{text: text, in: n}}
	}
	return n, nil
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
