package synth

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/usage"
)

// Advice is something a person should look at. It changes no document.
type Advice struct {
	Kind     AdviceKind `json:"kind"`
	Role     iam.ARN    `json:"role"`
	Subject  string     `json:"subject,omitempty"` // the trusted principal or the action it is about
	Reason   string     `json:"reason"`
	Evidence *Evidence  `json:"evidence,omitempty"`
}

// AdviceKind says what an Advice is about.
type AdviceKind string

// The kinds.
const (
	AdviceTrust      AdviceKind = "trust"      // the trust policy lets in more than it should, or than came
	AdviceQuarantine AdviceKind = "quarantine" // nothing used the role
	AdviceSuspicious AdviceKind = "suspicious" // a permission kept by a use that may have been staged
)

// Quarantine is the permissions boundary that takes everything from a role
// without touching its policies: attached with one line, undone with one.
func Quarantine() *iam.Policy {
	return &iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{{
		Sid: "Quarantine", Effect: iam.Deny, Action: []iam.Pattern{"*"}, Resource: []iam.Pattern{"*"},
	}}}
}

// advise gathers what is to be said of a proposal's holders.
func (s *synthesizer) advise(holders []*Holder) []Advice {
	var out []Advice
	for _, h := range holders {
		if h.Role.Unprunable() != "" {
			continue
		}
		out = append(out, s.quarantine(h)...)
		out = append(out, s.suspicious(h)...)
		out = append(out, s.trust(h)...)
	}
	return out
}

func (s *synthesizer) quarantine(h *Holder) []Advice {
	days, _ := s.visibility(h.Account).Days()
	if !s.idle(h) || days < s.options.minVisible() {
		return nil
	}
	return []Advice{{
		Kind: AdviceQuarantine, Role: h.Role.ARN,
		Reason: "never seen: a boundary that denies everything takes its permissions away and is undone by one line; the role itself stays",
	}}
}

// idle: nothing tells of any use of the role in the window, neither an event
// nor IAM's own last-accessed data, which sees what trails do not record. A
// role that lives on such calls only is not idle: its policies are narrowed
// like any other's.
//
// Source: IAM User Guide, "Refine permissions in AWS using last accessed
// information", and IAM API Reference, RoleLastUsed.
func (s *synthesizer) idle(h *Holder) bool {
	if h.seen || !h.Role.LastUsed.Before(s.window.From) || s.expected(h) {
		return false
	}
	for _, last := range h.Account.LastAccessed[h.Role.ARN] {
		if !last.Before(s.window.From) {
			return false
		}
	}
	return true
}

// expected: the role, or something it may do, is younger than the window. Who
// granted it means to use it, if not yet. That AWS changed a policy of its own
// is nobody's grant.
func (s *synthesizer) expected(h *Holder) bool {
	young := func(t time.Time) bool { return t.After(s.window.From) }
	return young(h.Role.Changed) || slices.ContainsFunc(h.Policies, func(c *PolicyChange) bool {
		return c.Kind != AWSManaged && young(c.Since) || young(s.grantedSince(h, c))
	})
}

// fewDays is up to how many days of use look staged: who wants to keep a
// permission from being pruned needs to use it once.
const fewDays = 2

// suspicious flags ways to more privilege that were used on a day or two only, or
// never from a session or network endpoint that the role's steady work comes
// from.
func (s *synthesizer) suspicious(h *Holder) []Advice {
	days, near := map[iam.Action]*seen{}, map[iam.Action]bool{}
	var order []iam.Action
	for i := range h.Uses {
		u := &h.Uses[i]
		a := u.Call.Action
		if u.Outcome != usage.Allowed || !u.InWindow || !escalation[a.Fold()] || a.Equal("sts:AssumeRole") {
			continue
		}
		if days[a] == nil {
			days[a] = &seen{Evidence: u.Evidence}
			order = append(order, a)
		}
		days[a].add(u)
		near[a] = near[a] || !u.Apart
	}
	slices.Sort(order)
	var out []Advice
	for _, a := range order {
		e := days[a]
		slices.Sort(e.days)
		e.Days = len(slices.Compact(e.days))
		why := fmt.Sprintf("%d days of use", e.Days)
		if !near[a] {
			why += ", none of it from where the role's steady work comes from"
		}
		if e.Days <= fewDays || !near[a] {
			out = append(out, Advice{
				Kind: AdviceSuspicious, Role: h.Role.ARN, Subject: strings.Clone(string(a)), Evidence: e.Evidence.own(),
				Reason: "a way to more privilege, kept because of " + why + "; see whether that use was meant",
			})
		}
	}
	return out
}

// trust looks at who may assume the role.
func (s *synthesizer) trust(h *Holder) []Advice {
	if h.Role.Trust == nil {
		return nil
	}
	var out []Advice
	for i := range h.Role.Trust.Statements {
		st := &h.Role.Trust.Statements[i]
		if st.Effect != iam.Allow || st.Principal == nil {
			continue
		}
		for _, p := range st.Principal.Values {
			if reason := s.trusting(h, st, p); reason != "" {
				out = append(out, Advice{Kind: AdviceTrust, Role: h.Role.ARN, Subject: p.Value, Reason: reason})
			}
		}
	}
	return out
}

func (s *synthesizer) trusting(h *Holder, st *iam.Statement, p iam.Principal) string {
	switch {
	case p.Type == iam.PrincipalFederated && strings.Contains(p.Value, ":oidc-provider/"):
		return openSubject(st)
	case p.Type == iam.PrincipalAWS && isUniqueID(p.Value):
		return "the principal it trusts was deleted; IAM shows its unique ID"
	case p.Type == iam.PrincipalAWS && s.inside(p.Value) && !s.assumed(h, p.Value):
		return "may assume the role and did not in the window"
	}
	return ""
}

// openSubject says what an OIDC trust leaves open: without a condition on the
// subject every client of the provider may assume the role, with GitHub every
// repository of the world.
//
// Source: IAM User Guide, "Create a role for OpenID Connect federation",
// section "Configuring a role for GitHub OIDC identity provider".
func openSubject(st *iam.Statement) string {
	for _, c := range st.Condition {
		if !strings.HasSuffix(strings.ToLower(c.Key), ":sub") {
			continue
		}
		for _, v := range c.Values {
			if strings.ContainsAny(v, "*?") && strings.Contains(c.Operator, "Like") {
				return "whoever has a token whose subject fits " + v + " may assume the role"
			}
		}
		return ""
	}
	return "no condition on the token's subject: every client of the provider may assume the role"
}

// inside: the principal is of the organisation, so that its calls are seen.
func (s *synthesizer) inside(value string) bool {
	id := value
	if parts, ok := iam.ARN(value).Split(); ok {
		id = parts.Account
	}
	_, ours := s.Org.Account(id)
	return ours
}

// assumed: the principal, or somebody of the account that it stands for,
// assumed the role in the window.
func (s *synthesizer) assumed(h *Holder, value string) bool {
	arn := iam.ARN(value)
	for _, who := range s.survey.assumers[roleKey(h.Role.ARN)] {
		if who == arn || who.Account() == value || strings.HasSuffix(value, ":root") && who.Account() == arn.Account() {
			return true
		}
	}
	return false
}

// noteAssumer notes who called AssumeRole in the window.
func (s *Survey) noteAssumer(who iam.ARN, use *usage.Use) {
	if !use.Call.Action.Equal("sts:AssumeRole") || !slices.ContainsFunc(use.Days, s.window.Contains) {
		return
	}
	for _, r := range use.Call.Resources {
		key := roleKey(iam.ARN(r))
		if !slices.Contains(s.assumers[key], who) {
			s.assumers[key] = append(s.assumers[key], who)
		}
	}
}
