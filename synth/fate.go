package synth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/usage"
)

// fate is what becomes of one action of a statement.
type fate struct {
	action iam.Action
	kind   FindingKind
	grade  Grade
	seen   *seen
	twin   *seen // of the used action that this one is the way back of,
	of     iam.Action
	reason string

	blocker Blocker // what keeps it, if it stays
}

func (f *fate) goes(o Options) bool {
	return f.kind == Removed && (f.grade == Safe || o.Later)
}

// usedAs are the actions whose use shows on which resources this one stays: its
// own and, of a way back, that of the way there.
func (f *fate) usedAs() []iam.Action {
	if f.of == "" {
		return []iam.Action{f.action}
	}
	return []iam.Action{f.action, f.of}
}

func (f *fate) evidence() *Evidence {
	if f.seen == nil {
		return nil
	}
	return f.seen.Evidence.own()
}

// fate decides one action of one statement over all holders. The order is the
// order of the reasons' strength: what is known of the action itself (use,
// protection, youth, blindness) before what its family suggests; only what none
// of them keeps goes.
func (n *narrower) fate(s *iam.Statement, word iam.Pattern, a iam.Action) fate {
	e := n.seen(s, a)
	if e != nil && e.inWindow {
		of, twin := n.counterpart(s, a) // where that was used, this one may have to be next
		return fate{action: a, kind: Kept, seen: e, twin: twin, of: of, reason: "used", blocker: BlockUsed}
	}
	if reason := n.protected(a); reason != "" {
		return fate{action: a, kind: Protected, seen: e, reason: reason, blocker: BlockProtected}
	}
	if reason := n.young(); reason != "" {
		return fate{action: a, kind: Young, seen: e, reason: reason, blocker: BlockYoung}
	}
	if twin, seen := n.counterpart(s, a); seen != nil {
		return fate{action: a, kind: Kept, twin: seen, of: twin, reason: "the way back of " + string(twin) + ", which is used", blocker: BlockWayBack}
	}
	if reason := n.comesWith(a); reason != "" {
		return fate{action: a, kind: Kept, reason: reason, blocker: BlockWayBack}
	}
	if e == nil && n.void(s, word, a) {
		return fate{action: a, kind: Removed, grade: Safe, reason: "grants nothing here: it cannot be used on the statement's resources"}
	}
	if reason, blocker := n.blind(s, word, a); reason != "" {
		return fate{action: a, kind: Blind, seen: e, reason: reason, blocker: blocker}
	}
	if reason := n.accessedUnseen(a); e == nil && reason != "" {
		return fate{action: a, kind: Blind, reason: reason, blocker: BlockAccessed}
	}
	if used, level := n.family(s, a); level != reachUsed {
		return fate{action: a, kind: Kept, reason: level.reason(used), blocker: BlockFamily}
	}
	if e != nil {
		return fate{action: a, kind: Removed, grade: Later, seen: e, reason: "last seen before the window", blocker: BlockBefore}
	}
	if reason := n.accessedBefore(a); reason != "" {
		return fate{action: a, kind: Removed, grade: Later, reason: reason, blocker: BlockBefore}
	}
	return fate{action: a, kind: Removed, grade: Safe, reason: "no sign of use in the window or before, and use would have been seen"}
}

func (n *narrower) protected(a iam.Action) string {
	for _, p := range n.options.Protect {
		if p.MatchAction(a) {
			return "protected by the config"
		}
	}
	if service := n.baseline(a); service != "" {
		return service + " needs it without a call of the role's own"
	}
	return ""
}

// young says since when the grant is what it is, if that is within the window;
// worked out once a policy.
func (n *narrower) young() string {
	if !n.aged {
		n.aged, n.youth = true, n.sinceWhen()
	}
	return n.youth
}

func (n *narrower) sinceWhen() string {
	since := n.change.Since
	for _, h := range n.holders {
		if t := n.grantedSince(h, n.change); t.After(since) {
			since = t
		}
	}
	if since.IsZero() || !since.After(n.window.From) {
		return ""
	}
	return "granted for less than the window, since " + since.Format("2006-01-02")
}

// blind says why silence about the action proves nothing for some holder, or
// "".
func (n *narrower) blind(s *iam.Statement, word iam.Pattern, a iam.Action) (string, Blocker) {
	for _, h := range n.holders {
		reason, blocker := n.blindFor(h, s, a)
		if reason == "" {
			continue
		}
		if !serviceWide(word) || n.sign(h, a.Prefix()) {
			return reason, blocker
		}
		if never, known := n.neverAccessed(h, a.Prefix()); known {
			if never {
				continue // no sign of the whole service, and IAM says never
			}
			return reason, blocker
		}
		return reason + "; service last-accessed data would settle it (`pruner snapshot`)", blocker
	}
	return "", ""
}

// serviceWide: the word names no action, only a service or everything. A word
// such as s3:Get* was chosen with some actions in mind and counts as named.
func serviceWide(word iam.Pattern) bool {
	_, name, ok := strings.Cut(string(word), ":")
	return word == "*" || ok && name == "*"
}

func (n *narrower) blindFor(h *Holder, s *iam.Statement, a iam.Action) (string, Blocker) {
	prefix := a.Prefix()
	for _, service := range []string{prefix, ""} {
		if why, ok := h.unseen[service]; ok {
			return why.reason, why.blocker
		}
	}
	if why := n.misreading(a); why != "" {
		return "AWS named it in a denial, and " + why, BlockMisread
	}
	if why, ok := n.distrusted[strings.ToLower(prefix)]; ok {
		return why, BlockMisread
	}
	if a.Equal(passRole) {
		return "CloudTrail never records iam:PassRole", BlockPassRole
	}
	resources := s.Resource
	if len(resources) == 0 {
		resources = everything
	}
	for _, r := range relevant(n.catalog, a, resources) {
		if got := n.visible(h, a, r); got.Days < n.options.minVisible() {
			if got.Reason == "" {
				got.Reason = fmt.Sprintf("only %d days of the window are visible", got.Days)
			}
			return got.Reason, blockerOf[got.Cause]
		}
	}
	return "", ""
}

func (n *narrower) misreading(a iam.Action) string {
	if len(n.misread) == 0 {
		return ""
	}
	return n.misread[a.Fold()]
}

// blockerOf names what visibility lacks.
var blockerOf = map[usage.Cause]Blocker{
	usage.NotLogged: BlockUnlogged, usage.DataOff: BlockData, usage.NoTrail: BlockTrails, usage.DaysMissing: BlockDays,
}

var everything = []iam.Pattern{"*"}

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
		if r == "*" || r.HasVariable() || slices.ContainsFunc(known.Resources, func(t *catalog.ResourceType) bool { return t.Pattern.OverlapsARN(r) }) {
			fit = append(fit, r)
		}
	}
	if len(fit) == 0 {
		return granted
	}
	return fit
}

type sightKey struct {
	account  string
	action   iam.Action
	resource iam.Pattern
}

// visible asks the visibility predicate once per account, action and resource:
// the same wildcard stands in the policies of thousands of roles.
func (s *synthesizer) visible(h *Holder, a iam.Action, r iam.Pattern) usage.Sight {
	key := sightKey{h.Account.ID, a, r}
	if got, ok := s.sights[key]; ok {
		return got
	}
	got := s.visibility(h.Account).See(a, r)
	if len(s.sights) < maxSights {
		s.sights[key] = got
	}
	return got
}

// maxSights bounds the memory of visible: about 100 bytes each.
const maxSights = 1 << 19

// sign: the holder shows any use of the service.
func (n *narrower) sign(h *Holder, prefix string) bool {
	if len(h.index.services[prefix]) > 0 {
		return true
	}
	never, known := n.neverAccessed(h, prefix)
	return known && !never
}
