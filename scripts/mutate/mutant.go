package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// mutant is a file with one thing changed.
type mutant struct {
	file, function string
	line           int
	what           string // "a == b → a != b"
	nth            int    // of its name in the file
	source         []byte
}

// name survives edits elsewhere: it has no line number.
func (m mutant) name() string {
	name := fmt.Sprintf("%s %s: %s", filepath.Base(m.file), m.function, m.what)
	if m.nth > 0 {
		name += fmt.Sprintf(" (%d)", m.nth+1)
	}
	return name
}

// mutantsOf lists the mutants of a package's files, in order.
func mutantsOf(dir string) ([]mutant, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var out []mutant
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		more, err := mutantsIn(name, text)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func mutantsIn(name string, text []byte) ([]mutant, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, 0)
	if err != nil {
		return nil, err
	}
	f := &mutator{name: name, text: text, set: set, seen: map[string]int{}}
	for _, d := range file.Decls {
		function, ok := d.(*ast.FuncDecl)
		if !ok || function.Body == nil {
			continue
		}
		f.function = function.Name.Name
		ast.Inspect(function.Body, f.visit)
	}
	return f.out, nil
}

type mutator struct {
	name, function string
	text           []byte
	set            *token.FileSet
	seen           map[string]int
	out            []mutant
}

// swaps are the operators that take each other's place.
var swaps = map[token.Token][]token.Token{
	token.EQL: {token.NEQ}, token.NEQ: {token.EQL},
	token.LSS: {token.LEQ, token.GEQ}, token.LEQ: {token.LSS, token.GTR},
	token.GTR: {token.GEQ, token.LEQ}, token.GEQ: {token.GTR, token.LSS},
	token.LAND: {token.LOR}, token.LOR: {token.LAND},
	token.ADD: {token.SUB}, token.SUB: {token.ADD}, token.MUL: {token.ADD},
}

// names that take each other's place.
var others = map[string]string{"true": "false", "false": "true", "yes": "no", "no": "yes", "maybe": "no", "min": "max", "max": "min"}

func (f *mutator) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		for _, other := range swaps[n.Op] {
			f.replace(n, n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), other.String())
		}
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			f.replace(n, n.OpPos, n.OpPos+1, "")
		}
	case *ast.Ident:
		if other, ok := others[n.Name]; ok {
			f.replace(n, n.Pos(), n.End(), other)
		}
	case *ast.BasicLit:
		if v, err := strconv.Atoi(n.Value); err == nil && n.Kind == token.INT {
			f.replace(n, n.Pos(), n.End(), strconv.Itoa(v+1))
		}
	case *ast.IfStmt:
		f.replace(n.Cond, n.Cond.Pos(), n.Cond.End(), "false")
	case *ast.CaseClause:
		f.emptied(n)
	case *ast.BlockStmt:
		for _, s := range n.List {
			f.dropped(s)
		}
	}
	return true
}

// dropped leaves a statement out.
func (f *mutator) dropped(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.ExprStmt, *ast.IncDecStmt, *ast.BranchStmt, *ast.DeferStmt:
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			return
		}
	default:
		return
	}
	f.replace(s, s.Pos(), s.End(), "")
}

// emptied makes a case that does nothing.
func (f *mutator) emptied(c *ast.CaseClause) {
	if len(c.Body) > 0 && len(c.List) > 0 {
		for _, s := range c.Body {
			f.dropped(s)
		}
	}
}

// replace puts text in place of what stands between two positions inside n.
func (f *mutator) replace(n ast.Node, from, to token.Pos, text string) {
	at := func(p token.Pos) int { return f.set.Position(p).Offset }
	before := f.print(n)
	inner := string(f.text[at(n.Pos()):at(from)]) + text + string(f.text[at(to):at(n.End())])
	m := mutant{
		file: f.name, function: f.function, line: f.set.Position(from).Line,
		what:   oneLine(before) + " → " + oneLine(inner),
		source: slices.Concat(f.text[:at(from)], []byte(text), f.text[at(to):]),
	}
	m.nth = f.seen[m.name()]
	f.seen[m.name()]++
	f.out = append(f.out, m)
}

func (f *mutator) print(n ast.Node) string {
	var b bytes.Buffer
	if err := printer.Fprint(&b, f.set, n); err != nil {
		panic("mutate: what was parsed does not print: " + err.Error())
	}
	return b.String()
}

func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 120 {
		text = text[:120] + "…"
	}
	return text
}
