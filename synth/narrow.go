package synth

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// fate is what becomes of one action of a statement.
type fate struct {
	action   iam.Action
	kind     FindingKind
	grade    Grade
	evidence *Evidence
	reason   string
}

func (f *fate) goes(o Options) bool {
	return f.kind == Removed && (f.grade == Safe || o.Later)
}

// narrower makes one policy smaller.
type narrower struct {
	*synthesizer
	change  *PolicyChange
	holders []*Holder
	out     []Finding
}

// document gives the smaller document, or nil if nothing is left of it.
func (n *narrower) document(old *iam.Policy) *iam.Policy {
	smaller := &iam.Policy{Version: old.Version, ID: old.ID}
	allows := false
	for i := range old.Statements {
		s, kept := n.statement(old, i)
		if kept {
			smaller.Statements = append(smaller.Statements, s)
			allows = true
		}
	}
	if !allows {
		return nil
	}
	return smaller
}

func statementName(s *iam.Statement, i int) string {
	if s.Sid != "" {
		return s.Sid
	}
	return "#" + strconv.Itoa(i)
}

// statement narrows one statement. It reports false when nothing is left.
func (n *narrower) statement(old *iam.Policy, i int) (iam.Statement, bool) {
	s := old.Statements[i]
	name := statementName(&s, i)
	switch {
	case s.Effect == iam.Deny:
		n.note(Finding{Finding: Kept, Statement: name, Action: words(s.Action, s.NotAction), Reason: "a deny is never touched"})
		return s, true
	case s.NotAction != nil || s.NotResource != nil:
		n.note(Finding{Finding: Blind, Statement: name, Action: words(s.Action, s.NotAction), Resource: words(s.Resource, s.NotResource),
			Reason: "grants by exclusion; this version leaves it as it is", Blocker: "exclusion"})
		return s, true
	}
	actions := []iam.Pattern{}
	var fates []fate
	for _, word := range s.Action {
		kept, all := n.word(&s, name, word)
		actions = append(actions, kept...)
		fates = append(fates, all...)
	}
	if len(actions) == 0 {
		return s, false
	}
	s.Action = actions
	s.Resource = n.resources(&s, name, fates)
	return s, true
}

func words(list, not []iam.Pattern) string {
	out := make([]string, 0, len(list)+len(not))
	for _, p := range list {
		out = append(out, string(p))
	}
	for _, p := range not {
		out = append(out, "not "+string(p))
	}
	return strings.Join(out, ", ")
}

func (n *narrower) note(f Finding) {
	f.Policy = n.change.Name
	n.out = append(n.out, f)
}

// word narrows one Action element.
func (n *narrower) word(s *iam.Statement, name string, word iam.Pattern) ([]iam.Pattern, []fate) {
	expanded := n.catalog.Expand(word)
	if len(expanded) == 0 {
		n.note(Finding{Finding: Blind, Statement: name, Action: string(word), Reason: "the catalog knows no such action; it stays"})
		return []iam.Pattern{word}, nil
	}
	var stay, go_ []fate
	for _, a := range expanded {
		f := n.fate(s, word, a)
		if f.goes(n.options) {
			go_ = append(go_, f)
		} else {
			stay = append(stay, f)
		}
	}
	n.noteWord(name, word, stay, go_)
	switch {
	case len(go_) == 0:
		return []iam.Pattern{word}, stay
	case len(stay) == 0:
		return nil, nil
	}
	return spell(word, actionsOf(stay), actionsOf(go_)), stay
}

// noteWord writes the findings of a word: one per action that has evidence or
// a reason of its own, the rest of a wildcard by service and reason.
func (n *narrower) noteWord(name string, word iam.Pattern, stay, go_ []fate) {
	for _, f := range stay {
		if f.evidence != nil || len(stay)+len(go_) <= 12 {
			n.note(n.finding(name, f, string(f.action), Weight(n.catalog, f.action)))
		}
	}
	if len(stay)+len(go_) > 12 {
		n.noteGroups(name, slices.DeleteFunc(slices.Clone(stay), func(f fate) bool { return f.evidence != nil }))
	}
	if len(go_) <= 12 {
		for _, f := range go_ {
			n.note(n.finding(name, f, string(f.action), Weight(n.catalog, f.action)))
		}
		return
	}
	n.noteGroups(name, go_)
}

func (n *narrower) finding(name string, f fate, action string, weight int) Finding {
	return Finding{Finding: f.kind, Grade: f.grade, Statement: name, Action: action, Weight: weight, Evidence: f.evidence, Reason: f.reason}
}

// noteGroups folds fates of one service, kind and reason into one finding.
func (n *narrower) noteGroups(name string, fates []fate) {
	type group struct {
		first  fate
		count  int
		weight int
	}
	groups := map[string]*group{}
	var order []string
	for _, f := range fates {
		key := f.action.Prefix() + "\x00" + string(f.kind) + string(f.grade) + f.reason
		g := groups[key]
		if g == nil {
			g = &group{first: f}
			groups[key] = g
			order = append(order, key)
		}
		g.count++
		g.weight += Weight(n.catalog, f.action)
	}
	for _, key := range order {
		g := groups[key]
		action := string(g.first.action)
		if g.count > 1 {
			action = fmt.Sprintf("%s: %d actions, such as %s", g.first.action.Prefix(), g.count, g.first.action.Name())
		}
		n.note(n.finding(name, g.first, action, g.weight))
	}
}

// fate decides one action of one statement, over all holders.
func (n *narrower) fate(s *iam.Statement, word iam.Pattern, a iam.Action) fate {
	if e, before := n.evidence(s, a); e != nil {
		if before {
			return fate{a, Removed, Later, e, "last seen before the window"}
		}
		return fate{a, Kept, "", e, "used"}
	}
	for _, p := range n.options.Protect {
		if p.MatchAction(a) {
			return fate{a, Protected, "", nil, "protected by the config"}
		}
	}
	if service := n.baseline(a); service != "" {
		return fate{a, Protected, "", nil, service + " needs it without a call of the role's own"}
	}
	if n.young() {
		return fate{a, Young, "", nil, "the policy is younger than the window (" + n.change.Since.Format("2006-01-02") + ")"}
	}
	if twin, ok := n.counterpart(s, a); ok {
		return fate{a, Kept, "", nil, "the way back of " + string(twin) + ", which is used"}
	}
	if reason := n.blind(s, word, a); reason != "" {
		return fate{a, Blind, "", nil, reason}
	}
	return fate{a, Removed, Safe, nil, "no sign of use in the window or before, and use would have been seen"}
}

func (n *narrower) young() bool {
	return !n.change.Since.IsZero() && n.change.Since.After(n.window.From)
}

// evidence finds the uses of an action that the statement reaches. before is
// true when all of them lie before the window.
func (n *narrower) evidence(s *iam.Statement, a iam.Action) (e *Evidence, before bool) {
	before = true
	days := map[trail.Day]bool{}
	for _, h := range n.holders {
		for i := range h.Uses {
			u := &h.Uses[i]
			if !u.Call.Action.Equal(a) || !reaches(s, &u.Call) {
				continue
			}
			e = merge(e, &u.Evidence)
			for _, d := range u.Days {
				days[d] = true
			}
			before = before && !u.InWindow
		}
	}
	if e != nil {
		e.Days = len(days)
	}
	return e, before
}

// merge widens e to take in more; the days are the caller's to count.
func merge(e, more *Evidence) *Evidence {
	if e == nil {
		c := *more
		return &c
	}
	if more.First.Before(e.First) || more.First.Equal(e.First) && more.EventID < e.EventID {
		e.First, e.EventID = more.First, more.EventID
	}
	if more.Last.After(e.Last) {
		e.Last = more.Last
	}
	return e
}

// reaches: some resource of the call may be one the statement grants.
func reaches(s *iam.Statement, call *iam.Call) bool {
	for _, r := range call.Resources {
		for _, p := range s.Resource {
			if call.Resolution == iam.None || p.HasVariable() || p.OverlapsARN(r) {
				return true
			}
		}
	}
	return false
}

// wayBack pairs the verb that makes with the verb that unmakes: the second is
// rare, and missing when it is needed most.
var wayBack = [][2]string{
	{"Create", "Delete"}, {"Put", "Delete"}, {"Register", "Deregister"}, {"Attach", "Detach"},
	{"Associate", "Disassociate"}, {"Enable", "Disable"}, {"Start", "Stop"}, {"Add", "Remove"},
	{"Tag", "Untag"}, {"Allocate", "Release"}, {"Authorize", "Revoke"}, {"Run", "Stop"}, {"Run", "Terminate"},
	{"Create", "Describe"}, {"Update", "Describe"}, {"CreateMultipartUpload", "AbortMultipartUpload"},
}

// counterpart finds a used action whose way back a is.
func (n *narrower) counterpart(s *iam.Statement, a iam.Action) (iam.Action, bool) {
	prefix, name := a.Split()
	for _, pair := range wayBack {
		noun, ok := strings.CutPrefix(name, pair[1])
		if !ok {
			continue
		}
		twin := iam.Action(prefix + ":" + pair[0] + noun)
		if e, before := n.evidence(s, twin); e != nil && !before {
			return twin, true
		}
	}
	return "", false
}

// blind says why silence about the action proves nothing for some holder, or
// "".
func (n *narrower) blind(s *iam.Statement, word iam.Pattern, a iam.Action) string {
	for _, h := range n.holders {
		reason := n.blindFor(h, s, a)
		if reason == "" {
			continue
		}
		if _, named := word.Literal(); named || n.sign(h, a.Prefix()) {
			return reason
		}
		if never, known := n.neverAccessed(h, a.Prefix()); known {
			if never {
				continue // no sign of the whole service, and IAM says never
			}
			return reason
		}
		return reason + "; service last-accessed data would settle it (`pruner snapshot`)"
	}
	return ""
}

func (n *narrower) blindFor(h *Holder, s *iam.Statement, a iam.Action) string {
	if why := n.unseen[h][a.Prefix()]; why != "" {
		return why
	}
	if a.Equal("iam:PassRole") {
		return "CloudTrail never records iam:PassRole"
	}
	v := n.visibility(h.Account)
	for _, r := range relevant(n.catalog, a, s.Resource) {
		if days, reason, _ := v.Visible(a, r); days < n.options.minVisible() {
			if reason == "" {
				reason = fmt.Sprintf("only %d days of the window are visible", days)
			}
			return reason
		}
	}
	return ""
}

// relevant picks the granted resources that the action can be used on at all:
// s3:GetObject of a statement that names a bucket and its objects is judged on
// the objects. Where none fits, the catalog may be silent about a resource
// type: then all are judged.
func relevant(c *catalog.Catalog, a iam.Action, granted []iam.Pattern) []iam.Pattern {
	known, ok := c.Action(a)
	if !ok || len(known.Resources) == 0 {
		return granted
	}
	var fit []iam.Pattern
	for _, r := range granted {
		if r.HasVariable() || slices.ContainsFunc(known.Resources, func(t *catalog.ResourceType) bool { return t.Pattern.OverlapsARN(r) }) {
			fit = append(fit, r)
		}
	}
	if len(fit) == 0 {
		return granted
	}
	return fit
}

// sign: the holder shows any use of the service.
func (n *narrower) sign(h *Holder, prefix string) bool {
	for i := range h.Uses {
		if h.Uses[i].Call.Action.Prefix() == prefix {
			return true
		}
	}
	never, known := n.neverAccessed(h, prefix)
	return known && !never
}

// neverAccessed asks last-accessed data, which counts denied attempts too: it
// can keep, never remove by itself.
//
// Source: IAM User Guide, "Refine permissions in AWS using last accessed
// information".
func (n *narrower) neverAccessed(h *Holder, prefix string) (never, known bool) {
	services, ok := h.Account.LastAccessed[h.Role.ARN]
	if !ok {
		return false, false
	}
	last, listed := services[prefix]
	return !listed || last.IsZero(), true
}

// resources drops granted resources that no kept action was seen on, where
// every kept action was seen and would have been seen there.
func (n *narrower) resources(s *iam.Statement, name string, fates []fate) []iam.Pattern {
	if roles, ok := n.passed(s, name, fates); ok {
		return roles
	}
	if len(s.Resource) < 2 || len(s.Condition) > 0 {
		return s.Resource
	}
	for _, f := range fates {
		if f.evidence == nil || f.kind != Kept {
			return s.Resource
		}
	}
	var kept []iam.Pattern
	var gone []Finding
	for _, r := range s.Resource {
		if r.HasVariable() || n.resourceNeeded(s, r, fates) {
			kept = append(kept, r)
			continue
		}
		gone = append(gone, Finding{Finding: Removed, Grade: Safe, Statement: name, Resource: string(r),
			Reason: "none of the actions that stay was used on it, and use would have been seen"})
	}
	if len(kept) == 0 || n.young() {
		return s.Resource
	}
	for _, f := range gone {
		n.note(f)
	}
	return kept
}

func (n *narrower) resourceNeeded(s *iam.Statement, r iam.Pattern, fates []fate) bool {
	only := &iam.Statement{Effect: iam.Allow, Resource: []iam.Pattern{r}}
	for _, f := range fates {
		if e, _ := n.evidence(only, f.action); e != nil {
			return true
		}
		for _, h := range n.holders {
			if n.blindFor(h, only, f.action) != "" {
				return true
			}
		}
	}
	return false
}
