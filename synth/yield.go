package synth

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// Blocker names, in a few words, why a permission that nobody was seen to use
// stays. The words are stable: tables are summed over roles by them.
type Blocker string

// The blockers, in the order of their strength: of several that keep one
// permission the first counts.
const (
	BlockUsed      Blocker = "used"      // not blocked: there is evidence
	BlockShared    Blocker = "shared"    // another holder of the policy uses it
	BlockWayBack   Blocker = "way back"  // undoes or looks at what is used
	BlockFamily    Blocker = "family"    // kin of what is used, by a role whose actions change
	BlockProtected Blocker = "protected" // by the config or a service's baseline
	BlockYoung     Blocker = "young"     // granted for less than the window

	BlockUnread      Blocker = "event not understood" // an event of the service has no known action
	BlockUnexplained Blocker = "unexplained call"     // a call succeeded that no policy allows
	BlockMisread     Blocker = "reading not trusted"  // AWS decided otherwise than we would
	BlockPassRole    Blocker = "passrole"             // its passing is never recorded
	BlockUnlogged    Blocker = "never logged"         // CloudTrail does not record the action
	BlockData        Blocker = "data events off"      // no trail records these data events
	BlockTrails      Blocker = "trails"               // none known, or none that records it
	BlockDays        Blocker = "days missing"         // logs are not complete for long enough
	BlockAccessed    Blocker = "accessed unseen"      // last-accessed data knows of a use that no record shows

	BlockWord    Blocker = "unknown action"    // the catalog does not know the word
	BlockExclude Blocker = "exclusion"         // NotResource: which resources are meant is not known
	BlockBefore  Blocker = "before the window" // seen, but not in the window: grade later
	BlockReport  Blocker = "report only"       // the policy is not ours to change
	BlockRole    Blocker = "role left alone"   // protected, people's, outsiders': nothing is proposed for the role
	BlockProof   Blocker = "not proved"        // containment, replay or quota
	BlockSpell   Blocker = "not spelled"       // stays because a wider word was needed to say the rest
)

var blockerOrder = []Blocker{
	BlockUsed, BlockShared, BlockWayBack, BlockFamily, BlockProtected, BlockYoung,
	BlockUnread, BlockUnexplained, BlockMisread, BlockPassRole, BlockUnlogged, BlockData, BlockTrails, BlockDays, BlockAccessed,
	BlockWord, BlockExclude, BlockBefore, BlockReport, BlockRole, BlockProof, BlockSpell,
}

// YieldRow is the weight that one blocker keeps.
type YieldRow struct {
	Blocker Blocker `json:"blocker"`
	Actions int     `json:"actions"` // over all roles, each once a role
	Weight  int     `json:"weight"`
	Roles   int     `json:"roles"` // in which it keeps something
}

// Yield says what became of the weight that roles are granted: what goes, and
// what keeps the rest.
type Yield struct {
	Granted int        `json:"granted"`
	Removed int        `json:"removed"`
	Rows    []YieldRow `json:"rows"` // the heaviest first
}

// Yield counts the holder's permissions by what keeps them, once the proposal
// was checked. The proposal says why nothing is changed, if so.
func (h *Holder) Yield(c *catalog.Catalog, p *Proposal) Yield {
	if h.summed != nil {
		return *h.summed
	}
	before := Weights(c, policies(named(h.Policies, document)))
	after := Weights(c, policies(h.final()))
	rows := map[Blocker]*YieldRow{}
	y := Yield{Rows: []YieldRow{}}
	for a, w := range before {
		y.Granted += w
		kept := min(after[a], w)
		y.Removed += w - kept
		if kept == 0 {
			continue
		}
		b := h.blocker(a, p)
		if rows[b] == nil {
			rows[b] = &YieldRow{Blocker: b, Roles: 1}
		}
		rows[b].Actions++
		rows[b].Weight += kept
	}
	y.Rows = sortedRows(rows)
	return y
}

func document(c *PolicyChange) *iam.Policy { return c.Document }

// blocker is what keeps an action that is still granted. What was to go and
// stays was held back with the whole of a policy or proposal.
func (h *Holder) blocker(a iam.Action, p *Proposal) Blocker {
	switch b, noted := h.stays[a]; {
	case noted && b != "":
		return b
	case slices.ContainsFunc(p.Blockers, func(why string) bool { return !strings.HasPrefix(why, notProved) }):
		return BlockRole
	case len(p.Blockers) > 0 || slices.ContainsFunc(h.Policies, func(c *PolicyChange) bool { return c.unproved && c.grants(a) }):
		return BlockProof
	case len(h.blockers) > 0 || h.idle:
		return BlockRole
	case slices.ContainsFunc(h.Policies, func(c *PolicyChange) bool { return c.Report != "" && c.grants(a) }):
		return BlockReport
	}
	return BlockSpell
}

func (c *PolicyChange) grants(a iam.Action) bool {
	return c.Document != nil && slices.ContainsFunc(c.Document.Statements, func(s iam.Statement) bool {
		return s.Effect == iam.Allow && (s.NotAction != nil && !matchesAny(s.NotAction, a) || matchesAny(s.Action, a))
	})
}

// notes remembers what keeps an action for each holder of the policy; of
// several statements that grant it the strongest reason counts.
func (n *narrower) notes(f *fate) {
	n.answer(f)
	b := f.blocker
	if f.goes(n.options) {
		b = ""
	}
	for _, h := range n.holders {
		mine := b
		if b == BlockUsed && len(h.index.byAction[f.action.Fold()]) == 0 {
			mine = BlockShared
		}
		if have, ok := h.stays[f.action]; !ok || strength(mine) < strength(have) {
			h.stays[f.action] = mine
		}
	}
}

func (n *narrower) notesAll(s *iam.Statement, b Blocker) {
	for _, a := range Granted(n.catalog, s) {
		n.notes(&fate{action: a, kind: Blind, blocker: b})
	}
}

func strength(b Blocker) int {
	if i := slices.Index(blockerOrder, b); i >= 0 {
		return i
	}
	return len(blockerOrder)
}

func sortedRows(rows map[Blocker]*YieldRow) []YieldRow {
	out := make([]YieldRow, 0, len(rows))
	for _, r := range rows {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b YieldRow) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), strength(a.Blocker)-strength(b.Blocker))
	})
	return out
}

// HeldBack is the weight that could go, and stays because nothing may be
// changed there or no proof was had.
func (y *Yield) HeldBack() int {
	n := 0
	for _, r := range y.Rows {
		if slices.Contains(heldBack, r.Blocker) {
			n += r.Weight
		}
	}
	return n
}

var heldBack = []Blocker{BlockReport, BlockRole, BlockProof}

// Text is the yield in a line or two: what is proposed of the weight that
// nobody was seen to use, and what keeps the most of the rest.
func (y *Yield) Text() string {
	unused := y.Granted
	var kept []string
	for _, r := range y.Rows {
		if r.Blocker == BlockUsed || r.Blocker == BlockShared {
			unused -= r.Weight
			continue
		}
		if len(kept) < 5 {
			kept = append(kept, fmt.Sprintf("%s %s", r.Blocker, perCent(r.Weight, y.Granted)))
		}
	}
	out := fmt.Sprintf("Of the weight that nobody was seen to use, %s goes once all is merged", perCent(y.Removed, unused))
	if len(kept) > 0 {
		out += "; what keeps the rest, of all that is granted:\n  " + strings.Join(kept, " · ")
	}
	return out + "\n"
}

func perCent(part, whole int) string {
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(max(whole, 1)))
}

// Add sums another yield in.
func (y *Yield) Add(o Yield) {
	y.Granted += o.Granted
	y.Removed += o.Removed
	rows := map[Blocker]*YieldRow{}
	for _, list := range [][]YieldRow{y.Rows, o.Rows} {
		for i := range list {
			r := rows[list[i].Blocker]
			if r == nil {
				r = &YieldRow{Blocker: list[i].Blocker}
				rows[r.Blocker] = r
			}
			r.Actions += list[i].Actions
			r.Weight += list[i].Weight
			r.Roles += list[i].Roles
		}
	}
	y.Rows = sortedRows(rows)
}
