package interpret

import (
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/trail"
)

// place is where a request parameter stands.
type place struct {
	name   string // folded last name
	base   string // the name without its ending
	ending string // "name", "id" or "identifier", "" if it has none
	parent string // folded name of what it stands in, "" at the top
	depth  int    // how many parameters it stands in
	list   bool   // one of several values
	tag    bool   // speaks of the tags of what the request makes
	skip   bool   // tells no resource: of the response, a filter, or a tag
}

// placeOf reads a parameter's path. EC2 wraps lists in "items", and whole
// requests in a parameter called after the operation.
func placeOf(path string) place {
	p := place{name: catalog.Fold(catalog.LastName(path)), list: strings.Contains(path, "[]")}
	p.base = p.name
	for _, ending := range []string{"name", "identifier", "id"} {
		if base, ok := strings.CutSuffix(p.name, ending); ok {
			p.base, p.ending = base, ending
			break
		}
	}
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
	p.tag = catalog.IsTag(path)
	p.skip = p.skip || p.tag
	p.tag = p.tag || len(path) > 15 && strings.EqualFold(path[:16], "tagSpecification")
	return p
}

// param is a request parameter that may tell a resource.
type param struct {
	*place
	trail.Param
}

// index lists the parameters that can tell a resource, and notes what they have
// in common.
func (r *resolver) index() {
	r.params, r.lists, r.tags = r.params[:0], false, false
	for _, p := range r.fact.Params {
		at := r.interpreter.places.get(p.Path, strings.Clone, placeOf)
		r.tags = r.tags || at.tag
		if !at.skip && p.Value != "" && p.Value != catalog.Given {
			r.params = append(r.params, param{at, p})
			r.lists = r.lists || at.list
		}
	}
}
