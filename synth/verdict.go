package synth

import (
	"fmt"
	"slices"

	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/usage"
)

// Verdict is what was proved of a proposal.
type Verdict struct {
	Replayed    int            `json:"replayed"`    // observed calls, over all holders
	Denied      int            `json:"denied"`      // of them, not proved to stay allowed
	Unexplained int            `json:"unexplained"` // of them, not allowed by the old policies either
	Containment string         `json:"containment"` // proved, failed or unknown
	Quota       string         `json:"quota"`       // ok, or what is over
	Reason      string         `json:"reason,omitempty"`
	Calls       []ReplayedCall `json:"calls,omitempty"` // those denied and those unexplained, by holder
}

// ReplayedCall is an observed call that the proof does not cover, with its
// evidence.
type ReplayedCall struct {
	Role      iam.ARN          `json:"role"`
	Action    iam.Action       `json:"action"`
	Resources []iam.Pattern    `json:"resources"`
	State     eval.ReplayState `json:"state"` // denied, unproved or unexplained
	Reason    string           `json:"reason"`
	Evidence  Evidence         `json:"evidence"`
}

// Clean is a proposal with a clean verdict: new ⊆ old is proved for every
// document and every holder, every observed call stays allowed, and every
// document fits its quota. Only [Check] makes one.
type Clean struct{ proposal *Proposal }

// Proposal is the proposal that was found clean.
func (c *Clean) Proposal() *Proposal { return c.proposal }

// notProved begins the blocker of a proposal that Check took back.
const notProved = "not proved: "

// Check proves a proposal. The changes of a policy that stand in the way of a
// clean verdict are taken back and what is left is proved anew. Where nothing is
// left all are withdrawn, the verdict says what failed, and the second result is
// nil.
func Check(e *eval.Engine, p *Proposal) (Verdict, *Clean, error) {
	for {
		v, err := verdictOn(e, p)
		if err != nil {
			return v.Verdict, nil, err
		}
		if v.clean() {
			return v.Verdict, &Clean{p}, nil
		}
		for _, c := range v.blamed {
			p.takeBack(c, notProved+v.Reason)
		}
		if len(v.blamed) == 0 || !slices.ContainsFunc(p.Policies, (*PolicyChange).Changed) {
			p.Blockers = append(p.Blockers, notProved+v.Reason)
			p.withdraw(notProved + v.Reason)
			return v.Verdict, nil, nil
		}
	}
}

// checking is a verdict in the making.
type checking struct {
	Verdict
	blamed []*PolicyChange // changed ones without which there would be less to blame
}

func (v *checking) clean() bool {
	return v.Denied == 0 && v.Containment == "proved" && v.Quota == "ok"
}

func (v *checking) blame(c *PolicyChange) {
	if c.Changed() && !slices.Contains(v.blamed, c) {
		v.blamed = append(v.blamed, c)
	}
}

func verdictOn(e *eval.Engine, p *Proposal) (*checking, error) {
	v := &checking{Verdict: Verdict{Containment: "proved", Quota: "ok"}}
	for _, c := range p.Policies {
		v.document(e, c)
	}
	for h := range p.all() {
		if h.user != nil && !h.alone && !slices.ContainsFunc(h.Policies, (*PolicyChange).Changed) {
			continue // its own is no part of the proposal
		}
		if err := v.holder(e, h); err != nil {
			return v, fmt.Errorf("prove the proposal of %s: %w", h.Role.ARN, err)
		}
	}
	return v, nil
}

// takeBack leaves one policy as it was.
func (p *Proposal) takeBack(c *PolicyChange, why string) {
	if c.replaced != nil {
		is := func(have *PolicyChange) bool { return have == c }
		p.Policies = slices.DeleteFunc(p.Policies, is)
		for _, h := range p.Holders {
			h.Policies = slices.DeleteFunc(h.Policies, is)
		}
		c = c.replaced
	}
	c.New, c.Report, c.unproved = c.Document, why, true
	c.Size = eval.Size(c.New)
	for i := range p.Findings {
		if f := &p.Findings[i]; f.of == c && (f.Finding == Removed || f.Finding == Narrowed) {
			f.Blocker = why
		}
	}
}

// holder proves P1 and P2 for the union of one holder's policies.
func (v *checking) holder(e *eval.Engine, h *Holder) error {
	before := named(h.Policies, func(c *PolicyChange) *iam.Policy { return c.Document })
	after := named(h.Policies, func(c *PolicyChange) *iam.Policy { return c.New })
	if !v.contain(e.Contain(before, after, eval.IdentityPolicy), "policies of "+h.Role.Name) && len(v.blamed) == 0 {
		for _, c := range h.Policies {
			v.blame(c)
		}
	}
	// Both the next step and the last one must keep what was used.
	for i, documents := range [][]eval.Named{after, h.final()} {
		if i == 1 && len(documents) == len(after) {
			continue // one step
		}
		if err := v.replay(e, before, documents, h, i == 0); err != nil {
			return err
		}
	}
	return nil
}

func (v *checking) replay(e *eval.Engine, before, after []eval.Named, h *Holder, count bool) error {
	var calls []iam.Call
	var uses []*HeldUse
	for i := range h.Uses {
		if h.Uses[i].InWindow && h.Uses[i].Outcome != usage.Denied {
			calls, uses = append(calls, h.Uses[i].Call), append(uses, &h.Uses[i])
		}
	}
	replayed, err := e.Replay(before, after, calls)
	if err != nil {
		return err
	}
	for i, r := range replayed {
		if count {
			v.Replayed++
		}
		if r.State != eval.Kept && (count || r.State != eval.Unexplained) {
			v.Calls = append(v.Calls, ReplayedCall{
				Role: h.Role.ARN, Action: clone(calls[i].Action), Resources: cloned(calls[i].Resources),
				State: r.State, Reason: r.Reason, Evidence: *uses[i].Evidence.own(),
			})
		}
		switch {
		case r.State == eval.Kept:
		case r.State == eval.Unexplained && count:
			v.Unexplained++
		case r.State == eval.Unexplained:
		default:
			v.Denied++
			for _, c := range h.Policies {
				if c.grants(calls[i].Action) {
					v.blame(c)
				}
			}
			v.Reason = fmt.Sprintf("%s (event %s)", r.Reason, uses[i].Evidence.EventID)
		}
	}
	return nil
}

func (v *checking) document(e *eval.Engine, c *PolicyChange) {
	old := c.Document
	if c.replaced != nil {
		old = c.replaced.Document
	}
	if c.New == nil || old == nil || !c.Changed() {
		return
	}
	if !v.contain(e.Contain([]eval.Named{{Name: "old", Policy: old}}, []eval.Named{{Name: "new", Policy: c.New}}, eval.IdentityPolicy), c.Name) {
		v.blame(c)
	}
	if c.Size > c.Limit && (c.replaced != nil || c.Size > eval.Size(old)) {
		v.blame(c)
		v.Quota = fmt.Sprintf("%s: %d of %d characters", c.Name, c.Size, c.Limit)
		v.Reason = "over the quota"
	}
}

func (v *checking) contain(got eval.Containment, what string) (proved bool) {
	switch {
	case got.Result == eval.Contained:
		return true
	case got.Result == eval.Wider:
		v.Containment = "failed"
		v.Reason = fmt.Sprintf("%s would newly allow %s on %s", what, got.Witness.Action, got.Witness.Resource)
	case v.Containment == "proved":
		v.Containment, v.Reason = "unknown", what+": "+got.Reason
	}
	return false
}
