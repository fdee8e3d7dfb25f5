package synth

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// breadth is how much of what an action can be used on a statement grants.
// What can do harm on one queue can do less than on all of them; how much less
// nobody knows, so the steps are coarse and the last one is not nothing:
//
//	all    every resource of a type, NotResource, or an action
//	       that takes no resource                              the whole weight
//	part   a pattern within names: arn:aws:s3:::bucket/*       half of it
//	named  resources by name                                   a quarter
//
// Halves and quarters are rounded up. The region and the account of an ARN do
// not count: they are the role's own nearly always, and a wildcard there is
// how people write them.
type breadth int

const (
	breadthNamed breadth = iota
	breadthPart
	breadthAll
)

// of is the part of a weight.
func (b breadth) of(weight int) int {
	switch b {
	case breadthNamed:
		return (weight + 3) / 4
	case breadthPart:
		return (weight + 1) / 2
	}
	return weight
}

// breadthOf is the widest of a statement's resources for an action.
func breadthOf(c *catalog.Catalog, s *iam.Statement, name iam.Action) breadth {
	if len(s.Resource) == 0 || slices.Contains(s.Resource, "*") {
		return breadthAll
	}
	a, ok := c.Action(name)
	if !ok || len(a.Resources) == 0 {
		return breadthAll
	}
	widest := breadthNamed
	for _, r := range relevant(c, name, s.Resource) {
		if widest = max(widest, breadthIn(a.Resources, r)); widest == breadthAll {
			break
		}
	}
	return widest
}

// breadthIn judges one granted resource by the formats it fits: behind what is
// literal in the format a wildcard leaves the name open.
func breadthIn(types []*catalog.ResourceType, r iam.Pattern) breadth {
	segments, ok := r.Segments()
	if !ok {
		return breadthAll
	}
	name := string(segments[5])
	widest := breadthNamed
	if strings.ContainsAny(name, "*?") || r.HasVariable() {
		widest = breadthPart
	}
	for _, t := range types {
		if !t.Pattern.OverlapsARN(r) {
			continue
		}
		format, ok := iam.Pattern(t.Format).Segments()
		if !ok {
			return breadthAll
		}
		literal, _, _ := strings.Cut(string(format[5]), "${")
		literal, _, _ = strings.Cut(literal, "*")
		if rest, ok := strings.CutPrefix(name, literal); strings.HasPrefix(name, "*") || ok && strings.HasPrefix(rest, "*") {
			return breadthAll
		}
	}
	return widest
}

// Weights is what documents' Allow statements grant: of every action the weight
// on the widest resources that some statement grants it on.
func Weights(c *catalog.Catalog, documents []*iam.Policy) map[iam.Action]int {
	type grant struct {
		of      *iam.Statement
		actions []iam.Action
	}
	var grants []grant
	n := 0
	for _, d := range documents {
		if d == nil {
			continue
		}
		for i := range d.Statements {
			g := grant{&d.Statements[i], Granted(c, &d.Statements[i])}
			grants, n = append(grants, g), n+len(g.actions)
		}
	}
	out := make(map[iam.Action]int, min(n, len(c.Actions()))) // growing to thousands would cost as much as all else
	for _, g := range grants {
		for _, a := range g.actions {
			out[a] = max(out[a], breadthOf(c, g.of, a).of(Weight(c, a)))
		}
	}
	return out
}
