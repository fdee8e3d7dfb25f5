package synth

import (
	"strings"
	"time"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/usage"
)

// grantTimes says when a role's grants were last changed, as far as events
// show: anybody's PutRolePolicy and AttachRolePolicy on it.
type grantTimes struct{ inline, attached time.Time }

// noteGrant reads the events that change what roles hold. Roles are keyed by account
// and name, because requests name no path.
func (s *Survey) noteGrant(use *usage.Use) {
	inline := use.Call.Action.Equal("iam:PutRolePolicy")
	if use.Outcome != usage.Allowed || !inline && !use.Call.Action.Equal("iam:AttachRolePolicy") {
		return
	}
	for _, r := range use.Call.Resources {
		key := roleKey(iam.ARN(r))
		t := s.grants[key]
		if inline && use.Last.After(t.inline) {
			t.inline = use.Last
		} else if !inline && use.Last.After(t.attached) {
			t.attached = use.Last
		}
		s.grants[key] = t
	}
}

func roleKey(arn iam.ARN) string { return arn.Account() + " " + strings.TrimLeft(arn.Name(), "*") }

// grantedSince is when the holder got the policy as it is, the zero time if
// nothing tells.
func (s *synthesizer) grantedSince(h *Holder, c *PolicyChange) time.Time {
	t := s.survey.grants[roleKey(h.Role.ARN)]
	changed := t.attached
	if c.Kind == account.Inline || c.Kind == account.PermissionSetInline {
		changed = t.inline
	}
	if h.Role.Created.After(changed) {
		return h.Role.Created
	}
	return changed
}
