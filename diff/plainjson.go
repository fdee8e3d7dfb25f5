package diff

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// plain lists the policies of a JSON file: the document that it is, or those
// that stand in it, by their JSON pointers.
//
// Source: RFC 6901 (JSON Pointer).
func (t *template) plain(n *node, pointer string) []Found {
	if n.get("Statement") != nil && isDocument(n) {
		f := t.found("json:"+t.file+"#"+pointer, t.plainKind(n), n)
		f.name = strings.TrimSuffix(path.Base(t.file), ".json")
		if pointer != "" {
			f.name = "*"
		}
		f.settle()
		return []Found{f}
	}
	var out []Found
	for i, item := range n.items {
		out = append(out, t.plain(item, pointer+"/"+itoa(i))...)
	}
	for _, m := range n.members {
		out = append(out, t.plain(m.value, pointer+"/"+pointerToken.Replace(m.key))...)
	}
	return out
}

var pointerToken = strings.NewReplacer("~", "~0", "/", "~1")

// Words of a path that tell what a policy without a holder is for.
var (
	organisationWords = regexp.MustCompile(`(?i)(^|[^a-z])(scps?|rcps?|guardrails?|(service|resource)[-_ ]?control)([^a-z]|$|[-_ ]?polic)`)
	boundaryWords     = regexp.MustCompile(`(?i)boundar(y|ies)`)
)

// plainKind: who may do it says that it is a trust or a resource policy;
// without that, the path tells the organisation's policies and boundaries.
func (t *template) plainKind(n *node) string {
	statements := n.get("Statement").list()
	switch {
	case organisationWords.MatchString(t.file):
		return "scp"
	case slices.ContainsFunc(statements, hasPrincipal):
		if !slices.ContainsFunc(statements, func(s *node) bool { return !assumes(s.get("Action")) }) {
			return "trust"
		}
		return "resource"
	case boundaryWords.MatchString(t.file):
		return "boundary"
	}
	return "identity"
}

// assumes: all actions are those of a role's trust policy.
func assumes(actions *node) bool {
	return actions != nil && !slices.ContainsFunc(actions.list(), func(a *node) bool {
		name := strings.ToLower(a.text)
		return !strings.HasPrefix(name, "sts:assumerole") && name != "sts:tagsession" && name != "sts:setsourceidentity"
	})
}
