package synth

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// manyWords is from how many actions on a shared beginning is worth a pattern:
// fewer are clearer by name.
const manyWords = 6

func actionsOf(fates []fate) []iam.Action {
	out := make([]iam.Action, len(fates))
	for i, f := range fates {
		out[i] = f.action
	}
	return out
}

// spell names the actions that stay: the shortest patterns, cut at word
// boundaries, that match none of those that go.
func spell(word iam.Pattern, stay, gone []iam.Action) []iam.Pattern {
	stays, goes := folded(stay), folded(gone)
	within := word.Fold()
	done := map[string]bool{}
	var out []iam.Pattern
	for _, a := range stay {
		if done[string(a.Fold())] {
			continue
		}
		p := shortest(within, a, stays, goes)
		out = append(out, p)
		if beginning, ok := strings.CutSuffix(string(p.Fold()), "*"); ok {
			for _, s := range beginningWith(stays, beginning) {
				done[s] = true
			}
		}
	}
	slices.Sort(out)
	return out
}

// folded is the actions in lower case, sorted: a beginning is then a range.
func folded(actions []iam.Action) []string {
	out := make([]string, len(actions))
	for i, a := range actions {
		out[i] = string(a.Fold())
	}
	slices.Sort(out)
	return out
}

// beginningWith is the stretch of the sorted texts that begin so.
func beginningWith(sorted []string, beginning string) []string {
	from, _ := slices.BinarySearch(sorted, beginning)
	to := from
	for to < len(sorted) && strings.HasPrefix(sorted[to], beginning) {
		to++
	}
	return sorted[from:to]
}

// shortest tries svc:*, then ever longer beginnings of the action's name, and
// settles for the name.
func shortest(within iam.Pattern, a iam.Action, stays, goes []string) iam.Pattern {
	prefix, name := a.Split()
	for _, end := range append([]int{0}, wordEnds(name)...) {
		beginning := strings.ToLower(prefix + ":" + name[:end])
		if len(beginningWith(stays, beginning)) < manyWords {
			return iam.Pattern(a) // longer beginnings have fewer
		}
		if len(beginningWith(goes, beginning)) == 0 && within.Covers(iam.Pattern(beginning+"*")) {
			return iam.Pattern(prefix + ":" + name[:end] + "*")
		}
	}
	return iam.Pattern(a)
}

// wordEnds lists where the words of a CamelCase name end.
func wordEnds(name string) []int {
	var ends []int
	for i := 1; i < len(name); i++ {
		if name[i] >= 'A' && name[i] <= 'Z' && (name[i-1] < 'A' || name[i-1] > 'Z') {
			ends = append(ends, i)
		}
	}
	return ends
}
