package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mutant is one change, that is made while the variable mutant has its number.
type mutant struct {
	number         int
	file, function string
	line           int
	what           string // "a == b → a != b"
	nth            int    // of its name
}

// name survives edits elsewhere: it has no line number.
func (m mutant) name() string {
	name := fmt.Sprintf("%s %s: %s", filepath.Base(m.file), m.function, m.what)
	if m.nth > 0 {
		name += fmt.Sprintf(" (%d)", m.nth+1)
	}
	return name
}

// mutator writes files that hold every mutant at once, each behind a question
// for the variable mutant.
type mutator struct {
	mutants []mutant
	seen    map[string]int

	set            *token.FileSet
	text           string
	file, function string
	edits          []*edit
}

// edit is a piece of the file that is written otherwise. base writes it anew,
// from its parts; wraps are put around it.
type edit struct {
	from, to int
	base     func() string
	wraps    []func(string) string
	place    int // among the edits, sorted; those inside it come behind it
}

// rewrite gives the text of a file with all its mutants in it.
func (f *mutator) rewrite(name string) (string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	f.set, f.text, f.file, f.edits = token.NewFileSet(), string(text), name, nil
	file, err := parser.ParseFile(f.set, name, text, 0)
	if err != nil {
		return "", err
	}
	for _, d := range file.Decls {
		if function, ok := d.(*ast.FuncDecl); ok && function.Body != nil {
			f.function = function.Name.Name
			ast.Inspect(function.Body, f.visit)
		}
	}
	slices.SortStableFunc(f.edits, func(a, b *edit) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	for i, e := range f.edits {
		e.place = i
	}
	return f.render(0, len(f.text), 0), nil
}

// render writes a stretch of the file with the edits in it, from a place on.
func (f *mutator) render(from, to, place int) string {
	var out strings.Builder
	for _, e := range f.edits[min(place, len(f.edits)):] {
		if e.from < from || e.to > to {
			continue
		}
		out.WriteString(f.text[from:e.from])
		text := ""
		if e.base != nil {
			text = e.base()
		} else {
			text = f.render(e.from, e.to, e.place+1)
		}
		for _, wrap := range e.wraps {
			text = wrap(text)
		}
		out.WriteString(text)
		from = e.to
	}
	return out.String() + f.text[from:to]
}

func (f *mutator) at(p token.Pos) int { return f.set.Position(p).Offset }

// edit finds or makes the edit of a node.
func (f *mutator) edit(n ast.Node) *edit {
	from, to := f.at(n.Pos()), f.at(n.End())
	for _, e := range f.edits {
		if e.from == from && e.to == to {
			return e
		}
	}
	e := &edit{from: from, to: to}
	f.edits = append(f.edits, e)
	return e
}

// mutant notes one and gives the condition under which it is on.
func (f *mutator) mutant(n ast.Node, to string) string {
	what := oneLine(f.text[f.at(n.Pos()):f.at(n.End())]) + " → " + oneLine(to)
	m := mutant{number: len(f.mutants) + 1, file: f.file, function: f.function, line: f.set.Position(n.Pos()).Line, what: what}
	m.nth = f.seen[m.name()]
	f.seen[m.name()]++
	f.mutants = append(f.mutants, m)
	return fmt.Sprintf("mutant == %d", m.number)
}

// names that take each other's place.
var others = map[string]string{"yes": "no", "no": "yes", "maybe": "no"}

func (f *mutator) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		f.binary(n)
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			f.wrap(n, f.mutant(n, "without !"), "((%[2]s) != (%[1]s))")
		}
	case *ast.SelectorExpr:
		return false
	case *ast.Ident:
		f.ident(n)
	case *ast.IfStmt:
		f.wrap(n.Cond, f.mutant(n.Cond, "false"), "(!(%[1]s) && (%[2]s))")
	case *ast.CaseClause:
		for _, s := range n.Body {
			f.dropped(s)
		}
	case *ast.BlockStmt:
		for _, s := range n.List {
			f.dropped(s)
		}
	}
	return true
}

func (f *mutator) wrap(n ast.Node, on, format string) {
	e := f.edit(n)
	e.wraps = append(e.wraps, func(text string) string { return fmt.Sprintf(format, on, text) })
}

func (f *mutator) ident(n *ast.Ident) {
	switch other := others[n.Name]; {
	case n.Name == "true" || n.Name == "false":
		f.wrap(n, f.mutant(n, "the other"), "((%[1]s) != %[2]s)")
	case other != "":
		f.wrap(n, f.mutant(n, other), "instead(%[1]s, %[2]s, "+other+")")
	}
}

// binary changes comparisons and joins: a comparison to its opposite, to
// include or exclude equals, and "and" to "or".
func (f *mutator) binary(n *ast.BinaryExpr) {
	op := n.Op.String()
	switch n.Op {
	case token.EQL, token.NEQ:
		f.wrap(n, f.mutant(n, "its opposite"), "((%[2]s) != (%[1]s))")
		return
	case token.LSS, token.LEQ, token.GTR, token.GEQ, token.LAND, token.LOR:
	default:
		return
	}
	e := f.edit(n)
	on := f.mutant(n, map[token.Token]string{
		token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">", token.LAND: "||", token.LOR: "&&",
	}[n.Op])
	e.base = func() string {
		a := "(" + f.render(f.at(n.X.Pos()), f.at(n.X.End()), e.place+1) + ")"
		b := "(" + f.render(f.at(n.Y.Pos()), f.at(n.Y.End()), e.place+1) + ")"
		switch n.Op {
		case token.LSS, token.GTR:
			return fmt.Sprintf("(%s %s %s || %s && %s == %s)", a, op, b, on, a, b)
		case token.LEQ, token.GEQ:
			return fmt.Sprintf("(%s %s %s && !(%s && %s == %s))", a, op, b, on, a, b)
		}
		return fmt.Sprintf("(!(%s) && (%s && %s) || %s && (%s || %s))", flip(on, n.Op), a, b, flip(on, n.Op), a, b)
	}
	if n.Op != token.LAND && n.Op != token.LOR {
		f.wrap(n, f.mutant(n, "its opposite"), "((%[2]s) != (%[1]s))")
	}
}

// flip: for an "or" the mutant is the "and".
func flip(on string, op token.Token) string {
	if op == token.LOR {
		return "(!(" + on + "))"
	}
	return "(" + on + ")"
}

// dropped leaves a statement out.
func (f *mutator) dropped(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.ExprStmt, *ast.IncDecStmt, *ast.BranchStmt:
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			return
		}
	default:
		return
	}
	f.wrap(s, f.mutant(s, "nothing"), "if !(%[1]s) { %[2]s }")
}

func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > 100 {
		text = string(runes[:100]) + "…"
	}
	return text
}
