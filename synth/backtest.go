package synth

import (
	"fmt"
	"slices"
	"time"

	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/usage"
)

// The strategies that a back-test compares, in the order of its tables.
const (
	StrategySafe    = "safe"      // ours, safe findings only
	StrategyLater   = "later"     // ours, later findings too
	StrategyActions = "actions-*" // the used actions, on every resource
	StrategyExact   = "exact"     // the used actions, on the very ARNs seen
	StrategyOld     = "old"       // no change
)

var strategies = []string{StrategySafe, StrategyLater, StrategyActions, StrategyExact, StrategyOld}

// BacktestResult is what would have happened had the policies been changed at
// the split: learnt before it, replayed after. Roles that are never changed,
// whatever they use (people's, and those on the protect list), are left out of
// the strategies, ours and the others; the yield has them.
type BacktestResult struct {
	From       time.Time      `json:"from"`
	Split      time.Time      `json:"split"`
	To         time.Time      `json:"to"`
	Strategies []StrategyRow  `json:"strategies"`
	Yield      Yield          `json:"yield"` // of the safe strategy, and what keeps the rest
	Roles      []RoleBacktest `json:"roles"` // by ARN, then strategy in the order of the table
}

// StrategyRow is one strategy's price and gain over all roles.
type StrategyRow struct {
	Strategy    string  `json:"strategy"`
	Changed     int     `json:"changed"`     // roles with a changed policy
	RolesDenied int     `json:"rolesDenied"` // of them, with at least one later denial
	Calls       int     `json:"calls"`       // later calls, each counted once a day, of all roles
	Denied      Denials `json:"denied"`
	Granted     int     `json:"granted"` // weight of what the old policies grant
	Removed     int     `json:"removed"` // of it, gone
	Held        int     `json:"held"`    // of that, in roles without a later denial: the rest would be rolled back
}

// Denials are later calls that the changed policies would have denied, by
// cause.
type Denials struct {
	NewAction    int `json:"newAction"`    // the action had not been seen
	NewResource  int `json:"newResource"`  // the action had been seen, on other resources
	NewCondition int `json:"newCondition"` // action and resource had been seen, in another context
}

// Total is the number of denied calls.
func (d Denials) Total() int { return d.NewAction + d.NewResource + d.NewCondition }

// RoleBacktest is one role under one strategy.
type RoleBacktest struct {
	Role     iam.ARN  `json:"role"`
	Strategy string   `json:"strategy"`
	Changed  bool     `json:"changed"`
	Calls    int      `json:"calls"`
	Denied   Denials  `json:"denied"`
	Granted  int      `json:"granted"`
	Removed  int      `json:"removed"`
	Examples []Denial `json:"examples,omitempty"` // at most five
}

// Denial is one later call that would have been denied.
type Denial struct {
	Action   iam.Action    `json:"action"`
	Resource []iam.Pattern `json:"resource"`
	Cause    string        `json:"cause"` // new-action, new-resource, new-condition
	Days     int           `json:"days"`
	EventID  string        `json:"eventID"`
}

// maxExamples bounds RoleBacktest.Examples: enough to see what goes wrong.
const maxExamples = 5

// Future lists what a holder does from the split on, each use on the days from
// then on only.
type Future func(h *Holder) []usage.Use

// Backtest learns on the days before split and replays those from split to the
// window's end. The demand for visible days shrinks with the shorter window.
func Backtest(in Inputs, split time.Time) (*BacktestResult, error) {
	return BacktestAgainst(in, split, nil)
}

// BacktestAgainst is Backtest with a future that is known from elsewhere: what
// the logs do not show can break too.
func BacktestAgainst(in Inputs, split time.Time, future Future) (*BacktestResult, error) {
	b, err := newBacktest(in, split, future)
	if err != nil {
		return nil, err
	}
	b.compared = true
	for _, later := range []bool{false, true} {
		if err := b.propose(later); err != nil {
			return nil, err
		}
	}
	return b.result(), nil
}

// Rehearse is Backtest of the safe strategy alone, by role: what a report says
// of how its proposal would have done. It costs one more synthesis.
func Rehearse(in Inputs, workers int, split time.Time) (map[iam.ARN]*RoleBacktest, error) {
	b, err := newBacktest(in, split, nil)
	if err != nil {
		return nil, err
	}
	b.workers, b.alone = workers, true
	if err := b.propose(false); err != nil {
		return nil, err
	}
	out := make(map[iam.ARN]*RoleBacktest, len(b.rows))
	for i := range b.rows {
		out[b.rows[i].Role] = &b.rows[i]
	}
	return out, nil
}

func newBacktest(in Inputs, split time.Time, future Future) (*backtest, error) {
	if !split.After(in.Window.From) || !split.Before(in.Window.To) {
		return nil, fmt.Errorf("back-test: the split %s is not inside the window %s to %s",
			split.Format(time.DateOnly), in.Window.From.Format(time.DateOnly), in.Window.To.Format(time.DateOnly))
	}
	b := &backtest{in: in, split: split, train: in, future: future}
	b.train.Window = usage.Window{From: in.Window.From, To: split}
	b.train.before, b.train.Survey = split, nil
	b.train.Options.MinVisibleDays = max(1, in.Options.minVisible()*b.train.Window.Days()/max(in.Window.Days(), 1))
	if in.Options.minVisible() <= b.train.Window.Days() {
		b.train.Options.MinVisibleDays = in.Options.minVisible()
	}
	return b, nil
}

type backtest struct {
	in, train Inputs
	compared  bool // beside simple strategies: roles that are never changed, whatever they use, are no match
	split     time.Time
	future    Future // nil: as the logs tell it
	rows      []RoleBacktest
	yield     Yield
	workers   int
	alone     bool // nobody asks for the yield
}

// replayed is what became of the holders of one proposal.
type replayed struct {
	rows  []RoleBacktest
	yield Yield
}

// propose runs our own synthesis, and with it, where strategies are compared,
// those that need only the holders.
func (b *backtest) propose(later bool) error {
	name, others := StrategySafe, []string(nil)
	if later {
		name = StrategyLater
	}
	if b.compared && !later {
		others = []string{StrategyActions, StrategyExact, StrategyOld}
	}
	in := b.train
	in.Options.Later = later
	take := func(got *Proved) (out replayed, err error) {
		for _, h := range got.Proposal.Holders {
			if !later && !b.alone {
				out.yield.Add(h.Yield(in.Catalog, got.Proposal))
			}
			if b.compared && (h.People() || len(h.blockers) > 0) {
				continue
			}
			if err := b.role(&out, h, name, h.final()); err != nil {
				return out, err
			}
			for _, other := range others {
				if err := b.role(&out, h, other, simple(other, h)); err != nil {
					return out, err
				}
			}
		}
		return out, nil
	}
	return ProveEach(in, b.workers, take, func(got replayed) error {
		b.yield.Add(got.yield)
		b.rows = append(b.rows, got.rows...)
		return nil
	})
}

// simple is the policy a simple strategy would have written for a holder.
func simple(strategy string, h *Holder) []eval.Named {
	if strategy == StrategyOld || len(h.Uses) == 0 {
		return named(h.Policies, func(c *PolicyChange) *iam.Policy { return c.Document })
	}
	p := &iam.Policy{Version: iam.Version2012}
	for i := range h.Uses {
		u := &h.Uses[i]
		if !u.InWindow {
			continue
		}
		resources := []iam.Pattern{"*"}
		if strategy == StrategyExact && u.Call.Resolution != iam.None {
			resources = u.Call.Resources
		}
		p.Statements = append(p.Statements, iam.Statement{Effect: iam.Allow, Action: []iam.Pattern{iam.Pattern(u.Call.Action)}, Resource: resources})
	}
	return []eval.Named{{Name: strategy, Policy: p}}
}

// role replays the later calls of one role against the documents.
func (b *backtest) role(out *replayed, h *Holder, strategy string, documents []eval.Named) error {
	old := named(h.Policies, func(c *PolicyChange) *iam.Policy { return c.Document })
	row := RoleBacktest{Role: h.Role.ARN, Strategy: strategy}
	_, _, row.Granted = Privilege(b.in.Catalog, policies(old))
	_, _, kept := Privilege(b.in.Catalog, policies(documents))
	row.Removed = row.Granted - kept
	row.Changed = strategy != StrategyOld && !sameDocuments(old, documents)
	later, err := b.later(h)
	if err != nil {
		return err
	}
	replayed, err := b.in.Engine.Replay(old, documents, callsOf(later))
	if err != nil {
		return fmt.Errorf("back-test %s: %w", h.Role.ARN, err)
	}
	for i, r := range replayed {
		row.Calls += len(later[i].Days)
		if r.State == eval.DeniedNow || r.State == eval.NotProved {
			row.deny(h, &later[i], len(later[i].Days))
		}
	}
	out.rows = append(out.rows, row)
	return nil
}

func policies(named []eval.Named) []*iam.Policy {
	out := make([]*iam.Policy, len(named))
	for i := range named {
		out[i] = named[i].Policy
	}
	return out
}

func sameDocuments(a, b []eval.Named) bool {
	return slices.EqualFunc(a, b, func(x, y eval.Named) bool { return samePolicy(x.Policy, y.Policy) })
}

func callsOf(uses []usage.Use) []iam.Call {
	out := make([]iam.Call, len(uses))
	for i := range uses {
		out[i] = uses[i].Call
	}
	return out
}

func (b *backtest) later(h *Holder) ([]usage.Use, error) {
	if b.future != nil {
		return b.future(h), nil
	}
	return b.observed(h)
}

// observed is the future as the logs tell it: the allowed uses from the split
// to the window's end.
func (b *backtest) observed(h *Holder) ([]usage.Use, error) {
	u, err := b.in.used(usage.Key{ARN: h.Role.ARN, ID: h.Role.ID})
	if u == nil {
		return nil, err
	}
	var out []usage.Use
	for _, use := range u.Uses {
		use.Days = slices.DeleteFunc(slices.Clone(use.Days), func(d usage.Day) bool {
			return d.Start().Before(b.split) || !b.in.Window.Contains(d)
		})
		if len(use.Days) > 0 && use.Outcome == usage.Allowed {
			out = append(out, use)
		}
	}
	return out, nil
}

func (r *RoleBacktest) deny(h *Holder, u *usage.Use, days int) {
	cause := cause(h, &u.Call)
	switch cause {
	case "new-action":
		r.Denied.NewAction += days
	case "new-resource":
		r.Denied.NewResource += days
	default:
		r.Denied.NewCondition += days
	}
	if len(r.Examples) < maxExamples {
		r.Examples = append(r.Examples, Denial{clone(u.Call.Action), cloned(u.Call.Resources), cause, days, clone(u.EventID)})
	}
}

// cause compares a later call with what had been seen of the holder.
func cause(h *Holder, call *iam.Call) string {
	found := "new-action"
	for i := range h.Uses {
		seen := &h.Uses[i].Call
		if !seen.Action.Equal(call.Action) {
			continue
		}
		if slices.Equal(seen.Resources, call.Resources) {
			return "new-condition"
		}
		found = "new-resource"
	}
	return found
}

// result sums the roles up.
func (b *backtest) result() *BacktestResult {
	r := &BacktestResult{From: b.in.Window.From, Split: b.split, To: b.in.Window.To, Roles: b.rows, Yield: b.yield}
	slices.SortStableFunc(r.Roles, func(x, y RoleBacktest) int {
		if x.Role != y.Role {
			return compare(x.Role, y.Role)
		}
		return slices.Index(strategies, x.Strategy) - slices.Index(strategies, y.Strategy)
	})
	for _, s := range strategies {
		r.Strategies = append(r.Strategies, sumStrategy(s, r.Roles))
	}
	return r
}

func sumStrategy(strategy string, roles []RoleBacktest) StrategyRow {
	sum := StrategyRow{Strategy: strategy}
	for i := range roles {
		r := &roles[i]
		if r.Strategy != strategy {
			continue
		}
		sum.Calls += r.Calls
		sum.Granted += r.Granted
		sum.Removed += r.Removed
		sum.Denied.NewAction += r.Denied.NewAction
		sum.Denied.NewResource += r.Denied.NewResource
		sum.Denied.NewCondition += r.Denied.NewCondition
		if r.Changed {
			sum.Changed++
			if r.Denied.Total() > 0 {
				sum.RolesDenied++
			} else {
				sum.Held += r.Removed
			}
		}
	}
	return sum
}

func compare[T ~string](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// usageBefore is the usage as it was known at an instant, a midnight UTC; nil if
// nothing was. The last time of a use that goes on is the end of its last day
// before.
func usageBefore(u *usage.Usage, end time.Time) *usage.Usage {
	cut := &usage.Usage{Principal: u.Principal, Unmapped: u.Unmapped, Uses: usesBefore(u.Uses, end), Denied: usesBefore(u.Denied, end)}
	if len(cut.Uses)+len(cut.Denied) == 0 {
		return nil
	}
	return cut
}

func usesBefore(uses []usage.Use, end time.Time) []usage.Use {
	out := make([]usage.Use, 0, len(uses))
	for _, u := range uses {
		n := 0
		for n < len(u.Days) && u.Days[n].Start().Before(end) {
			n++
		}
		if n == 0 {
			continue
		}
		u.Days = u.Days[:n]
		if last := u.Days[n-1].Start().Add(24*time.Hour - time.Second); u.Last.After(last) {
			u.Last = last
		}
		out = append(out, u)
	}
	return out
}
