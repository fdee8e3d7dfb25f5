package diff

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A .tf.json file is read as the same configuration in the native syntax would
// be: its objects become blocks and attributes that stand where the JSON does.
//
// Source: Terraform language, "JSON Configuration Syntax".

// isJSON: the file is in the JSON syntax.
func isJSON(path string) bool { return strings.HasSuffix(path, ".tf.json") }

// isTerraform: Terraform reads the file as configuration.
func isTerraform(path string) bool { return filepath.Ext(path) == ".tf" || isJSON(path) }

// errGenerated: what makes the file would undo an edit.
var errGenerated = errors.New("the .tf.json file is made by CDK for Terraform; change what makes it")

// arrayPlace is where a block of the JSON syntax stands in an array.
type arrayPlace struct {
	in  *node
	pos int
}

// jsonReader turns a .tf.json file into the blocks of the native syntax.
type jsonReader struct {
	f      *finder
	path   string
	source []byte
	file   *tfFile
	lines  []int
}

// parseTFJSON reads a file in the JSON syntax, or gives nil for what is none.
func (f *finder) parseTFJSON(path string, source []byte) *hclsyntax.Body {
	text := trimBOM(source)
	root, err := parseJSON(text, len(source)-len(text), false)
	if err != nil || root.kind != object {
		return nil
	}
	meta := root.get("//").get("metadata")
	f.generated[path] = meta.get("stackName") != nil && meta.get("version") != nil
	r := &jsonReader{f: f, path: path, source: source, file: &tfFile{path: path, source: source}, lines: lineStarts(source)}
	out := &hclsyntax.Body{Attributes: hclsyntax.Attributes{}}
	for _, m := range root.members {
		depth := map[string]int{"resource": 2, "data": 2, "module": 1, "variable": 1, "output": 1, "locals": 0}
		if labels, known := depth[m.key]; known {
			r.blocks(out, m.key, nil, labels, m.value)
		}
	}
	return out
}

// blocks adds the blocks of a type: an object is one, or names some by its
// members, an array is several.
func (r *jsonReader) blocks(into *hclsyntax.Body, kind string, labels []string, depth int, n *node) {
	for i, item := range n.list() {
		if item.kind != object {
			continue
		}
		if depth > 0 {
			for _, m := range item.members {
				r.blocks(into, kind, append(labels[:len(labels):len(labels)], m.key), depth-1, m.value)
			}
			continue
		}
		where := r.span(item.start, item.end)
		b := &hclsyntax.Block{Type: kind, Labels: labels, Body: r.body(item), TypeRange: r.span(item.start, item.start), CloseBraceRange: where}
		b.OpenBraceRange = r.span(item.start, item.start)
		into.Blocks = append(into.Blocks, b)
		if n.kind == list {
			n.file = r.file
			r.f.arrays[b] = arrayPlace{n, i}
		}
	}
}

// body reads an object's members as attributes and, since the syntax does not
// tell the two apart, as blocks where they can be some.
func (r *jsonReader) body(n *node) *hclsyntax.Body {
	out := &hclsyntax.Body{Attributes: hclsyntax.Attributes{}, SrcRange: r.span(n.start, n.end)}
	for _, m := range n.members {
		if m.key == "//" {
			continue
		}
		if m.key == "dynamic" {
			r.blocks(out, m.key, nil, 1, m.value)
			continue
		}
		out.Attributes[m.key] = &hclsyntax.Attribute{Name: m.key, Expr: r.expression(m.value), SrcRange: r.span(m.value.start, m.value.end)}
		r.blocks(out, m.key, nil, 0, m.value)
	}
	return out
}

// expression reads a value; a string is a template.
func (r *jsonReader) expression(n *node) hclsyntax.Expression {
	where := r.span(n.start, n.end)
	switch {
	case n.kind == list:
		out := &hclsyntax.TupleConsExpr{SrcRange: where}
		for _, i := range n.items {
			out.Exprs = append(out.Exprs, r.expression(i))
		}
		return out
	case n.kind == object:
		out := &hclsyntax.ObjectConsExpr{SrcRange: where}
		for _, m := range n.members {
			key := &hclsyntax.LiteralValueExpr{Val: cty.StringVal(m.key), SrcRange: r.span(m.value.key, m.value.start)}
			out.Items = append(out.Items, hclsyntax.ObjectConsItem{KeyExpr: &hclsyntax.ObjectConsKeyExpr{Wrapped: key}, ValueExpr: r.expression(m.value)})
		}
		return out
	case r.source[n.start] == '"':
		return r.template(n, where)
	case n.text == "null":
		return &hclsyntax.LiteralValueExpr{Val: cty.NullVal(cty.DynamicPseudoType), SrcRange: where}
	case n.text == "true", n.text == "false":
		return &hclsyntax.LiteralValueExpr{Val: cty.BoolVal(n.text == "true"), SrcRange: where}
	}
	number, err := cty.ParseNumberVal(n.text)
	if err != nil {
		number = cty.StringVal(n.text)
	}
	return &hclsyntax.LiteralValueExpr{Val: number, SrcRange: where}
}

// template reads a string. One with escapes is a text of its own, below them.
func (r *jsonReader) template(n *node, where hcl.Range) hclsyntax.Expression {
	raw := r.source[n.start+1 : n.end-1]
	path, start := r.path, where.Start
	start.Byte, start.Column = start.Byte+1, start.Column+1
	if bytes.IndexByte(raw, '\\') >= 0 {
		l, err := unescape(string(raw), n.start+1, false, escapeOfJSON)
		if err != nil {
			return &hclsyntax.LiteralValueExpr{Val: cty.StringVal(n.text), SrcRange: where}
		}
		path, start, raw = r.path+"#"+itoa(n.start), hcl.InitialPos, l.text
		r.f.inner[path] = &tfFile{path: r.path, source: l.text, layer: l, outer: r.file, whole: span{n.start, n.end}}
		where = hcl.Range{Filename: path, Start: start, End: hcl.Pos{Byte: len(l.text), Line: 1, Column: 1}}
	}
	e, diags := hclsyntax.ParseTemplate(raw, path, start)
	if diags.HasErrors() {
		return &hclsyntax.LiteralValueExpr{Val: cty.StringVal(n.text), SrcRange: where}
	}
	switch e := e.(type) {
	case *hclsyntax.TemplateExpr:
		e.SrcRange = where
	case *hclsyntax.TemplateWrapExpr:
		e.SrcRange = where
	}
	return e
}

func (r *jsonReader) span(start, end int) hcl.Range {
	return hcl.Range{Filename: r.path, Start: r.pos(start), End: r.pos(end)}
}

func (r *jsonReader) pos(at int) hcl.Pos {
	line, found := 0, len(r.lines)
	for line < found {
		middle := (line + found) / 2
		if r.lines[middle] <= at {
			line = middle + 1
		} else {
			found = middle
		}
	}
	return hcl.Pos{Byte: at, Line: line, Column: at - r.lines[line-1] + 1}
}

// spellTFJSON writes a string of the JSON syntax: a template below the escapes.
func spellTFJSON(parts []part) (string, error) {
	if err := keepsApart(parts); err != nil {
		return "", err
	}
	if meet(parts) {
		return "", errDollar
	}
	return inJSON(func(parts []part) (string, error) {
		return join(parts, func(s string) (string, error) { return escapeTemplate.Replace(s), nil })
	})(parts)
}

// escapeTemplate keeps a template from reading more than a text.
//
// Source: HCL Native Syntax Specification, "Template Literals".
var escapeTemplate = strings.NewReplacer("${", "$${", "%{", "%%{")

// spellTFJSONDocument is [spellTFJSON] for aws_iam_policy_document.
func spellTFJSONDocument(parts []part) (string, error) {
	if _, err := spellDocument(parts); err != nil {
		return "", err
	}
	return spellTFJSON(parts)
}

// inJSON writes what a speller does as a JSON string.
func inJSON(quote speller) speller {
	return func(parts []part) (string, error) {
		text, err := quote(parts)
		if err != nil {
			return "", err
		}
		return quoteJSON(text)
	}
}

// belowJSON writes what a speller does inside of a JSON string.
func belowJSON(quote speller) speller {
	return func(parts []part) (string, error) {
		text, err := inJSON(quote)(parts)
		if err != nil {
			return "", err
		}
		return text[1 : len(text)-1], nil
	}
}

// raise moves what was read below the escapes of a JSON string to where it
// stands in the file, and has it written below those escapes.
func (f *Found) raise(file *tfFile) {
	if file.layer == nil {
		return
	}
	var inside func(*node) bool
	inside = func(n *node) bool {
		for _, i := range n.items {
			if !inside(i) {
				return false
			}
		}
		for _, m := range n.members {
			if !inside(m.value) {
				return false
			}
		}
		return n.file == nil || n.file == file
	}
	if !inside(f.node) {
		f.decline("a part of the policy stands outside of its string")
		return
	}
	file.layer.lift(f.node)
	f.node.inFile(file.outer)
	f.quote = belowJSON(f.quote)
}

// innerFile is the text below the escapes of a string that an expression is
// part of, or nil.
func (f *finder) innerFile(e hclsyntax.Expression) *tfFile {
	name := e.Range().Filename
	if own := f.inner[name]; own != nil || f.base == nil {
		return own
	}
	return f.base.inner[name]
}

// arrayOf is where a block stands in an array.
func (f *finder) arrayOf(b *hclsyntax.Block) (arrayPlace, bool) {
	if p, ok := f.arrays[b]; ok || f.base == nil {
		return p, ok
	}
	p, ok := f.base.arrays[b]
	return p, ok
}

// documentSpeller is how the lists of a policy document are spelled.
func documentSpeller(file *tfFile) speller {
	if isJSON(file.path) {
		return spellTFJSONDocument
	}
	return spellDocument
}
