package diff

import (
	"bytes"
	"slices"
	"strings"
)

// seg is a piece of a template's text: a literal, or a reference. An edit that
// falls into one literal changes that alone, whatever Fn::Sub or Fn::Join
// stand around it.
type seg struct {
	text string // as evaluated
	raw  string // of a reference: how it stands in the scalar
	in   *node  // the scalar of the file that it stands in; nil: it cannot be edited
	sub  bool   // in is a text of Fn::Sub
}

// evaluateAll evaluates the functions of a JSON template.
func evaluateAll(n *node, source []byte) {
	for _, m := range n.members {
		evaluateAll(m.value, source)
	}
	for _, i := range n.items {
		evaluateAll(i, source)
	}
	evaluate(n, source)
}

// evaluate turns the call of a function, {"Ref": …} or {"Fn::Sub": …}, whose
// arguments are evaluated, into a text with references. What cannot be told
// from the template stands as its source.
//
// Source: CloudFormation Template Reference, "Intrinsic functions".
func evaluate(n *node, source []byte) {
	if n.kind != object || len(n.members) != 1 {
		return
	}
	name, value := n.members[0].key, n.members[0].value
	out := &node{kind: scalar, start: n.start, end: n.end, shared: n.shared}
	known := false
	switch {
	case name == "Ref":
		known = out.refer(value)
	case name == "Fn::GetAtt":
		known = out.refer(value.list()...)
	case name == "Fn::Sub":
		known = out.sub(value)
	case name == "Fn::Join":
		known = out.join(value)
	case !strings.HasPrefix(name, "Fn::"):
		return
	}
	if !known {
		text := "${" + strings.Join(strings.Fields(string(source[n.start:min(n.end, len(source))])), " ") + "}"
		*out = node{kind: opaque, start: n.start, end: n.end, shared: n.shared, text: text, refs: []string{text}, call: name}
		out.items = []*node{value}
		if value.kind == list {
			out.items = value.items
		}
	}
	out.key = n.key
	*n = *out
}

// refer makes the node a reference to a resource, parameter or attribute.
func (n *node) refer(names ...*node) bool {
	var words []string
	for _, name := range names {
		if name.kind != scalar || !name.exact {
			return false
		}
		words = append(words, name.text)
	}
	n.reference("${" + strings.Join(words, ".") + "}")
	return len(words) > 0
}

func (n *node) reference(text string) {
	n.text, n.refs, n.segs = text, []string{text}, []seg{{text: text, raw: text}}
}

// sub makes the node the text of Fn::Sub: "${!name}" is a literal "${name}",
// "${name}" a reference, or what the second argument says of it.
//
// Source: CloudFormation Template Reference, "Fn::Sub".
func (n *node) sub(value *node) bool {
	var given *node
	if value.kind == list {
		if len(value.items) != 2 || value.items[1].kind != object {
			return false
		}
		value, given = value.items[0], value.items[1]
	}
	if value.kind != scalar {
		return false
	}
	for _, m := range segsOfSub(value) {
		if m.raw != "" && given != nil {
			if v := given.get(strings.TrimSpace(strings.TrimSuffix(m.raw[2:], "}"))); v != nil {
				if v.kind == list || v.kind == object {
					return false
				}
				m.text = v.text
				n.refs = append(n.refs, v.refs...)
				n.segs = append(n.segs, m)
				continue
			}
		}
		if m.raw != "" {
			n.refs = append(n.refs, m.raw)
		}
		n.segs = append(n.segs, m)
	}
	n.settle()
	return true
}

// segsOfSub cuts the text of a scalar that Fn::Sub takes.
func segsOfSub(in *node) []seg {
	text := in.text
	var out []seg
	literal := func(s string) {
		if last := len(out) - 1; last >= 0 && out[last].raw == "" {
			out[last].text += s
			return
		}
		out = append(out, seg{text: s, in: in, sub: true})
	}
	for text != "" {
		at := strings.Index(text, "${")
		if at < 0 {
			literal(text)
			break
		}
		if at > 0 {
			literal(text[:at])
		}
		brace := strings.IndexByte(text[at:], '}')
		if brace < 0 {
			literal(text[at:])
			break
		}
		if strings.HasPrefix(text[at:], "${!") {
			literal("${")
			text = text[at+3:]
			continue
		}
		end := at + brace + 1
		out = append(out, seg{text: text[at:end], raw: text[at:end], in: in, sub: true})
		text = text[end:]
	}
	return out
}

// join makes the node what Fn::Join makes of a list.
//
// Source: CloudFormation Template Reference, "Fn::Join".
func (n *node) join(value *node) bool {
	if value.kind != list || len(value.items) != 2 || value.items[1].kind != list {
		return false
	}
	between := value.items[0]
	if between.kind != scalar || !between.exact {
		return false
	}
	for i, item := range value.items[1].items {
		if item.kind == list || item.kind == object || item.call == "Fn::If" {
			return false
		}
		if i > 0 && between.text != "" {
			n.segs = append(n.segs, seg{text: between.text})
		}
		if len(item.segs) == 0 {
			n.segs = append(n.segs, seg{text: item.text, raw: item.text})
		}
		n.segs = append(n.segs, item.segs...)
		n.refs = append(n.refs, item.refs...)
	}
	n.settle()
	return true
}

// settle makes the text of the pieces.
func (n *node) settle() {
	var b strings.Builder
	for _, s := range n.segs {
		b.WriteString(s.text)
	}
	slices.Sort(n.refs)
	n.refs = slices.Compact(n.refs)
	n.text, n.exact = b.String(), len(n.refs) == 0
}

// templateForm writes the scalars of one template.
type templateForm struct {
	source    []byte
	json      bool
	variables bool // of the Serverless Framework
	plain     bool // no template: a text is a text
	refs      []string
}

// inPlace is the edit that turns the text of n into another by changing one
// literal of it, in the way that it is written.
func (t *templateForm) inPlace(n *node, text string) (edit, bool) {
	if n.kind != scalar || n.shared {
		return edit{}, false
	}
	prefix, suffix := commonEnds(n.text, text)
	start := 0
	for i, s := range n.segs {
		end := start + len(s.text)
		if s.raw != "" || s.in == nil || s.in.shared || prefix < start || len(n.text)-suffix > end {
			start = end
			continue
		}
		piece := s.text[:prefix-start] + text[prefix:len(text)-suffix] + s.text[len(n.text)-suffix-start:]
		if content, ok := t.contentWith(n.segs, i, piece); ok {
			if spelled, err := t.scalar(s.in.written, content); err == nil {
				return edit{s.in.start, s.in.end, spelled}, true
			}
		}
		start = end
	}
	return edit{}, false
}

// contentWith is what the scalar that the i-th piece stands in says when the
// piece is another.
func (t *templateForm) contentWith(segs []seg, i int, piece string) (string, bool) {
	var b strings.Builder
	for j, s := range segs {
		switch {
		case s.in != segs[i].in:
		case s.raw != "":
			b.WriteString(s.raw)
		case j != i && !s.sub:
			b.WriteString(s.text)
		case j != i:
			b.WriteString(strings.ReplaceAll(s.text, "${", "${!"))
		default:
			for _, p := range partsOf(piece, t.refs) {
				text, ok := p.text, !p.ref || s.sub && simple(p.text)
				if !p.ref && s.sub {
					text, ok = escapeSub(p.text)
				}
				if !ok {
					return "", false
				}
				b.WriteString(text)
			}
		}
	}
	return b.String(), true
}

// escapeSub keeps Fn::Sub from reading a policy variable as its own; it has no
// way to write a "${" that nothing closes.
//
// Source: CloudFormation Template Reference, "Fn::Sub".
func escapeSub(text string) (string, bool) {
	if last := strings.LastIndex(text, "${"); last >= 0 && !strings.Contains(text[last:], "}") {
		return "", false
	}
	return strings.ReplaceAll(text, "${", "${!"), true
}

// simple: Fn::Sub can hold the reference as it is spelled.
func simple(ref string) bool {
	name := strings.TrimSuffix(strings.TrimPrefix(ref, "${"), "}")
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '.' && c != ':'
	})
}

// commonEnds counts the bytes that two texts share at either end, in whole
// characters.
func commonEnds(a, b string) (prefix, suffix int) {
	limit := min(len(a), len(b))
	for prefix < limit && a[prefix] == b[prefix] {
		prefix++
	}
	for prefix > 0 && (within(a, prefix) || within(b, prefix)) {
		prefix--
	}
	for suffix < limit-prefix && a[len(a)-1-suffix] == b[len(b)-1-suffix] {
		suffix++
	}
	for suffix > 0 && (within(a, len(a)-suffix) || within(b, len(b)-suffix)) {
		suffix--
	}
	return prefix, suffix
}

// within: the offset lies inside a character, or between "$" and "{".
func within(s string, at int) bool {
	return at < len(s) && (s[at]&0xc0 == 0x80 || at > 0 && s[at-1] == '$' && s[at] == '{')
}

// spell writes a new element beside others, like one of them.
func (t *templateForm) spell(parts []part, like *node) (string, error) {
	if !hasReference(parts) {
		return t.scalar(t.manner(like), parts[0].text)
	}
	if t.variables {
		return t.scalar(doubleQuoted, textOf(parts))
	}
	var b strings.Builder
	for _, p := range parts {
		switch {
		case !p.ref:
			text, ok := escapeSub(p.text)
			if !ok {
				return "", errOpen
			}
			b.WriteString(text)
		case !simple(p.text):
			return "", errNotSub
		default:
			b.WriteString(p.text)
		}
	}
	if t.json {
		text, err := quoteJSON(b.String())
		if bytes.Count(t.source, []byte(`{"`)) > bytes.Count(t.source, []byte(`{ "`)) {
			return `{"Fn::Sub": ` + text + `}`, err
		}
		return `{ "Fn::Sub": ` + text + ` }`, err
	}
	text, err := t.scalar(t.manner(like), b.String())
	return "!Sub " + text, err
}

func textOf(parts []part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.text)
	}
	return b.String()
}

// manner is how the text of a value is written.
func (t *templateForm) manner(like *node) manner {
	if like == nil {
		return plainInFlow
	}
	for _, s := range like.segs {
		if s.in != nil {
			return s.in.written
		}
	}
	for _, i := range like.items {
		if m := t.manner(i); m != plainInFlow {
			return m
		}
	}
	return plainInFlow
}

// scalar writes a text as a scalar, in another manner where the wanted one
// cannot hold it.
func (t *templateForm) scalar(as manner, text string) (string, error) {
	if t.variables && strings.Contains(text, "${") {
		for _, p := range partsOf(text, t.refs) {
			if !p.ref && strings.Contains(p.text, "${") {
				return "", errVariable
			}
		}
	}
	if !t.plain && strings.Contains(text, "{{resolve:") {
		return "", errDynamic
	}
	switch {
	case t.json:
	case (as == plainScalar || as == plainInFlow) && plainYAML(text, as == plainInFlow):
		return text, nil
	case as == singleQuoted && singleYAML(text):
		return "'" + strings.ReplaceAll(text, "'", "''") + "'", nil
	}
	return quoteJSON(text)
}
