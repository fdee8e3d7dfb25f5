package diff

import "github.com/pruner/pruner/iam"

// align says which new statement each old one becomes, -1 for none, with the
// fewest statements touched. Order is kept. It reports false if some new
// statement is no old one made smaller.
func align(old, new []iam.Statement) (pairs []int, ok bool) {
	const never = 1 << 20
	width := len(new) + 1
	cost := make([]int, (len(old)+1)*width) // cost[i*width+j]: of old[i:] becoming new[j:]
	for j := range len(new) {
		cost[len(old)*width+j] = never
	}
	step := make([]int, len(cost)) // what old[i] costs if it becomes new[j]
	for i := len(old) - 1; i >= 0; i-- {
		for j := len(new); j >= 0; j-- {
			best := 1 + cost[(i+1)*width+j]
			step[i*width+j] = never
			if j < len(new) && follows(&old[i], &new[j]) {
				step[i*width+j] = changed(&old[i], &new[j])
				best = min(best, step[i*width+j]+cost[(i+1)*width+j+1])
			}
			cost[i*width+j] = min(best, never)
		}
	}
	if cost[0] >= never {
		return nil, false
	}
	pairs = make([]int, len(old))
	for i, j := 0, 0; i < len(old); i++ {
		pairs[i] = -1
		if j < len(new) && step[i*width+j] < never && cost[i*width+j] == step[i*width+j]+cost[(i+1)*width+j+1] {
			pairs[i] = j
			j++
		}
	}
	return pairs, true
}

func changed(a, b *iam.Statement) int {
	if samePolicy(&iam.Policy{Statements: []iam.Statement{*a}}, &iam.Policy{Statements: []iam.Statement{*b}}) {
		return 0
	}
	return 1
}
