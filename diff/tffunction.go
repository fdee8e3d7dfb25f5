package diff

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// textFunctions are Terraform's functions of texts that give a text.
//
// Source: Terraform language, "Built-in Functions".
var textFunctions = map[string]function.Function{
	"lower": stdlib.LowerFunc, "upper": stdlib.UpperFunc, "title": stdlib.TitleFunc,
	"trim": stdlib.TrimFunc, "trimspace": stdlib.TrimSpaceFunc, "trimprefix": stdlib.TrimPrefixFunc,
	"trimsuffix": stdlib.TrimSuffixFunc, "format": stdlib.FormatFunc,
}

// called evaluates a function call, or gives nil.
//
// Source: Terraform language, "Built-in Functions".
func (m *tfModule) called(file *tfFile, e *hclsyntax.FunctionCallExpr) *node {
	args := make([]*node, len(e.Args))
	for i, a := range e.Args {
		args[i] = m.value(file, a)
	}
	if len(args) == 0 || e.ExpandFinal {
		return nil
	}
	switch e.Name {
	case "concat", "flatten", "setunion":
		return joined(file, e, args)
	case "toset", "tolist", "distinct", "compact", "sort", "sensitive", "nonsensitive", "tomap", "tostring", "tobool":
		return same(e.Name, args[0])
	case "merge":
		return merged(file, e, args)
	case "try", "coalesce":
		return m.firstOf(file, e, args)
	case "lookup":
		return m.lookup(file, e, args)
	case "length":
		return counted(file, e, args[0])
	case "contains":
		return contains(file, e, args)
	case "keys", "values":
		return m.keys(file, e, args[0])
	case "element":
		if len(args) == 2 && args[1].exact {
			return m.picked(file, e, args[0].inside(args[1].text))
		}
	case "one":
		if args[0].kind == list && len(args[0].items) == 1 {
			return m.picked(file, e, args[0].items[0])
		}
	case "join", "split", "replace":
		return textual(file, e, args)
	}
	if f, ok := textFunctions[e.Name]; ok {
		return computed(file, e, f, args)
	}
	return nil
}

// joined is one list of several. Each item is edited where it stands.
func joined(file *tfFile, e *hclsyntax.FunctionCallExpr, args []*node) *node {
	out := at(file, e)
	out.kind, out.joint = list, true
	for _, a := range args {
		if a.null {
			return nil
		}
		out.absorb(a, e.Name == "flatten")
	}
	return out
}

func (n *node) absorb(a *node, flat bool) {
	n.notes = append(n.notes, a.notes...)
	n.guess = n.guess || a.guess
	switch {
	case a.kind != list:
		n.items = append(n.items, a)
	case flat:
		for _, i := range a.items {
			n.absorb(i, true)
		}
	default:
		n.items = append(n.items, a.items...)
	}
}

// same gives what a function leaves as it is.
func same(name string, n *node) *node {
	switch {
	case name == "compact" && slices.ContainsFunc(n.items, nothing):
		return nil
	case n.kind == list && name == "toset":
		set := *n
		set.set = true
		return &set
	case n.kind == list, n.kind == object, n.kind == scalar && n.exact:
		return n
	}
	return nil
}

// merged is one object of several; of equal members the last counts.
func merged(file *tfFile, e *hclsyntax.FunctionCallExpr, args []*node) *node {
	out := at(file, e)
	out.kind = object
	for _, a := range args {
		if a.kind != object {
			return nil
		}
		out.guess = out.guess || a.guess
		for _, m := range a.members {
			i := slices.IndexFunc(out.members, func(have member) bool { return have.key == m.key })
			if i < 0 {
				out.members = append(out.members, m)
			} else {
				out.members[i] = m
			}
		}
	}
	return out
}

// firstOf is the first that is there. What is not known may be there.
func (m *tfModule) firstOf(file *tfFile, e *hclsyntax.FunctionCallExpr, args []*node) *node {
	for i, a := range args {
		switch {
		case a.guess:
			return nil
		case m.absent(file, e.Args[i]), e.Name == "coalesce" && nothing(a):
			continue
		case a.kind == opaque || a.kind == scalar && !a.exact:
			return nil
		}
		return m.kept(file, e, a)
	}
	return nil
}

// kept is a list or object where it stands, and a text where the expression
// stands.
func (m *tfModule) kept(file *tfFile, e hclsyntax.Expression, n *node) *node {
	if n.kind == list || n.kind == object {
		return n
	}
	return moved(n, file, e)
}

// absent: the expression names a member of an object that has none of that
// name, which is an error to try.
func (m *tfModule) absent(file *tfFile, e hclsyntax.Expression) bool {
	t, ok := e.(*hclsyntax.ScopeTraversalExpr)
	if !ok || len(t.Traversal) < 2 {
		return false
	}
	for cut := len(t.Traversal) - 1; cut > 0; cut-- {
		holder, _ := m.resolve(t.Traversal[:cut])
		if holder == nil {
			continue
		}
		return holder.kind == object && !holder.guess && holder.walk(t.Traversal[cut:cut+1]) == nil
	}
	return false
}

func (m *tfModule) lookup(file *tfFile, e *hclsyntax.FunctionCallExpr, args []*node) *node {
	if len(args) < 2 || args[0].kind != object || args[0].guess || !args[1].exact {
		return nil
	}
	if n := args[0].get(args[1].text); n != nil {
		if n.kind == opaque || n.kind == scalar && !n.exact {
			return nil
		}
		return m.kept(file, e, n)
	}
	if len(args) == 3 {
		return m.kept(file, e, args[2])
	}
	return nil
}

func counted(file *tfFile, e hclsyntax.Expression, n *node) *node {
	if n.guess || len(n.notes) > 0 || n.kind == list && slices.ContainsFunc(n.items, func(i *node) bool { return i.kind == opaque }) {
		return nil
	}
	out := at(file, e)
	out.exact = true
	switch {
	case n.kind == list:
		out.text = itoa(len(n.items))
	case n.kind == object:
		out.text = itoa(len(n.members))
	case n.kind == scalar && n.exact:
		out.text = itoa(len([]rune(n.text)))
	default:
		return nil
	}
	return out
}

func contains(file *tfFile, e hclsyntax.Expression, args []*node) *node {
	if len(args) != 2 || args[0].kind != list || args[0].guess || !known(args[0]) || args[1].kind != scalar || !args[1].exact || args[1].guess {
		return nil
	}
	out := at(file, e)
	out.exact, out.text = true, "false"
	if slices.ContainsFunc(args[0].items, func(i *node) bool { return i.kind == scalar && i.text == args[1].text }) {
		out.text = "true"
	}
	return out
}

func (m *tfModule) keys(file *tfFile, e *hclsyntax.FunctionCallExpr, n *node) *node {
	if n.kind != object || n.guess {
		return nil
	}
	out := at(file, e)
	out.kind, out.made = list, true
	for _, item := range n.each() {
		if e.Name == "values" {
			out.items = append(out.items, item.value)
			continue
		}
		key := at(file, e)
		key.text, key.exact = item.key, true
		out.items = append(out.items, key)
	}
	return out
}

// textual is a function that takes or gives a list of texts.
func textual(file *tfFile, e *hclsyntax.FunctionCallExpr, args []*node) *node {
	for _, a := range args {
		if !known(a) || a.kind == object {
			return nil
		}
	}
	out := at(file, e)
	switch {
	case e.Name == "join" && len(args) == 2 && args[1].kind == list:
		var texts []string
		for _, i := range args[1].items {
			if i.kind != scalar {
				return nil
			}
			texts = append(texts, i.text)
			out.guess = out.guess || i.guess
		}
		out.text, out.exact = strings.Join(texts, args[0].text), true
	case e.Name == "split" && len(args) == 2 && args[1].kind == scalar:
		out.kind, out.made, out.guess = list, true, args[1].guess
		for _, part := range strings.Split(args[1].text, args[0].text) {
			out.items = append(out.items, &node{text: part, exact: true, file: file})
		}
	case e.Name == "replace" && len(args) == 3 && !strings.HasPrefix(args[1].text, "/"):
		out.text, out.exact = strings.ReplaceAll(args[0].text, args[1].text, args[2].text), true
		out.guess = args[0].guess || args[2].guess
	default:
		return nil
	}
	return out
}

func computed(file *tfFile, e *hclsyntax.FunctionCallExpr, f function.Function, args []*node) *node {
	out := at(file, e)
	values := make([]cty.Value, len(args))
	for i, a := range args {
		if a.kind != scalar || !a.exact || a.null {
			return nil
		}
		values[i] = cty.StringVal(a.text)
		out.guess = out.guess || a.guess
	}
	v, err := f.Call(values)
	if err != nil || v.Type() != cty.String || v.IsNull() || !v.IsKnown() {
		return nil
	}
	out.text, out.exact = v.AsString(), true
	return out
}
