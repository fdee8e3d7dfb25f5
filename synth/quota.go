package synth

import (
	"slices"

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
	fitted := clonePolicy(smaller)
	for eval.Size(fitted) > limit {
		best := s.cheapestMerge(old, fitted)
		if best == nil {
			return fitted
		}
		best.apply(fitted)
	}
	return fitted
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

// cheapestMerge finds the merge with the least weight per character saved.
func (s *synthesizer) cheapestMerge(old, p *iam.Policy) *merge {
	var best *merge
	for i := range p.Statements {
		st := &p.Statements[i]
		if st.Effect != iam.Allow || st.NotAction != nil {
			continue
		}
		for _, m := range s.merges(i, st) {
			wider := clonePolicy(p)
			m.apply(wider)
			if (best == nil || m.cost*best.saved < best.cost*m.saved) && s.contained(old, wider) {
				best = &m
			}
		}
	}
	return best
}

func (s *synthesizer) merges(i int, st *iam.Statement) []merge {
	length, kept := map[string]int{}, map[string]int{}
	for _, p := range st.Action {
		prefix := iam.Action(p).Prefix()
		length[prefix] += len(p) + 3 // quotes and comma
		for _, a := range s.expand(p) {
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
	for _, a := range s.expand(iam.Pattern(prefix + ":*")) {
		sum += Weight(s.catalog, a)
	}
	return sum
}
