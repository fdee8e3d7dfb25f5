package synth

import (
	"slices"
	"sort"

	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
)

// fit widens a document that is over its quota until it fits, a service at a
// time and the cheapest first: the names of a service's actions give way to
// service:* where the old document granted that. It never goes past the old
// grant; what does not fit even so is left to the verdict.
func (s *synthesizer) fit(old, smaller *iam.Policy, limit int) *iam.Policy {
	if eval.Size(smaller) <= limit {
		return smaller
	}
	// What one merge costs and saves does not depend on the others. When all that
	// are needed are contained together, each of them is.
	merges := s.allMerges(smaller)
	n := sort.Search(len(merges), func(n int) bool { return eval.Size(merged(smaller, merges[:n])) <= limit })
	if fitted := merged(smaller, merges[:n]); s.contained(old, fitted) {
		return fitted
	}
	p := smaller
	for i := range merges {
		if eval.Size(p) <= limit {
			break
		}
		if wider := merged(p, merges[i:i+1]); s.contained(old, wider) {
			p = wider
		}
	}
	return p
}

// merged is the policy with the merges applied. Each makes it shorter.
func merged(p *iam.Policy, merges []merge) *iam.Policy {
	p = clonePolicy(p)
	for i := range merges {
		merges[i].apply(p)
	}
	return p
}

// merge is one service of one statement to be written as service:*.
type merge struct {
	statement int
	service   string
	cost      int // weight that comes back
	saved     int // characters
}

func (m *merge) apply(p *iam.Policy) {
	s := &p.Statements[m.statement]
	all := iam.Pattern(m.service + ":*")
	s.Action = slices.DeleteFunc(s.Action, func(a iam.Pattern) bool { return iam.Action(a).Prefix() == m.service })
	s.Action = append(s.Action, all)
	slices.Sort(s.Action)
}

// allMerges lists the merges of a document, the least weight per character
// saved first.
func (s *synthesizer) allMerges(p *iam.Policy) []merge {
	var out []merge
	for i := range p.Statements {
		if st := &p.Statements[i]; st.Effect == iam.Allow && st.NotAction == nil {
			out = append(out, s.merges(i, st)...)
		}
	}
	slices.SortStableFunc(out, func(a, b merge) int { return a.cost*b.saved - b.cost*a.saved })
	return out
}

func (s *synthesizer) merges(i int, st *iam.Statement) []merge {
	length, kept := map[string]int{}, map[string]int{}
	for _, p := range st.Action {
		prefix := iam.Action(p).Prefix()
		length[prefix] += len(p) + 3 // quotes and comma
		for _, a := range s.catalog.Expand(p) {
			kept[prefix] += Weight(s.catalog, a)
		}
	}
	var out []merge
	for prefix, n := range length {
		if saved := n - len(prefix) - 5; prefix != "" && saved > 0 {
			out = append(out, merge{i, prefix, s.serviceWeight(prefix) - kept[prefix], saved})
		}
	}
	slices.SortFunc(out, func(a, b merge) int { return compare(a.service, b.service) })
	return out
}

func (s *synthesizer) serviceWeight(prefix string) int {
	sum := 0
	for _, a := range s.catalog.Expand(iam.Pattern(prefix + ":*")) {
		sum += Weight(s.catalog, a)
	}
	return sum
}
