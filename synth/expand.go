package synth

import "github.com/pruner/pruner/iam"

// expand is the catalog's expansion, remembered: the same few patterns stand
// in nearly every policy.
func (s *synthesizer) expand(p iam.Pattern) []iam.Action {
	if got, ok := s.expansions[p]; ok {
		return got
	}
	got := s.catalog.Expand(p)
	if len(s.expansions) < maxExpansions {
		s.expansions[p] = got
	}
	return got
}

// maxExpansions bounds the memory of expand.
const maxExpansions = 1 << 14
