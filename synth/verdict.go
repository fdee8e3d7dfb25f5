package synth

import (
	"fmt"

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

// Check proves a proposal. When the verdict is not clean the proposal's
// changes are withdrawn and the second result is nil.
func Check(e *eval.Engine, p *Proposal) (Verdict, *Clean, error) {
	v := Verdict{Containment: "proved", Quota: "ok"}
	for _, h := range p.Holders {
		if err := v.holder(e, h); err != nil {
			return v, nil, fmt.Errorf("prove the proposal of %s: %w", h.Role.ARN, err)
		}
	}
	for _, c := range p.Policies {
		v.document(e, c)
	}
	if v.Denied > 0 || v.Containment != "proved" || v.Quota != "ok" {
		p.Blockers = append(p.Blockers, notProved+v.Reason)
		p.withdraw(notProved + v.Reason)
		return v, nil, nil
	}
	return v, &Clean{p}, nil
}

// holder proves P1 and P2 for the union of one holder's policies.
func (v *Verdict) holder(e *eval.Engine, h *Holder) error {
	before := named(h.Policies, func(c *PolicyChange) *iam.Policy { return c.Document })
	after := named(h.Policies, func(c *PolicyChange) *iam.Policy { return c.New })
	v.contain(e.Contain(before, after, eval.IdentityPolicy), "policies of "+h.Role.Name)
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

func (v *Verdict) replay(e *eval.Engine, before, after []eval.Named, h *Holder, count bool) error {
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
			v.Reason = fmt.Sprintf("%s (event %s)", r.Reason, uses[i].Evidence.EventID)
		}
	}
	return nil
}

func (v *Verdict) document(e *eval.Engine, c *PolicyChange) {
	old := c.Document
	if c.replaced != nil {
		old = c.replaced.Document
	}
	if c.New == nil || old == nil || !c.Changed() {
		return
	}
	v.contain(e.Contain([]eval.Named{{Name: "old", Policy: old}}, []eval.Named{{Name: "new", Policy: c.New}}, eval.IdentityPolicy), c.Name)
	if c.Size > c.Limit && (c.replaced != nil || c.Size > eval.Size(old)) {
		v.Quota = fmt.Sprintf("%s: %d of %d characters", c.Name, c.Size, c.Limit)
		v.Reason = "over the quota"
	}
}

func (v *Verdict) contain(got eval.Containment, what string) {
	switch got.Result {
	case eval.Contained:
		return
	case eval.Wider:
		v.Containment = "failed"
		v.Reason = fmt.Sprintf("%s would newly allow %s on %s", what, got.Witness.Action, got.Witness.Resource)
		return
	}
	if v.Containment == "proved" {
		v.Containment, v.Reason = "unknown", what+": "+got.Reason
	}
}
