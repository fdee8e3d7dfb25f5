package synth

import (
	"strings"
	"time"

	"github.com/pruner/pruner/iam"
)

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

// accessedUnseen says that last-accessed data knows of a use in the window that
// no record shows, or "". An attempt that was denied counts there too: one that
// the records show as denied explains it.
func (n *narrower) accessedUnseen(a iam.Action) string {
	for _, h := range n.holders {
		if at := actionAccessed(h, a); !at.Before(n.window.From) && at.Before(n.window.To) && !h.refused[a.Fold()] {
			return "last-accessed data has it on " + at.Format(time.DateOnly) + ", and no record shows it"
		}
	}
	return ""
}

// accessedBefore says that last-accessed data, which reaches further back than
// the logs, knows of a use before the window: of the action, or of its service,
// where it does not say of which action. Then its silence now may be the pause
// of rare work.
func (n *narrower) accessedBefore(a iam.Action) string {
	for _, h := range n.holders {
		if at := actionAccessed(h, a); !at.IsZero() && at.Before(n.window.From) {
			return "last-accessed data has it on " + at.Format(time.DateOnly) + ", before the window"
		}
		if at := h.Account.LastAccessed[h.Role.ARN][strings.ToLower(a.Prefix())]; !at.IsZero() && at.Before(n.window.From) {
			return "last-accessed data has its service on " + at.Format(time.DateOnly) + ", before the window"
		}
	}
	return ""
}

func actionAccessed(h *Holder, a iam.Action) time.Time {
	accessed := h.Account.ActionsAccessed[h.Role.ARN]
	if len(accessed) == 0 {
		return time.Time{}
	}
	return accessed[a.Fold()]
}
