package usage

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
)

// Refusal is a denial whose message names what AWS refused: it shows how AWS
// itself reads the event, and which policy decided.
//
// Source: IAM User Guide, "Troubleshoot access denied error messages".
type Refusal struct {
	EventSource string       `json:"eventSource"`
	EventName   string       `json:"eventName"`
	Action      iam.Action   `json:"action"`             // as the message names it
	Resource    string       `json:"resource,omitempty"` // ARN or "*"; "" if the message names none
	Policy      string       `json:"policy,omitempty"`   // identity-based, service control, …
	Explicit    bool         `json:"explicit,omitempty"` // an explicit deny
	Read        []iam.Action `json:"read"`               // what we read in the event, sorted
	Last        trail.Day    `json:"last"`               // the last day it happened
	EventID     string       `json:"eventID"`            // sample: the least of all
}

func (r *Refusal) key() string {
	parts := []string{r.EventSource, r.EventName, string(r.Action), r.Resource, r.Policy}
	if r.Explicit {
		parts = append(parts, "explicit")
	}
	for _, a := range r.Read {
		parts = append(parts, string(a))
	}
	return strings.Join(parts, "\x00")
}

func (r *Refusal) with(o *Refusal) {
	r.Last, r.EventID = max(r.Last, o.Last), min(r.EventID, o.EventID)
}

// refusal notes a denial whose message names its action.
func (g *gathering) refusal(got *interpret.Interpretation, o *trail.Observation) {
	if got.Outcome != trail.Denied || o.Denial.Action == "" {
		return
	}
	r := &Refusal{
		EventSource: o.EventSource, EventName: o.EventName, Action: iam.Action(o.Denial.Action), Resource: o.Denial.Resource,
		Policy: o.Denial.Policy, Explicit: o.Denial.Explicit, Read: []iam.Action{}, Last: o.Day, EventID: o.EventID,
	}
	for i := range got.Calls {
		r.Read = append(r.Read, got.Calls[i].Action)
	}
	slices.Sort(r.Read)
	r.Read = slices.Compact(r.Read)
	addRefusal(g.refusals, r)
}

func addRefusal(all map[string]*Refusal, r *Refusal) {
	key := r.key()
	if have := all[key]; have != nil {
		have.with(r)
		return
	}
	all[key] = r
}

func sortedRefusals(all map[string]*Refusal) []Refusal {
	var out []Refusal
	for _, r := range all {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Refusal) int { return strings.Compare(a.key(), b.key()) })
	return out
}

func mergeRefusals(a, b []Refusal) []Refusal {
	all := map[string]*Refusal{}
	for _, list := range [][]Refusal{a, b} {
		for i := range list {
			r := list[i]
			addRefusal(all, &r)
		}
	}
	return sortedRefusals(all)
}
