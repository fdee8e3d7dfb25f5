package report

import (
	_ "embed" // for the pages
	"html/template"
	"io"
	"strings"
)

//go:embed role.html
var rolePage string

//go:embed index.html
var indexPage string

var pages = template.Must(template.Must(template.New("role").Funcs(template.FuncMap{
	"what": what, "advice": advice, "why": why, "evidence": evidence, "verb": verb, "proof": Proof, "rehearsal": rehearsal, "plain": plain, "percent": percent,
	"bar":   func(part, whole int) int { return min(300*part/max(whole, 1), 300) },
	"page":  func(s RoleSummary) string { return s.Folder + "/report.html" },
	"minus": func(a, b int) int { return a - b },
}).Parse(rolePage)).New("index").Parse(indexPage))

// HTML writes the report as one self-contained page.
func HTML(w io.Writer, d *Document) error { return pages.ExecuteTemplate(w, "role", d) }

// Index writes the page that lists all roles of a run.
func Index(w io.Writer, s *Summary) error { return pages.ExecuteTemplate(w, "index", s) }

// Text is a rendering as a string, for tests and small outputs.
func Text(render func(io.Writer) error) (string, error) {
	var b strings.Builder
	err := render(&b)
	return b.String(), err
}
