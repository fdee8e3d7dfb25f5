package synth

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
)

// An AWS-managed policy cannot be edited, only replaced, and never in one go:
// were it detached before the replacement is live, the role would be without
// permissions. So the first proposal adds the replacement; when a later
// snapshot shows that the role has it, the next one detaches.

// replaceable says why an AWS-managed policy is never detached, or "".
//
// Source: IAM User Guide, "AWS managed policies for job functions" and
// "Service roles": a policy under /service-role/ is written for what the
// service does with the role, and AWS changes it when the service does.
func replaceable(c *PolicyChange) string {
	switch {
	case strings.Contains(string(c.ARN), ":policy/service-role/"):
		return "an AWS-managed service-role policy is never detached"
	case hasDeny(c.Document):
		return "it holds a Deny, which would be lost"
	}
	return ""
}

func hasDeny(p *iam.Policy) bool {
	return slices.ContainsFunc(p.Statements, func(s iam.Statement) bool { return s.Effect == iam.Deny })
}

// replacementName is stable, so that the second step finds what the first one
// added. It holds names that IAM has accepted, so it is a valid name; IAM's
// limit is 128 characters.
func replacementName(h *Holder, c *PolicyChange) string {
	name := h.Role.Name + "-" + c.Name
	return name[:min(len(name), 128)]
}

// replace puts a narrowed customer-managed policy in the place of an
// AWS-managed one, in two steps.
func (n *narrower) replace(p *Proposal, h *Holder, c *PolicyChange, smaller *iam.Policy) {
	name := replacementName(h, c)
	i := slices.IndexFunc(h.Policies, func(have *PolicyChange) bool {
		return have.Name == name && have.Kind == account.CustomerManaged && have.Document != nil
	})
	if i >= 0 || smaller == nil {
		if smaller == nil || n.contained(h.Policies[i].Document, smaller) {
			c.New = nil // second step: the replacement is live
		} else {
			c.Report = "its replacement " + name + " is live but grants less than is needed now"
		}
		return
	}
	added := &PolicyChange{
		Holding: account.Holding{
			Name: name, Kind: account.CustomerManaged,
			ARN:     iam.ARN("arn:" + h.Role.ARN.Partition() + ":iam::" + h.Account.ID + ":policy/" + name),
			Holders: []iam.ARN{h.Role.ARN},
		},
		New: smaller, Replaces: c.ARN, replaced: c, Limit: limit(account.CustomerManaged),
	}
	added.New = n.fit(c.Document, smaller, added.Limit)
	added.Size = eval.Size(added.New)
	c.Report = "replaced in two steps: " + name + " is added now, this is detached once that is live"
	h.Policies = append(h.Policies, added)
	p.Policies = append(p.Policies, added)
}

func (s *synthesizer) contained(old, smaller *iam.Policy) bool {
	return s.Engine.Contain([]eval.Named{{Name: "old", Policy: old}}, []eval.Named{{Name: "new", Policy: smaller}}, eval.IdentityPolicy).Result == eval.Contained
}

// final is the holder's documents when every step is done.
func (h *Holder) final() []eval.Named {
	replaced := map[*PolicyChange]bool{}
	for _, c := range h.Policies {
		if c.replaced != nil && c.New != nil {
			replaced[c.replaced] = true
		}
	}
	return named(h.Policies, func(c *PolicyChange) *iam.Policy {
		if replaced[c] {
			return nil
		}
		return c.New
	})
}

// Final is the holder's documents when every step of the proposal is done.
func (h *Holder) Final() []*iam.Policy { return policies(h.final()) }
