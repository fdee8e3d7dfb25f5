package diff

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// derived evaluates an expression that computes something, or gives nil.
func (m *tfModule) derived(file *tfFile, e hclsyntax.Expression) *node {
	if path := pathOf(e); m.names && len(path) > 1 {
		if n := m.nameOf(path); n != nil {
			return n
		}
	}
	switch e := e.(type) {
	case *hclsyntax.FunctionCallExpr:
		return m.called(file, e)
	case *hclsyntax.ConditionalExpr:
		return m.conditional(file, e)
	case *hclsyntax.ForExpr:
		return m.comprehension(file, e)
	case *hclsyntax.IndexExpr:
		key := m.value(file, e.Key)
		if key.kind != scalar || !key.exact {
			return nil
		}
		return m.picked(file, e, m.value(file, e.Collection).inside(key.text))
	case *hclsyntax.RelativeTraversalExpr:
		return m.picked(file, e, m.value(file, e.Source).walk(e.Traversal))
	case *hclsyntax.BinaryOpExpr, *hclsyntax.UnaryOpExpr:
		return m.truth(file, e)
	}
	return nil
}

// picked is a part of something, where the expression stands.
func (m *tfModule) picked(file *tfFile, e hclsyntax.Expression, n *node) *node {
	if n == nil || n.kind == opaque || n.kind == scalar && !n.exact || n.kind != scalar && n.guess {
		return nil
	}
	out := moved(n, file, e)
	out.made = n.kind == list
	if n.kind == scalar {
		out.segs = []seg{piece(file, e, n)}
	}
	return out
}

// conditional takes the branch that is sure to be meant. If one branch is
// empty, the other is what there is, if anything.
func (m *tfModule) conditional(file *tfFile, e *hclsyntax.ConditionalExpr) *node {
	if truth, sure := m.decided(file, e.Condition); sure {
		if truth {
			return m.value(file, e.TrueResult)
		}
		return m.value(file, e.FalseResult)
	}
	yes, no := m.value(file, e.TrueResult), m.value(file, e.FalseResult)
	if nothing(yes) {
		yes, no = no, yes
	}
	if !nothing(no) || yes.kind != list || !slices.ContainsFunc(yes.items, func(n *node) bool { return n.kind == object }) {
		return nil // texts that may be there or not stand as the expression
	}
	maybe := *yes
	maybe.notes = append(slices.Clone(yes.notes), "${"+source(file, e.Condition)+"}")
	return &maybe
}

func nothing(n *node) bool {
	return n.null || n.kind == scalar && n.exact && n.text == "" || n.kind == list && len(n.items) == 0 || n.kind == object && len(n.members) == 0 && len(n.notes) == 0
}

// decided says what a condition is, if that is sure: the default of a variable
// that may be set otherwise is not.
func (m *tfModule) decided(file *tfFile, e hclsyntax.Expression) (truth, sure bool) {
	n := m.value(file, e)
	if n.kind != scalar || !n.exact || n.guess || n.text != "true" && n.text != "false" {
		return false, false
	}
	return n.text == "true", true
}

func (m *tfModule) truth(file *tfFile, e hclsyntax.Expression) *node {
	out := at(file, e)
	out.exact = true
	switch e := e.(type) {
	case *hclsyntax.UnaryOpExpr:
		truth, sure := m.decided(file, e.Val)
		if e.Op != hclsyntax.OpLogicalNot || !sure {
			return nil
		}
		out.text = strconv.FormatBool(!truth)
		return out
	case *hclsyntax.BinaryOpExpr:
		switch e.Op {
		case hclsyntax.OpLogicalAnd, hclsyntax.OpLogicalOr:
			return m.logical(file, e, out)
		}
		l, r := m.value(file, e.LHS), m.value(file, e.RHS)
		if l.guess || r.guess {
			return nil
		}
		text, ok := compare(e.Op, l, r)
		if !ok {
			return nil
		}
		out.text = strconv.FormatBool(text)
		return out
	}
	return nil
}

// logical needs one operand only, if that decides.
func (m *tfModule) logical(file *tfFile, e *hclsyntax.BinaryOpExpr, out *node) *node {
	decides := e.Op == hclsyntax.OpLogicalOr
	l, lsure := m.decided(file, e.LHS)
	r, rsure := m.decided(file, e.RHS)
	switch {
	case lsure && l == decides, rsure && r == decides:
		out.text = strconv.FormatBool(decides)
	case lsure && rsure:
		out.text = strconv.FormatBool(!decides)
	default:
		return nil
	}
	return out
}

func compare(op *hclsyntax.Operation, l, r *node) (truth, ok bool) {
	if op == hclsyntax.OpEqual || op == hclsyntax.OpNotEqual {
		equal, ok := sameValue(l, r)
		return equal == (op == hclsyntax.OpEqual), ok
	}
	x, err1 := strconv.ParseFloat(l.text, 64)
	y, err2 := strconv.ParseFloat(r.text, 64)
	if err1 != nil || err2 != nil || !l.exact || !r.exact {
		return false, false
	}
	switch op {
	case hclsyntax.OpGreaterThan:
		return x > y, true
	case hclsyntax.OpGreaterThanOrEqual:
		return x >= y, true
	case hclsyntax.OpLessThan:
		return x < y, true
	case hclsyntax.OpLessThanOrEqual:
		return x <= y, true
	}
	return false, false
}

// sameValue compares two values where that is sure: a list or a text with a
// literal part is not null, whatever its references stand for.
func sameValue(l, r *node) (same, ok bool) {
	if r.null {
		l, r = r, l
	}
	if l.null {
		return r.null, r.null || r.kind == list || r.kind == object || r.kind == scalar && r.exact
	}
	if l.kind != r.kind || !known(l) || !known(r) {
		return false, false
	}
	switch l.kind {
	case scalar:
		return l.text == r.text, true
	case list:
		return len(l.items) == len(r.items) && (len(l.items) == 0), len(l.items) == 0 || len(r.items) == 0
	}
	return false, false
}

// comprehension evaluates a for expression over what is known.
func (m *tfModule) comprehension(file *tfFile, e *hclsyntax.ForExpr) *node {
	collection := m.value(file, e.CollExpr)
	out := at(file, e)
	out.kind, out.made = list, true
	if e.KeyExpr != nil {
		out.kind = object
	}
	if !m.iterable(collection) {
		return m.typical(file, e, collection, out)
	}
	for _, item := range collection.each() {
		inner := m.bind(e.ValVar, item.value).bind(e.KeyVar, &node{text: item.key, exact: true})
		if e.CondExpr != nil {
			keep, sure := inner.decided(file, e.CondExpr)
			if !sure {
				return nil
			}
			if !keep {
				continue
			}
		}
		value := inner.value(file, e.ValExpr)
		if e.KeyExpr != nil {
			key := inner.value(file, e.KeyExpr)
			if !key.exact {
				return nil
			}
			out.members = append(out.members, member{key.text, value})
			continue
		}
		out.items = append(out.items, value)
	}
	return out
}

// typical reads the body of a for expression once for statements made of what
// is not known: the statement is there for each of them.
func (m *tfModule) typical(file *tfFile, e *hclsyntax.ForExpr, collection, out *node) *node {
	body, ok := e.ValExpr.(*hclsyntax.ObjectConsExpr)
	if !ok || e.KeyExpr != nil {
		return nil
	}
	value := m.unbind(e.ValVar).unbind(e.KeyVar).value(file, body)
	value.notes = append(value.notes, "${"+source(file, e.CollExpr)+"}")
	out.items = []*node{value}
	return out
}

// iterable: the elements are known, if not what is in them.
func (m *tfModule) iterable(n *node) bool {
	if n.guess || len(n.notes) > 0 {
		return false
	}
	return n.kind == object || n.kind == list && !slices.ContainsFunc(n.items, func(i *node) bool { return i.kind == opaque || i.guess || i.kind == scalar && !i.exact })
}

type element struct {
	key   string
	value *node
	in    *node // the list of texts it stands in, if it can go from there
	pos   int
}

// each lists the elements of an object in order of their keys, of a list by
// number.
func (n *node) each() []element {
	var out []element
	if n.kind == object {
		spans := &node{kind: list, style: hclList, start: n.start, end: n.end, file: n.file, items: n.spans}
		for i, m := range n.members {
			e := element{key: m.key, value: m.value}
			if len(n.spans) == len(n.members) {
				e.in, e.pos = spans, i
			}
			out = append(out, e)
		}
		slices.SortStableFunc(out, func(a, b element) int { return strings.Compare(a.key, b.key) })
		return out
	}
	for i, item := range n.items {
		e := element{key: strconv.Itoa(i), value: item, in: item.in, pos: item.pos}
		if n.set && item.kind == scalar {
			e.key = item.text
		}
		out = append(out, e)
	}
	return out
}

// bind gives the module with a name bound to a value.
func (m *tfModule) bind(name string, n *node) *tfModule {
	if name == "" {
		return m
	}
	out := *m
	out.vars = map[string]*node{name: n}
	for k, v := range m.vars {
		if k != name {
			out.vars[k] = v
		}
	}
	return &out
}

// unbind hides a name that an inner scope uses for what is not known.
func (m *tfModule) unbind(name string) *tfModule { return m.bind(name, nil) }
