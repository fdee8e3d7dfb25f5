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
	*trail.Param
}

// index lists the parameters that can tell a resource, and where those of each
// place begin.
func (r *resolver) index() {
	r.params, r.begin, r.lists, r.arns = r.params[:0], r.begin[:0], false, false
	params, places := r.fact.Params, r.plan.places
	for i := range params {
		p := &params[i]
		if i == 0 || p.Path != params[i-1].Path {
			r.begin = append(r.begin, -1)
		}
		last := len(r.begin) - 1
		at := &places[last]
		if at.skip || p.Value == "" || p.Value == catalog.Given {
			continue
		}
		if r.begin[last] < 0 {
			r.begin[last] = len(r.params)
		}
		r.params = append(r.params, param{at, p})
		r.lists = r.lists || at.list
		r.arns = r.arns || maybeARN(p.Value)
	}
	r.given = ""
	if r.plan.typing {
		r.given = catalog.Fold(first(r.fact, "resourceType"))
	}
}

// nth gives the nth of a place's values, the last if there are not that many;
// nil if there is none.
func (r *resolver) nth(at, n int) *param {
	i := r.begin[at]
	if i < 0 {
		return nil
	}
	for ; n > 0 && i+1 < len(r.params) && r.params[i+1].place == r.params[i].place; n-- {
		i++
	}
	return &r.params[i]
}
