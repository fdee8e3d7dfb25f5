package synth

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/usage"
)

const passRole = iam.Action("iam:PassRole")

// passed narrows a statement that allows iam:PassRole and nothing else to the
// roles that were passed. CloudTrail never shows the passing, only the calls
// that carry a role: so it is done only when every such call of every holder
// named its role. A role that was passed on one day only is a sign that there
// are others: then the narrowing is not safe but later.
//
// Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS
// service": CloudTrail does not log iam:PassRole.
func (n *narrower) passed(s *iam.Statement, name string, fates []fate) ([]iam.Pattern, bool) {
	if len(fates) != 1 || !fates[0].action.Equal(passRole) || fates[0].kind != Kept {
		return nil, false
	}
	days, complete := n.rolesPassed()
	if !complete {
		return nil, false
	}
	var roles []iam.Pattern
	grade := Safe
	for role, seen := range days {
		if !slices.ContainsFunc(s.Resource, func(p iam.Pattern) bool { return p.CoversARN(role) }) {
			continue
		}
		roles = append(roles, clone(role))
		if len(seen) < 2 {
			grade = Later
		}
	}
	if len(roles) == 0 || sameWords(roles, s.Resource) {
		return nil, false
	}
	slices.Sort(roles)
	n.note(Finding{
		Finding: Narrowed, Grade: grade, Statement: name, Action: string(passRole), Resource: words(s.Resource, nil),
		Weight: n.weigh(passRole), Evidence: fates[0].evidence(),
		Reason: "every call that passes a role named it: " + strings.Join(plain(roles), ", "),
	})
	return roles, grade == Safe || n.options.Later
}

// rolesPassed lists the roles that the holders passed, with the days, and
// whether every call that passes one named it.
func (n *narrower) rolesPassed() (days map[iam.Pattern]map[usage.Day]bool, complete bool) {
	days = map[iam.Pattern]map[usage.Day]bool{}
	for _, h := range n.holders {
		for i := range h.Uses {
			u := &h.Uses[i]
			if !u.Call.Action.Equal(passRole) {
				continue
			}
			if u.Call.Resolution != iam.Exact {
				return nil, false
			}
			for _, r := range u.Call.Resources {
				if days[r] == nil {
					days[r] = map[usage.Day]bool{}
				}
				for _, d := range u.Days {
					days[r][d] = true
				}
			}
		}
	}
	return days, true
}

func sameWords(a, b []iam.Pattern) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func plain(patterns []iam.Pattern) []string {
	out := make([]string, len(patterns))
	for i, p := range patterns {
		out[i] = string(p)
	}
	return out
}
