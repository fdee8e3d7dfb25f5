package synth

import (
	"strings"
	"time"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/usage"
)

// grantTimes says when a principal's grants were last changed, as far as events
// show: anybody's PutRolePolicy and AttachRolePolicy on a role,
// AttachUserPolicy on a user, AttachGroupPolicy and AddUserToGroup on a group.
type grantTimes struct{ inline, attached time.Time }

// noteGrant reads the events that change what principals hold. They are keyed by
// account and name, because requests name no path.
func (s *Survey) noteGrant(use *usage.Use) {
	if use.Outcome != usage.Allowed || use.Call.Action.Prefix() != "iam" {
		return
	}
	inline := false
	switch use.Call.Action.Fold() {
	case "iam:putrolepolicy":
		inline = true
	case "iam:attachrolepolicy", "iam:attachuserpolicy", "iam:attachgrouppolicy", "iam:addusertogroup":
	default:
		return
	}
	for _, r := range use.Call.Resources {
		key := grantKey(iam.ARN(r))
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

// grantKey is roleKey for all kinds of principals.
func grantKey(arn iam.ARN) string {
	p, _ := arn.Split()
	if kind, _, _ := strings.Cut(p.Resource, "/"); kind != "role" {
		return arn.Account() + " " + kind + "/" + strings.TrimLeft(arn.Name(), "*")
	}
	return roleKey(arn)
}

// grantedSince is when the holder got the policy as it is, the zero time if
// nothing tells.
func (s *synthesizer) grantedSince(h *Holder, c *PolicyChange) time.Time {
	t := s.survey.grants[grantKey(h.Role.ARN)]
	changed := t.attached
	if c.Kind == account.Inline || c.Kind == account.PermissionSetInline {
		changed = t.inline
	}
	if h.user != nil {
		for _, group := range h.user.Groups {
			if at := s.survey.grants[h.Account.ID+" group/"+group].attached; at.After(changed) {
				changed = at
			}
		}
	}
	if h.Role.Created.After(changed) {
		return h.Role.Created
	}
	return changed
}
