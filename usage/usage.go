// Package usage is what each principal used over the window: its calls with
// their evidence, what was denied, and what CloudTrail cannot show of it.
package usage

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
)

// Window is the stretch of days that use is looked at: From inclusive, To
// exclusive, both midnights UTC.
type Window struct{ From, To time.Time }

// WindowOf is the window of so many days that ends at end.
func WindowOf(end time.Time, days int) Window { return Window{end.AddDate(0, 0, -days), end} }

// Days is the window's length.
func (w Window) Days() int { return int(w.To.Sub(w.From) / (24 * time.Hour)) }

// Contains reports whether the day lies in the window.
func (w Window) Contains(d trail.Day) bool {
	return !d.Start().Before(w.From) && d.Start().Before(w.To)
}

// Key names a principal: by ARN and unique ID, so that a role re-created under
// the same name inherits nothing.
type Key struct {
	ARN iam.ARN
	ID  string
}

// Use is one call with its evidence.
type Use struct {
	Call    iam.Call      `json:"call"`
	Outcome trail.Outcome `json:"outcome"`
	Days    []trail.Day   `json:"days"` // sorted
	Hours   trail.Hours   `json:"hours"`
	First   time.Time     `json:"first"`
	Last    time.Time     `json:"last"`
	EventID string        `json:"eventID"`         // sample: of the first
	Apart   bool          `json:"apart,omitempty"` // never from a session and endpoint that the principal's other work comes from
}

// Usage is everything observed of one principal up to the window's end.
type Usage struct {
	Principal interpret.Principal `json:"principal"`
	Uses      []Use               `json:"uses"`     // allowed and undecided, sorted by action and resources
	Denied    []Use               `json:"denied"`   // never evidence of use
	Unmapped  []Unmapped          `json:"unmapped"` // events no action is known for
	Refusals  []Refusal           `json:"refusals,omitempty"`
}

// Unmapped is an event name that no action is known for: its service is not
// visible for the principal.
type Unmapped struct {
	EventSource string `json:"eventSource"`
	EventName   string `json:"eventName"`
	Service     string `json:"service"` // IAM prefix, "" if not known
	EventID     string `json:"eventID"`
}

// Source is where observations are read from, in an order that does not
// change.
type Source interface {
	Observations(ctx context.Context) iter.Seq2[*trail.Observation, error]
}

// Collect folds observations into usage by principal, up to the window's end.
func Collect(ctx context.Context, src Source, in *interpret.Interpreter, w Window) (map[Key]*Usage, error) {
	c := newCollector(in, w)
	for o, err := range src.Observations(ctx) {
		if err != nil {
			return nil, err
		}
		c.add(o)
	}
	out := make(map[Key]*Usage, len(c.byKey))
	for k, g := range c.byKey {
		out[k] = g.usage()
	}
	return out, nil
}

type collector struct {
	interpreter *interpret.Interpreter
	window      Window
	byKey       map[Key]*gathering

	fact trail.Fact // of the observation before: days of one fact come in a row
	got  interpret.Interpretation

	uses  []*Use     // of got's calls
	of    *gathering // that they are in
	folds int        // its folds, which move uses, when they were looked up
}

func newCollector(in *interpret.Interpreter, w Window) *collector {
	return &collector{interpreter: in, window: w, byKey: map[Key]*gathering{}}
}

// interpret reads a fact once for all its days.
func (c *collector) interpret(o *trail.Observation) *interpret.Interpretation {
	if !sameFact(&o.Fact, &c.fact) {
		c.fact, c.got, c.of = o.Fact, c.interpreter.Interpret(o), nil
	}
	return &c.got
}

func sameFact(a, b *trail.Fact) bool {
	return a.EventName == b.EventName && a.EventSource == b.EventSource && a.Identity == b.Identity &&
		a.Account == b.Account && a.Region == b.Region && a.EventType == b.EventType && a.Category == b.Category &&
		a.ErrorCode == b.ErrorCode && a.Denial == b.Denial && a.VPCEndpoint == b.VPCEndpoint && a.SourceIP == b.SourceIP &&
		a.ReadOnly == b.ReadOnly && a.Omitted == b.Omitted && slices.Equal(a.Resources, b.Resources) && slices.Equal(a.Params, b.Params)
}

type gathering struct {
	principal interpret.Principal
	uses      map[string]*Use
	families  map[string]*family
	folds     int // of families
	limits    limits
	unmapped  map[string]Unmapped
	refusals  map[string]*Refusal
	origins   origins
}

func newGathering(p interpret.Principal) *gathering {
	return &gathering{
		principal: p, uses: map[string]*Use{}, families: map[string]*family{}, limits: keptApart,
		unmapped: map[string]Unmapped{}, refusals: map[string]*Refusal{}, origins: newOrigins(),
	}
}

func (c *collector) add(o *trail.Observation) {
	if !o.Day.Start().Before(c.window.To) {
		return
	}
	got := c.interpret(o)
	switch got.Principal.Kind {
	case "role", "permission_set", "user":
	case "root", "federated", "service_linked": // never pruned, but what they changed counts: see Settle
	default:
		return
	}
	key := Key{got.Principal.ARN, got.Principal.ID}
	g := c.byKey[key]
	if g == nil {
		g = newGathering(got.Principal)
		c.byKey[key] = g
	}
	switch got.Class {
	case interpret.Unmapped:
		name := o.EventSource + " " + o.EventName
		if have, ok := g.unmapped[name]; !ok || o.EventID < have.EventID { // the same whatever the order
			g.unmapped[name] = Unmapped{o.EventSource, o.EventName, got.Service, o.EventID}
		}
	case interpret.API:
		g.refusal(got, o)
		c.see(g, o)
	}
}

// see adds the observation to the uses of its calls.
func (c *collector) see(g *gathering, o *trail.Observation) {
	at := g.origins.from(o)
	if c.of == g && c.folds == g.folds {
		for _, u := range c.uses {
			u.see(o.First, o.Last, o.EventID, o.Hours, o.Day)
			g.origins.note(u, at)
		}
		return
	}
	c.of, c.folds, c.uses = g, g.folds, c.uses[:0]
	for i := range c.got.Calls {
		u := g.use(&c.got.Calls[i], c.got.Outcome, o)
		g.origins.note(u, at)
		c.uses = append(c.uses, u)
	}
}

func (g *gathering) use(call *iam.Call, outcome trail.Outcome, o *trail.Observation) *Use {
	key := callKey(call, outcome)
	if u := g.uses[key]; u != nil {
		u.see(o.First, o.Last, o.EventID, o.Hours, o.Day)
		return u
	}
	return g.joined(key, &Use{Call: *call, Outcome: outcome, Days: []trail.Day{o.Day}, Hours: o.Hours, First: o.First, Last: o.Last, EventID: o.EventID})
}

func callKey(call *iam.Call, outcome trail.Outcome) string {
	var b strings.Builder
	b.WriteString(string(call.Action))
	for _, r := range call.Resources {
		b.WriteByte(0)
		b.WriteString(string(r))
	}
	b.WriteString("\x01" + string(call.Kind) + string(call.Resolution) + string(outcome))
	for _, a := range call.Context {
		b.WriteString("\x02" + a.Key + "\x03" + strings.Join(a.Values, "\x04"))
	}
	return b.String()
}

func (g *gathering) usage() *Usage {
	g.origins.mark()
	u := &Usage{Principal: g.principal, Uses: []Use{}, Denied: []Use{}, Unmapped: []Unmapped{}}
	keys := make([]string, 0, len(g.uses))
	for k := range g.uses {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		if use := g.uses[k]; use.Outcome == trail.Denied {
			u.Denied = append(u.Denied, *use)
		} else {
			u.Uses = append(u.Uses, *use)
		}
	}
	u.Refusals = sortedRefusals(g.refusals)
	names := make([]string, 0, len(g.unmapped))
	for k := range g.unmapped {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		u.Unmapped = append(u.Unmapped, g.unmapped[k])
	}
	return u
}
