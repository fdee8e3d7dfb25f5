package diff

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/synth"
)

// who names a policy of an account.
func who(c *synth.PolicyChange) string {
	if c.ARN != "" {
		return string(c.ARN)
	}
	return c.Name + " of " + string(c.Owner)
}

// wantedOf is what one policy is to become, in the words of the code, with the
// references that this brings in.
func (r *Repo) wantedOf(f *Found, c *synth.PolicyChange, e *Edit) (*iam.Policy, []string, error) {
	found, err := agree(f.Policy, c.Document)
	if err != nil {
		return nil, nil, &drift{fmt.Errorf("%s: %w", f.Address, err)}
	}
	wanted := inCode(f.Policy, c.Document, c.New, found)
	if _, err := agree(wanted, c.New); err != nil {
		// What is not the old statement made smaller has no place in the code.
		return nil, nil, errors.New("a statement of the proposal is none of the block's made smaller, so it has no place in the block")
	}
	refs, literals := f.respell(wanted, found, r.states)
	e.Literals = append(e.Literals, literals...)
	return wanted, refs, nil
}

// between proves that the union lies between the policy and its proposal:
// statement by statement it names what the proposal keeps, and nothing that no
// element of the policy covers. So what was proved of the proposal (every
// observed call allowed) and asked of it (nothing new) holds for the union.
func (r *Repo) between(f *Found, joined *iam.Policy, c *synth.PolicyChange) error {
	found, err := agree(f.Policy, c.Document)
	if err != nil {
		return err
	}
	pairs, ok := align(f.Policy.Statements, joined.Statements)
	if !ok {
		return errors.New("its statements cannot be told apart")
	}
	live := *c.Document
	live.Statements = nil
	for i, j := range pairs {
		if j < 0 {
			continue
		}
		old, back := c.Document.Statements[i], stems(found)
		if turned(&old, &joined.Statements[j]) || extended(&old, &joined.Statements[j]) {
			return errors.New("what a grant excludes is changed only in a block that makes one policy")
		}
		s := old
		s.Action, s.Resource = inverted{found[i].action, back}.all(joined.Statements[j].Action), inverted{found[i].resource, back}.all(joined.Statements[j].Resource)
		if !covered(old.Action, s.Action, iam.Pattern.Fold) || !covered(old.Resource, s.Resource, func(p iam.Pattern) iam.Pattern { return p }) {
			return errors.New("what another account uses is not within what it grants")
		}
		live.Statements = append(live.Statements, s)
	}
	if c.New != nil && size(&live) > size(c.Document) && r.sharing(c)+size(&live) > c.Limit {
		return fmt.Errorf("what the accounts use together is longer than the %d characters that AWS takes", c.Limit)
	}
	return nil
}

// sharing counts what shares the limit of a policy: the role's other inline
// policies, before or after whichever is longer.
func (r *Repo) sharing(c *synth.PolicyChange) int {
	total := 0
	for other := range r.matches {
		if other == c || c.Kind != synth.Inline || other.Kind != synth.Inline || other.Owner != c.Owner {
			continue
		}
		longest := 0
		for _, p := range []*iam.Policy{other.Document, other.New} {
			if p != nil {
				longest = max(longest, size(p))
			}
		}
		total += longest
	}
	return total
}

// inverted gives the account's word for an element of the code. One that the
// code would write with an expression of its own choosing stays as it is, and
// nothing of the account covers it.
type inverted struct {
	words map[string]string
	stems []stem
}

func (w inverted) all(list []iam.Pattern) []iam.Pattern {
	out := slices.Clone(list)
	for i, p := range out {
		out[i] = w.one(p)
	}
	return out
}

func (w inverted) one(p iam.Pattern) iam.Pattern {
	for live, code := range w.words {
		if code == string(p) {
			return iam.Pattern(live)
		}
	}
	for _, s := range w.stems {
		if rest, ok := strings.CutPrefix(string(p), s.code); ok {
			return iam.Pattern(s.live + rest)
		}
	}
	return p
}

// covered: some old element covers each new one.
func covered(old, new []iam.Pattern, as func(iam.Pattern) iam.Pattern) bool {
	return !slices.ContainsFunc(new, func(n iam.Pattern) bool {
		return !slices.ContainsFunc(old, func(o iam.Pattern) bool { return as(o).Covers(as(n)) })
	})
}

// size counts the characters that AWS counts: white space does not.
func size(p *iam.Policy) int {
	text, err := p.MarshalJSON()
	if err != nil {
		return 0
	}
	return len(text)
}
