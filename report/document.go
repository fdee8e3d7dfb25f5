// Package report turns a proposal and its verdict into what a person reads: a
// terminal table, JSON, HTML, CSV and Markdown. Names in it come from logs and
// accounts and may be hostile: every form escapes them for itself.
package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/synth"
	"github.com/pruner/pruner/usage"
)

// Schema names the JSON form of a [Document].
const Schema = "pruner.report/1"

// Document is the report on one role. Lists are never null.
type Document struct {
	Schema    string         `json:"schema"`
	Principal Principal      `json:"principal"`
	Window    Window         `json:"window"`
	Headline  string         `json:"headline"`
	Coverage  Coverage       `json:"coverage"`
	Granted   Privilege      `json:"granted"`
	Used      Used           `json:"used"`
	Proposed  Privilege      `json:"proposed"`
	Final     Privilege      `json:"final"` // proposed, once every step is done
	Findings  Findings       `json:"findings"`
	Advice    []synth.Advice `json:"advice"` // what a person should look at
	Policies  []Policy       `json:"policies"`
	Verdict   synth.Verdict  `json:"verdict"`
	Edits     []Edit         `json:"edits"`
	Backtest  *Backtest      `json:"backtest"`
}

// Findings are what becomes of what is granted. For people those of a wildcard
// are told together; JSON and CSV, which programs read, have one an action.
type Findings []synth.Finding

// MarshalJSON lists the findings one by one.
func (f Findings) MarshalJSON() ([]byte, error) {
	all := make([]synth.Finding, 0, len(f))
	for one := range f.each() {
		all = append(all, one)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // whoever encodes the document decides that
	err := enc.Encode(all)
	return out.Bytes(), err
}

func (f Findings) each() iter.Seq[synth.Finding] {
	return func(yield func(synth.Finding) bool) {
		for i := range f {
			for one := range f[i].Each() {
				if !yield(one) {
					return
				}
			}
		}
	}
}

// Principal is who the report is about.
type Principal struct {
	ARN     iam.ARN `json:"arn"`
	ID      string  `json:"id"`
	Account string  `json:"account"`
	Kind    string  `json:"kind"`
}

// Window is the stretch of time that was looked at.
type Window struct {
	From        string `json:"from"` // 2006-01-02, inclusive
	To          string `json:"to"`   // exclusive
	VisibleDays int    `json:"visibleDays"`
}

// Coverage says what the logs do not show.
type Coverage struct {
	Days        int      `json:"days"`
	VisibleDays int      `json:"visibleDays"`
	Cause       string   `json:"cause"`    // why days are missing, "" if none
	Unmapped    []string `json:"unmapped"` // events that were not understood
	Changes     []string `json:"changes"`  // what would make blind permissions visible
}

// Privilege is what documents grant.
type Privilege struct {
	Services int `json:"services"`
	Actions  int `json:"actions"`
	Weight   int `json:"weight"`
}

// Used is what was used in the window.
type Used struct {
	Services int `json:"services"`
	Actions  int `json:"actions"`
	Calls    int `json:"calls"` // distinct calls: an action on its resources
}

// Policy is one identity policy before and after.
type Policy struct {
	Name     string      `json:"name"`
	Kind     string      `json:"kind"`
	Old      *iam.Policy `json:"old"`
	New      *iam.Policy `json:"new"`
	Size     int         `json:"size"`
	Limit    int         `json:"limit"`
	Holders  []iam.ARN   `json:"holders"`
	Replaces iam.ARN     `json:"replaces,omitempty"` // of one that is added: what is detached once it is live
}

// Edit is where a change is made in the repo, or why it is not.
type Edit struct {
	Policy    string   `json:"policy"`
	Address   string   `json:"address"`
	File      string   `json:"file"`
	Line      int      `json:"line"`
	Reason    string   `json:"reason"`
	Literals  []string `json:"literals,omitempty"` // ARNs written out where the code names others by reference
	Drift     bool     `json:"-"`                  // a finding says it
	Unchanged bool     `json:"-"`                  // no edit is wanted: the finding is all there is
}

// Backtest is how the role's proposal would have done: made on the days before
// the split, with every later call of the window replayed against it. Calls
// are counted once a day.
type Backtest struct {
	Split   string        `json:"split"`   // the first day that was replayed
	Changed bool          `json:"changed"` // whether there was a proposal by then
	Calls   int           `json:"calls"`
	Denied  int           `json:"denied"`
	Causes  synth.Denials `json:"causes"`
}

// Subject is what a report is made of.
type Subject struct {
	Proposal    *synth.Proposal
	Holder      *synth.Holder
	Verdict     synth.Verdict
	Window      usage.Window
	VisibleDays int
	Cause       string
	Usage       *usage.Usage // nil if the role was never seen
	Changes     []string
	Privilege   func([]*iam.Policy) (services, actions, weight int)
	Edits       []Edit
	Backtest    *Backtest
}

// Build makes the report on one role.
func Build(s *Subject) *Document {
	role := s.Holder.Role
	kind := "role"
	switch {
	case strings.HasPrefix(role.Name, "AWSReservedSSO_"):
		kind = "permission_set"
	case strings.Contains(string(role.ARN), ":user/"):
		kind = "user"
	}
	d := &Document{
		Schema:    Schema,
		Principal: Principal{role.ARN, role.ID, s.Holder.Account.ID, kind},
		Window:    Window{s.Window.From.Format(time.DateOnly), s.Window.To.Format(time.DateOnly), s.VisibleDays},
		Coverage:  Coverage{s.Window.Days(), s.VisibleDays, s.Cause, []string{}, append([]string{}, s.Changes...)},
		Findings:  Findings{}, Advice: []synth.Advice{}, Policies: []Policy{}, Edits: []Edit{},
		Verdict: s.Verdict, Backtest: s.Backtest,
	}
	var before, after []*iam.Policy
	for _, c := range s.Holder.Policies {
		d.Policies = append(d.Policies, Policy{c.Name, string(c.Kind), c.Document, c.New, c.Size, c.Limit, append([]iam.ARN{}, c.Holders...), c.Replaces})
		before, after = append(before, c.Document), append(after, c.New)
	}
	d.Findings = append(d.Findings, s.Proposal.FindingsOf(s.Holder)...)
	for _, e := range s.Edits {
		if !e.Unchanged {
			d.Edits = append(d.Edits, e)
		}
		if e.Drift {
			d.Findings = append(d.Findings, synth.Finding{Finding: synth.Drift, Policy: e.Policy, Reason: e.Reason})
		}
	}
	for _, a := range s.Proposal.Advice {
		if a.Role == role.ARN {
			d.Advice = append(d.Advice, a)
		}
	}
	d.Granted = privilege(s.Privilege(before))
	d.Proposed = privilege(s.Privilege(after))
	d.Final = privilege(s.Privilege(s.Holder.Final()))
	d.used(s)
	d.Headline = headline(d, s.Proposal)
	return d
}

func privilege(services, actions, weight int) Privilege { return Privilege{services, actions, weight} }

func (d *Document) used(s *Subject) {
	if s.Usage == nil {
		return
	}
	actions, services := map[iam.Action]bool{}, map[string]bool{}
	for i := range s.Usage.Uses {
		u := &s.Usage.Uses[i]
		if !slices.ContainsFunc(u.Days, s.Window.Contains) {
			continue
		}
		d.Used.Calls++
		actions[u.Call.Action] = true
		services[u.Call.Action.Prefix()] = true
	}
	d.Used.Actions, d.Used.Services = len(actions), len(services)
	for _, m := range s.Usage.Unmapped {
		d.Coverage.Unmapped = append(d.Coverage.Unmapped, m.EventSource+" "+m.EventName)
	}
}

// headline is the report in one sentence.
func headline(d *Document, p *synth.Proposal) string {
	switch {
	case d.Used.Calls == 0 && len(p.Blockers) > 0:
		return p.Blockers[0]
	case len(p.Blockers) > 0:
		return "nothing is proposed: " + p.Blockers[0]
	case d.Changed() && d.Proposed.Weight >= d.Granted.Weight && !slices.ContainsFunc(d.Policies, func(p Policy) bool { return p.Replaces != "" }):
		return "some of its policies get smaller; what goes there another still grants"
	case d.Changed() && d.Proposed.Actions >= d.Granted.Actions && d.Proposed.Weight >= d.Granted.Weight:
		return "its policies change in two steps: what replaces them is added first, and nothing goes yet"
	case !d.Changed():
		if blocker := firstBlocker(d.Findings); blocker != "" {
			return "nothing is changed: " + blocker
		}
		return "nothing is safe to remove"
	}
	removed := d.Granted.Weight - d.Proposed.Weight
	return fmt.Sprintf("%s of its privilege can go: %d of %d granted actions stay, every one of %d observed calls stays allowed",
		share(removed, d.Granted.Weight), d.Proposed.Actions, d.Granted.Actions, d.Used.Calls)
}

// Changed reports whether some policy changes.
func (d *Document) Changed() bool {
	return slices.ContainsFunc(d.Policies, func(p Policy) bool { return p.Old != p.New && !same(p.Old, p.New) })
}

func same(a, b *iam.Policy) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, err1 := a.MarshalJSON()
	y, err2 := b.MarshalJSON()
	return err1 == nil && err2 == nil && string(x) == string(y)
}

func firstBlocker(findings []synth.Finding) string {
	for _, f := range findings {
		if f.Blocker != "" {
			return f.Blocker
		}
	}
	return ""
}

// share is a part in per cent, as every form prints it.
func share(part, whole int) string {
	p := percent(part, whole)
	if p == 0 && part > 0 {
		return "under 1 %"
	}
	return fmt.Sprintf("%d %%", p)
}

func percent(part, whole int) int {
	if whole == 0 {
		return 0
	}
	return 100 * part / whole
}
