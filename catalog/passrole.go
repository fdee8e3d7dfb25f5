package catalog

import (
	_ "embed" // for the tables
	"strings"
	"sync"
)

//go:embed data/passrole.tsv
var passRole string

//go:embed data/passed_to_service.tsv
var passedToService string

// RoleParams gives the request parameters of an operation that carry a role
// it passes ("" for an operation of which it is not known where the role
// stands; "indirect:" before a parameter that names something that holds the
// role, "maybe:" before one that can hold other things too, "any:" before a
// name that carries a role wherever it stands), and the services it passes them to where that is known.
func (c *Catalog) RoleParams(prefix, operation string) (paths, services []string) {
	t := passRoleTable()
	key := strings.ToLower(prefix + ":" + operation)
	return t.paths[key], t.services[key]
}

type passTable struct{ paths, services map[string][]string }

var passRoleTable = sync.OnceValue(func() passTable {
	t := passTable{map[string][]string{}, map[string][]string{}}
	for _, f := range rows(passRole) {
		key := strings.ToLower(f[0] + ":" + f[1])
		for path := range strings.SplitSeq(f[2], ";") {
			path = strings.TrimSpace(path)
			switch {
			case path == "" || strings.HasPrefix(path, "("):
			case path == "?":
				t.paths[key] = append(t.paths[key], "")
			default:
				t.paths[key] = append(t.paths[key], path)
			}
		}
	}
	for _, f := range rows(passedToService) {
		t.services[strings.ToLower(f[0]+":"+f[1])] = strings.FieldsFunc(f[2], func(r rune) bool { return r == ',' || r == ' ' || r == '|' })
	}
	return t
})
