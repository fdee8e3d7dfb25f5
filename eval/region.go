package eval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// region is a set of requests that every action and resource element judges
// alike, with one of them.
type region struct {
	action   iam.Action
	resource iam.ARN
	hits     []iam.Pattern // without variables, that all of its resources match
	live     []live
}

// live is a statement that may apply in a region: for certain, or as far as
// patterns with variables match (any of atoms, or with not none of them).
type live struct {
	rule  *rule
	atoms []string
	not   bool
}

// rule is a statement of OLD or NEW.
type rule struct {
	*statement
	id  int
	new bool
}

// regions calls visit for each region in which NEW may allow something. It
// gives the reason if it could not go through all.
func (c *container) regions(visit func(region) bool) string {
	rules := c.rules()
	if c.space != nil { // all rules know its action
		reason, _ := c.resourceRegions(c.space.action, rules, visit)
		return reason
	}
	var globs []glob
	for _, r := range rules {
		for _, p := range r.actions {
			globs = append(globs, newGlob(p, false))
		}
	}
	classes, all := walk(globs, "", 1, func(colons int, open bool) bool { return colons > 0 && !open }, &c.steps)
	if !all {
		return "the action patterns have too many combinations"
	}
	done := map[string]bool{}
	for _, class := range classes {
		relevant := relevantRules(rules, class.hits)
		key := fmt.Sprint(ids(relevant))
		if done[key] || !grants(relevant) {
			continue
		}
		done[key] = true
		if reason, more := c.resourceRegions(iam.Action(class.text), relevant, visit); !more {
			return reason
		}
	}
	return ""
}

func (c *container) rules() []*rule {
	var out []*rule
	for i := range c.old.statements {
		out = append(out, &rule{&c.old.statements[i], len(out), false})
	}
	for i := range c.new.statements {
		out = append(out, &rule{&c.new.statements[i], len(out), true})
	}
	return out
}

func relevantRules(rules []*rule, hits []bool) []*rule {
	var out []*rule
	for _, r := range rules {
		hit := false
		for range r.actions {
			hit = hit || hits[0]
			hits = hits[1:]
		}
		if hit != r.notActions {
			out = append(out, r)
		}
	}
	return out
}

func ids(rules []*rule) []int {
	var out []int
	for _, r := range rules {
		out = append(out, r.id)
	}
	return out
}

func grants(rules []*rule) bool {
	for _, r := range rules {
		if r.new && r.source.Effect == iam.Allow {
			return true
		}
	}
	return false
}

func (c *container) resourceRegions(action iam.Action, rules []*rule, visit func(region) bool) (string, bool) {
	index := map[iam.Pattern]int{}
	var globs []glob
	add := func(p iam.Pattern) {
		if _, seen := index[p]; !seen && (c.space == nil || overlapsResource(p, c.space.resource)) {
			index[p] = len(globs)
			globs = append(globs, newGlob(starVariables(p), true))
		}
	}
	for _, r := range rules {
		for _, p := range r.resources {
			add(p)
		}
	}
	if c.space != nil {
		add(c.space.resource)
	}
	classes, all := walk(globs, "arn:", 5, func(colons int, _ bool) bool { return colons >= 5 }, &c.steps)
	if !all {
		return "the resource patterns have too many combinations", false
	}
	bare := make([]bool, len(globs))
	for p, i := range index {
		bare[i] = strings.Trim(string(starVariables(p)), "*") == ""
	}
	for _, class := range append(classes, matching{"*", bare}) {
		if c.space != nil && !class.hits[index[c.space.resource]] {
			continue
		}
		r := region{action: action, resource: iam.ARN(class.text)}
		for _, rule := range rules {
			if l, applies := liveAt(rule, index, class.hits); applies {
				r.live = append(r.live, l)
			}
		}
		for p, i := range index {
			if class.hits[i] && !p.HasVariable() {
				r.hits = append(r.hits, p)
			}
		}
		if c.fresh(&r) && !visit(r) {
			return "the search was cut short", false
		}
	}
	return "", true
}

// fresh: the region is not settled by what is plain and was not visited yet.
func (c *container) fresh(r *region) bool {
	var key strings.Builder
	granted, symbols := false, false
	for _, l := range r.live {
		fmt.Fprint(&key, l.rule.id, l.atoms, l.not, ";")
		granted = granted || l.rule.new && l.rule.source.Effect == iam.Allow
		symbols = symbols || len(l.atoms) > 0
	}
	if slices.Sort(r.hits); symbols { // which say what variables can stand for
		fmt.Fprint(&key, r.hits)
	}
	if c.visited == nil {
		c.visited = map[string]bool{}
	}
	was := c.visited[key.String()]
	c.visited[key.String()] = true
	return granted && !was
}

func liveAt(r *rule, index map[iam.Pattern]int, hits []bool) (live, bool) {
	l := live{rule: r, not: r.notResources}
	if r.resources == nil {
		return l, true
	}
	for _, p := range r.resources {
		switch at, known := index[p]; {
		case !known || !hits[at]:
		case p.HasVariable():
			l.atoms = append(l.atoms, string(p))
		default:
			return live{rule: r}, !r.notResources
		}
	}
	return l, len(l.atoms) > 0 || r.notResources
}
