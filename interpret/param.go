package interpret

import (
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/trail"
)

// place is where a request parameter stands.
type place struct {
	name   string // folded last name
	parent string // folded name of what it stands in, "" at the top
	depth  int    // how many parameters it stands in
	list   bool   // one of several values
	skip   bool   // tells no resource: of the response, a filter, or a tag
}

// placeOf reads a parameter's path. EC2 wraps lists in "items", and whole
// requests in a parameter called after the operation.
func placeOf(path string) place {
	p := place{name: catalog.Fold(catalog.LastName(path)), list: strings.Contains(path, "[]")}
	segments := strings.Split(strings.TrimSuffix(path, ".content"), ".")
	for i, s := range segments[:len(segments)-1] {
		s = catalog.Fold(strings.TrimSuffix(s, "[]"))
		switch {
		case i == 0 && s == "response", strings.HasPrefix(s, "filter"):
			p.skip = true
		case s == "items", s == "member", i == 0 && strings.HasSuffix(s, "request"):
		default:
			p.parent = s
			p.depth++
		}
	}
	p.skip = p.skip || catalog.IsTag(path)
	return p
}

// param is a request parameter that may tell a resource.
type param struct {
	*place
	trail.Param
}

// index lists the parameters that can tell a resource, and says whether some
// parameter lists several values.
func (in *Interpreter) index(params []trail.Param, into []param) (out []param, lists bool) {
	for _, p := range params {
		at := in.places.get(p.Path, strings.Clone, placeOf)
		if !at.skip && p.Value != "" && p.Value != catalog.Given {
			into = append(into, param{at, p})
			lists = lists || at.list
		}
	}
	return into, lists
}
