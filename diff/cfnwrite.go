package diff

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// errFlow: a resource that shares its line with others has no place below it.
var errFlow = errors.New("the template's resources do not stand on lines of their own")

// behind says where below the role's resource a new one goes, how that line is
// indented, and whether a blank line parts the resources.
func (l listing) behind() (at int, indent string, blank bool, err error) {
	source := l.t.source
	role := l.t.resources.get(l.logical)
	start := lineStart(source, role.key)
	if strings.TrimSpace(string(source[start:role.key])) != "" {
		return 0, "", false, errFlow
	}
	members := l.t.resources.members
	for i := 1; i < len(members); i++ {
		from, to := members[i-1].value.end, members[i].value.key
		if from < to && bytes.Count(bytes.ReplaceAll(source[from:to], []byte(" "), nil), []byte("\n"))-bytes.Count(source[from:to], []byte("#")) > 1 {
			blank = true
		}
	}
	return role.end, string(source[start:role.key]), blank, nil
}

// step is by how much the template indents.
func (l listing) step() string {
	role := l.t.resources.get(l.logical)
	inner := role.members[0].value.key
	outer, own := indentAt(l.t.source, role.key), indentAt(l.t.source, inner)
	if step, ok := strings.CutPrefix(own, outer); ok && step != "" {
		return step
	}
	return "  "
}

func (l listing) writeJSON(logical, text string) (edit, error) {
	at, indent, blank, err := l.behind()
	nl := newline(l.t.source)
	if err != nil { // all in one line, then
		end := l.t.resources.get(l.logical).end
		return edit{end, end, `, "` + logical + `": ` + text}, nil
	}
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), indent, l.step()); err != nil {
		return edit{}, err
	}
	between := nl
	if blank {
		between = nl + nl
	}
	return edit{at, at, "," + between + indent + `"` + logical + `": ` + strings.ReplaceAll(b.String(), "\n", nl)}, nil
}

func (l listing) writeYAML(logical string, n *node) (edit, error) {
	at, indent, blank, err := l.behind()
	if err != nil {
		return edit{}, err
	}
	source, nl := l.t.source, newline(l.t.source)
	at = lineEnd(source, max(at-1, 0))
	w := &yamlWriter{form: l.t.form, nl: nl, step: l.step(), dash: l.dash(), like: l.t.form.manner(l.list)}
	text := indent + logical + ":" + w.value(n, indent+w.step) + nl
	if w.err != nil {
		return edit{}, w.err
	}
	if blank {
		text = nl + text
	}
	if !bytes.HasSuffix(source[:at], []byte("\n")) {
		text = nl + strings.TrimSuffix(text, nl)
	}
	return edit{at, at, text}, nil
}

// dash is by how much the template indents the dashes of a list more than the
// list's key.
func (l listing) dash() string {
	if l.list.style != yamlItems || l.list.kind != list || len(l.list.items) == 0 {
		return "  "
	}
	item, key := l.list.items[0].start, l.list.key
	dash := indentAt(l.t.source, item)
	rest, ok := strings.CutPrefix(dash, string(l.t.source[lineStart(l.t.source, key):key]))
	if !ok {
		return "  "
	}
	return rest
}

// yamlWriter writes values in block style.
type yamlWriter struct {
	form           *templateForm
	nl, step, dash string
	like           manner
	err            error
}

// value writes what stands behind a key or dash; indent is that of the lines
// below.
func (w *yamlWriter) value(n *node, indent string) string {
	switch n.kind {
	case object:
		return w.nl + indent + w.object(n, indent)
	case list:
		indent = strings.TrimSuffix(indent, w.step) + w.dash
		var lines []string
		for _, i := range n.items {
			text := strings.TrimPrefix(w.value(i, indent+"  "), " ")
			if i.kind == object {
				text = w.object(i, indent+"  ")
			}
			lines = append(lines, indent+"- "+text)
		}
		return w.nl + strings.Join(lines, w.nl)
	}
	text, err := w.form.scalar(w.like, n.text)
	if err != nil {
		w.err = err
	}
	return " " + text
}

// object writes the members; the first stands where the writer is.
func (w *yamlWriter) object(n *node, indent string) string {
	var lines []string
	for _, m := range n.members {
		key, err := w.form.scalar(plainScalar, m.key)
		if err != nil {
			w.err = err
		}
		value := w.value(m.value, indent+w.step)
		if slices.Contains([]string{"Type", "Effect"}, m.key) && plainYAML(m.value.text, false) {
			value = " " + m.value.text
		}
		lines = append(lines, key+":"+value)
	}
	return strings.Join(lines, w.nl+indent)
}
