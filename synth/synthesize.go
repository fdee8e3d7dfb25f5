package synth

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/usage"
)

// Inputs are what synthesis rests on.
type Inputs struct {
	Catalog  *catalog.Catalog
	Engine   *eval.Engine
	Org      *account.Organization
	Usage    map[usage.Key]*usage.Usage
	Ledger   *usage.Ledger // in the place of Usage where that would not fit in memory
	Survey   *Survey       // of all principals; nil: it is made of what they used
	Window   usage.Window
	Coverage func(accountID string) []usage.Interval
	Options  Options

	before time.Time               // what happened from then on is not known; zero: all is
	Only   func(role iam.ARN) bool // which roles to propose for, with all who share a policy with one; nil is all
}

func newSynthesizer(in Inputs) (*synthesizer, error) {
	survey, err := in.survey()
	return &synthesizer{
		Inputs: in, catalog: in.Catalog, window: in.Window, options: in.Options, survey: survey,
		visibilities: map[*account.Account]*usage.Visibility{},
		sights:       map[sightKey]usage.Sight{},
	}, err
}

type synthesizer struct {
	Inputs
	catalog      *catalog.Catalog
	window       usage.Window
	options      Options
	survey       *Survey
	needed       map[string]map[iam.Action]bool // see needs; as large as the tables at most
	visibilities map[*account.Account]*usage.Visibility
	sights       map[sightKey]usage.Sight
	misread      map[iam.Action]string // folded action → what we read where AWS named it
	asked        *question             // nil but for Explain
	distrusted   map[string]string     // service prefix → why our reading of it is not trusted
}

// gap is why a service is not visible for a holder.
type gap struct {
	reason  string
	blocker Blocker
}

func (s *synthesizer) visibility(a *account.Account) *usage.Visibility {
	v := s.visibilities[a]
	if v == nil {
		v = usage.NewVisibility(s.catalog, s.Org, a, s.window, s.Coverage(a.ID))
		s.visibilities[a] = v
	}
	return v
}

// roleRef is one role of a group.
type roleRef struct {
	account  *account.Account
	role     *account.Role
	user     *account.User // whom role stands for; nil: itself
	holdings []account.Holding
}

// groups are the roles that share a policy, directly or through another.
func (s *synthesizer) groups() [][]roleRef {
	leader := map[iam.ARN]iam.ARN{}
	var find func(iam.ARN) iam.ARN
	find = func(a iam.ARN) iam.ARN {
		if leader[a] == a {
			return a
		}
		leader[a] = find(leader[a])
		return leader[a]
	}
	var roles []roleRef
	for _, a := range s.Org.Accounts {
		for _, r := range a.Roles {
			roles = append(roles, roleRef{account: a, role: r, holdings: s.Org.Holdings(a, r)})
			leader[r.ARN] = r.ARN
		}
	}
	for _, r := range roles {
		for _, p := range r.holdings {
			if p.Kind == account.AWSManaged {
				continue // replaced per role, never edited
			}
			for _, other := range p.Holders {
				a, b := find(r.role.ARN), find(other)
				leader[max(a, b)] = min(a, b)
			}
		}
	}
	byLeader := map[iam.ARN][]roleRef{}
	for _, r := range roles {
		l := find(r.role.ARN)
		byLeader[l] = append(byLeader[l], r)
	}
	out := make([][]roleRef, 0, len(byLeader))
	for _, l := range slices.Sorted(maps.Keys(byLeader)) {
		out = append(out, byLeader[l])
	}
	return out
}

func (s *synthesizer) holders(group []roleRef) ([]*Holder, error) {
	out := make([]*Holder, len(group))
	for i, r := range group {
		var err error
		if out[i], err = s.holder(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *synthesizer) holder(ref roleRef) (*Holder, error) {
	r := ref.role
	h := &Holder{
		Account: ref.account, Role: r, user: ref.user, index: newIndex(nil), unseen: map[string]gap{},
		stays: map[iam.Action]Blocker{}, reach: map[string]reach{}, refused: map[iam.Action]bool{},
	}
	for _, holding := range ref.holdings {
		h.Policies = append(h.Policies, &PolicyChange{Holding: holding, New: holding.Document})
	}
	u, err := s.used(usage.Key{ARN: r.ARN, ID: r.ID})
	if u == nil {
		return h, err
	}
	h.seen = len(u.Uses)+len(u.Denied)+len(u.Unmapped) > 0 || h.user != nil // who signs in is at work
	for _, m := range u.Unmapped {
		h.unseen[m.Service] = gap{fmt.Sprintf("the event %s of %s is not understood", m.EventName, m.EventSource), BlockUnread}
	}
	for i := range u.Uses {
		h.Uses = append(h.Uses, s.heldUse(&u.Uses[i]))
	}
	for i := range u.Denied {
		if slices.ContainsFunc(u.Denied[i].Days, s.window.Contains) {
			h.refused[u.Denied[i].Call.Action.Fold()] = true
		}
	}
	h.refusals = u.Refusals
	h.index = newIndex(h.Uses)
	return h, nil
}

func (s *synthesizer) heldUse(u *usage.Use) HeldUse {
	held := HeldUse{
		Call: u.Call, Outcome: u.Outcome, Days: u.Days, Apart: u.Apart,
		Evidence: Evidence{Days: len(u.Days), First: u.First, Last: u.Last, EventID: u.EventID},
	}
	if u.Outcome == usage.Undecided {
		held.Call.Resolution = iam.None // says nothing of resources
	}
	held.InWindow = slices.ContainsFunc(u.Days, s.window.Contains)
	return held
}

// propose makes one proposal.
func (s *synthesizer) propose(holders []*Holder) (*Proposal, error) {
	p := &Proposal{Holders: holders, Findings: []Finding{}}
	shared := map[string]*PolicyChange{}
	for _, h := range holders {
		for i, change := range h.Policies {
			key := changeKey(h, change)
			if have := shared[key]; have != nil {
				h.Policies[i] = have
				continue
			}
			shared[key] = change
			p.Policies = append(p.Policies, change)
		}
		if err := s.unexplained(h); err != nil {
			return nil, err
		}
	}
	for _, h := range holders {
		h.blockers, h.idle = s.blockers(h), s.idle(h)
	}
	if err := s.share(p); err != nil {
		return nil, err
	}
	p.Blockers = p.blockers()
	p.Advice = s.advise(holders)
	for _, change := range slices.Clone(p.Policies) {
		s.change(p, change)
	}
	if len(p.Blockers) > 0 {
		p.withdraw(strings.Join(p.Blockers, "; "))
	}
	return p, nil
}

func changeKey(h *Holder, c *PolicyChange) string {
	switch c.Kind {
	case account.CustomerManaged:
		return string(c.ARN)
	case account.PermissionSetInline:
		return "set " + c.Set
	case account.AWSManaged: // replaced for each role by itself
		c.Holders = []iam.ARN{h.Role.ARN}
		return string(h.Role.ARN) + " " + string(c.ARN)
	}
	return string(c.Owner) + " " + c.Name
}

// withdraw takes every change back and says why in the findings.
func (p *Proposal) withdraw(blocker string) {
	p.Policies = slices.DeleteFunc(p.Policies, isAddition)
	for _, h := range p.Holders {
		h.Policies = slices.DeleteFunc(h.Policies, isAddition)
	}
	for _, c := range p.Policies {
		c.New = c.Document
	}
	for i := range p.Findings {
		if p.Findings[i].Finding == Removed || p.Findings[i].Finding == Narrowed {
			p.Findings[i].Blocker = blocker
		}
	}
}

func isAddition(c *PolicyChange) bool { return c.replaced != nil }

// change narrows one policy.
func (s *synthesizer) change(p *Proposal, c *PolicyChange) {
	c.Limit = limit(c.Kind)
	if c.Document == nil {
		c.Report = "its document is not in the snapshot"
		p.Findings = append(p.Findings, Finding{Finding: Blind, Policy: c.Name, Reason: c.Report, of: c})
		return
	}
	n := &narrower{synthesizer: s, change: c, holders: p.holdersOf(c)}
	smaller := n.document(c.Document)
	defer n.held()
	c.Report = blockedBy(n.holders)
	if c.Report == "" {
		c.Report = s.reportOnly(c, n.holders)
	}
	switch {
	case c.Report != "":
		n.block(c.Report)
	case smaller != nil && samePolicy(smaller, c.Document):
	case c.Kind == account.AWSManaged:
		n.replace(p, n.holders[0], c, smaller)
	case smaller != nil:
		c.New = n.fit(c.Document, smaller, c.Limit)
	default:
		c.New = nil
	}
	if c.New != nil {
		c.Size = eval.Size(c.New)
	}
	p.Findings = append(p.Findings, n.out...)
}

// block says in the findings what keeps them from being carried out.
func (n *narrower) block(why string) {
	for i := range n.out {
		if n.out[i].Finding == Removed || n.out[i].Finding == Narrowed {
			n.out[i].Blocker = why
		}
	}
}

// reportOnly says why a policy is not changed although it could be smaller.
func (s *synthesizer) reportOnly(c *PolicyChange, holders []*Holder) string {
	if who := s.firstOutsider(holders); who != "" {
		return "trusted from outside the organisation (" + who + "): report only by default"
	}
	if slices.ContainsFunc(holders, (*Holder).People) {
		return "people use it: report only by default"
	}
	switch c.Kind {
	case account.AWSManaged:
		return replaceable(c)
	case account.PermissionSetInline:
		return "people use it: report only by default"
	case account.CustomerManaged:
		for _, h := range holders {
			if why := isBoundary(h.Account, c.ARN); why != "" {
				return why
			}
			if h.mayBePerson() {
				return "user " + h.Role.Name + " uses it too and may be a person: report only by default"
			}
		}
	}
	return ""
}

// isBoundary: narrowing a policy that bounds somebody narrows what all their
// policies grant.
func isBoundary(a *account.Account, policy iam.ARN) string {
	for _, r := range a.Roles {
		if r.Boundary == policy {
			return "it is the permissions boundary of " + r.Name
		}
	}
	for _, u := range a.Users {
		if u.Boundary == policy {
			return "it is the permissions boundary of " + u.Name
		}
	}
	return ""
}

// limit is the quota in characters, white space outside strings not counted.
//
// Source: IAM User Guide, "IAM and AWS STS quotas".
func limit(k account.PolicyKind) int {
	if k == account.Inline || k == account.PermissionSetInline {
		return 10_240
	}
	return 6_144
}

// protectedRoles are left alone whatever they use: they are for the day when
// something is wrong.
var protectedRoles = []iam.Pattern{
	"OrganizationAccountAccessRole", "AWSControlTowerExecution", "AWSCloudFormationStackSet*", "stacksets-exec-*",
	"cdk-*", "*reak-*lass*", "*reak*lass*", "*isaster*ecovery*",
}

// blockers says what keeps every policy that the holder has from being changed.
func (s *synthesizer) blockers(h *Holder) []string {
	name := h.Role.Name
	if h.alone {
		return []string{name + " is a user: reported and never changed"}
	}
	if why := h.Role.Unprunable(); why != "" {
		return []string{name + " is " + why}
	}
	var out []string
	if slices.ContainsFunc(protectedRoles, func(p iam.Pattern) bool { return p.Match(name) }) {
		out = append(out, name+" is on the protect list")
	}
	if days, cause := s.visibility(h.Account).Days(); days < s.options.minVisible() {
		out = append(out, fmt.Sprintf("only %d of %d days of account %s are visible: %s", days, s.window.Days(), h.Account.ID, cause))
	}
	return out
}

// blockedBy says what keeps a policy with these holders as it is, or "". One
// holder that is left alone keeps it. One that nobody uses does not: what it
// shares is narrowed to what the others use, and only what it has for itself
// waits for its quarantine.
func blockedBy(holders []*Holder) string {
	for _, h := range holders {
		if len(h.blockers) > 0 {
			return strings.Join(h.blockers, "; ")
		}
	}
	if len(holders) == 0 || slices.ContainsFunc(holders, func(h *Holder) bool { return !h.idle }) {
		return ""
	}
	return holders[0].Role.Name + " was never seen: quarantine it (a deny-all boundary) before taking its policies apart"
}

// blockers is what keeps the whole proposal from being made: the reasons of
// its policies, if there is one for each.
func (p *Proposal) blockers() []string {
	var out []string
	for _, c := range p.Policies {
		why := blockedBy(p.holdersOf(c))
		if why == "" {
			return nil
		}
		if !slices.Contains(out, why) {
			out = append(out, why)
		}
	}
	return out
}

func (p *Proposal) holdersOf(c *PolicyChange) []*Holder {
	var out []*Holder
	for h := range p.all() {
		if slices.Contains(h.Policies, c) {
			out = append(out, h)
		}
	}
	return out
}

// unexplained finds calls that no identity policy of the holder allows. Where
// nothing else explains them our reading is wrong, so nothing of their service
// is removed.
func (s *synthesizer) unexplained(h *Holder) error {
	documents := named(h.Policies, func(c *PolicyChange) *iam.Policy { return c.Document })
	calls := make([]iam.Call, len(h.Uses))
	for i := range h.Uses {
		calls[i] = h.Uses[i].Call
	}
	replayed, err := s.Engine.Replay(documents, documents, calls)
	if err != nil {
		return fmt.Errorf("role %s: %w", h.Role.ARN, err)
	}
	for i, r := range replayed {
		if r.State != eval.Unexplained || h.Uses[i].Outcome != usage.Allowed || h.Uses[i].Call.Kind == iam.Implied {
			continue
		}
		prefix, why := calls[i].Action.Prefix(), fmt.Sprintf("%s succeeded and no policy of the role explains it (event %s)", calls[i].Action, h.Uses[i].Evidence.EventID)
		if have, ok := h.unseen[prefix]; !ok || why < have.reason { // the same whatever the order
			h.unseen[prefix] = gap{why, BlockUnexplained}
		}
	}
	return nil
}

func named(changes []*PolicyChange, document func(*PolicyChange) *iam.Policy) []eval.Named {
	var out []eval.Named
	for _, c := range changes {
		if d := document(c); d != nil {
			out = append(out, eval.Named{Name: c.Name, Policy: d})
		}
	}
	return out
}
