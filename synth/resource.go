package synth

import (
	"fmt"
	"slices"

	"github.com/pruner/pruner/iam"
)

// resources narrows what a statement's staying actions may be used on: it
// drops listed resources that none of them was used on, where each would have
// been seen there.
func (n *narrower) resources(old *iam.Policy, s *iam.Statement, name string, fates []fate) []iam.Statement {
	if len(s.Resource) == 0 || n.young() != "" || dependsOnTags(s) {
		return []iam.Statement{*s}
	}
	if roles, ok := n.passed(s, name, fates); ok {
		s.Resource = roles
		return []iam.Statement{*s}
	}
	for _, f := range fates {
		if why := n.fixed(f); why != "" {
			n.noteResources(s, name, why)
			return []iam.Statement{*s}
		}
	}
	var kept []iam.Pattern
	var gone []Finding
	for _, r := range s.Resource {
		if why := n.resourceNeeded(r, fates); why != "" {
			kept = append(kept, r)
			continue
		}
		gone = append(gone, Finding{
			Finding: Removed, Grade: Later, Statement: name, Resource: string(r),
			Reason: "none of the actions that stay was used on it, and use would have been seen; that they stay on the others is judged by a generalisation",
		})
	}
	if len(kept) == 0 {
		return []iam.Statement{*s}
	}
	for _, f := range gone {
		n.note(f)
	}
	if n.options.Later {
		s.Resource = n.generalise(s, name, kept, fates)
	} else {
		n.generalise(s, name, kept, fates)
	}
	return []iam.Statement{*s}
}

func (n *narrower) noteResources(s *iam.Statement, name, why string) {
	n.note(Finding{Finding: Kept, Statement: name, Resource: words(s.Resource, nil), Reason: why})
}

// dependsOnTags: the resources a statement grants on are chosen by tags.
func dependsOnTags(s *iam.Statement) bool {
	return slices.ContainsFunc(s.Condition, func(c iam.Condition) bool {
		key := iam.Pattern(c.Key).Fold()
		return iam.Pattern("*tag*").Match(string(key))
	})
}

// fixed says why the resources of an action cannot be narrowed, or "".
func (n *narrower) fixed(f fate) string {
	used := func(e *seen) bool { return e != nil && e.inWindow }
	if f.kind != Kept || !used(f.seen) && !used(f.twin) {
		return string(f.action) + " stays without evidence, so its resources are not known"
	}
	for i, e := range []*seen{f.seen, f.twin} {
		if e != nil && e.unresolved {
			return "some events of " + string(f.usedAs()[i]) + " do not show their resource"
		}
	}
	if a, ok := n.catalog.Action(f.action); !ok || len(a.Resources) == 0 {
		return string(f.action) + " takes no resource"
	}
	return ""
}

// resourceNeeded says why a granted resource stays, or "".
func (n *narrower) resourceNeeded(r iam.Pattern, fates []fate) string {
	if r.HasVariable() {
		return "it holds a policy variable"
	}
	only := &iam.Statement{Effect: iam.Allow, Resource: []iam.Pattern{r}}
	for _, f := range fates {
		for _, a := range f.usedAs() {
			if n.seen(only, a) != nil {
				return string(a) + " was used on it"
			}
		}
		for _, h := range n.holders {
			if why, _ := n.blindFor(h, only, f.action); why != "" {
				return why
			}
		}
	}
	return ""
}

// generalise is the place where wildcards shrink to what was used.
func (n *narrower) generalise(s *iam.Statement, name string, kept []iam.Pattern, fates []fate) []iam.Pattern {
	var out []iam.Pattern
	for _, r := range kept {
		members, why := n.members(r, fates)
		if why != "" {
			n.note(Finding{Finding: Kept, Statement: name, Resource: string(r), Reason: why})
			out = append(out, r)
			continue
		}
		n.note(Finding{
			Finding: Narrowed, Grade: Later, Statement: name, Resource: string(r),
			Reason: fmt.Sprintf("the actions that stay were used on %s only", words(members, nil)),
		})
		out = append(out, members...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// members is what was used within a granted wildcard, generalised; or why it
// stays as it is.
func (n *narrower) members(r iam.Pattern, fates []fate) ([]iam.Pattern, string) {
	if _, exact := r.Literal(); exact {
		return nil, "used"
	}
	if r.HasVariable() {
		return nil, "it holds a policy variable"
	}
	only := &iam.Statement{Effect: iam.Allow, Resource: []iam.Pattern{r}}
	g := generaliser{catalog: n.catalog, grant: r, names: map[iam.Pattern]*member{}}
	for _, f := range fates {
		for _, h := range n.holders {
			if why, _ := n.blindFor(h, only, f.action); why != "" {
				return nil, why
			}
		}
		for _, a := range f.usedAs() {
			if n.seen(only, a) != nil {
				g.add(a, n.usesOf(a))
			}
		}
	}
	return g.result(n.window)
}

func (n *narrower) usesOf(a iam.Action) []*HeldUse {
	var out []*HeldUse
	for _, h := range n.holders {
		out = append(out, h.index.byAction[a.Fold()]...)
	}
	return out
}
