package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/diff"
	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/ingest"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/report"
	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/synth"
	"github.com/pruner/pruner/trail"
	"github.com/pruner/pruner/usage"
)

// pipeline is the map of the program. Data goes down this list:
//
//	ingest    log objects → observations in the store
//	use       observations → calls → what each principal used
//	propose   granted + used → proposals, each with its verdict
//	locate    proposals with a clean verdict → patches
//	document  proposal + verdict → report
//
// `pruner run` walks it whole, the other commands a part of it.
type pipeline struct {
	settings  *settings
	stdin     io.Reader
	catalog   *catalog.Catalog
	engine    *eval.Engine
	store     *store.Store
	org       *account.Organization
	window    usage.Window
	ledger    *usage.Ledger
	survey    *synth.Survey
	coverage  map[string][]trail.Interval
	only      func(iam.ARN) bool // the roles to propose for, with all who share a policy with one; nil is all
	results   []result
	others    []*synth.Proposal // that the settings leave out; blocks of the repo may serve them too
	split     time.Time         // of the rehearsal
	rehearsed map[iam.ARN]*synth.RoleBacktest
}

// result is one proposal with what was proved of it and where it is made.
type result struct {
	proposal *synth.Proposal
	verdict  synth.Verdict
	clean    *synth.Clean // nil: nothing may be emitted
	patch    diff.Patch
	edits    []diff.Edit
}

// programSize is about what the code and DuckDB's own tables take.
const programSize = 128 << 20

// ledgerShare is the part of the memory that use may take before it goes to a
// file: use that fits there is worth no disk.
const ledgerShare = 16

// garbage is how much of it may lie about, in percent of what is in use, below
// the memory limit: collecting it at 100 took a twentieth of ingest.
const garbage = 300

// openPipeline opens the store. Call close when done.
func openPipeline(ctx context.Context, s *settings) (*pipeline, error) {
	if err := os.MkdirAll(filepath.Dir(s.Store), 0o755); err != nil {
		return nil, fmt.Errorf("make the store's folder: %w", err)
	}
	// What DuckDB is told to keep to is about half of what it takes.
	st, err := store.Open(ctx, s.Store, store.Options{Memory: s.Memory / 4, Threads: s.Jobs})
	if err != nil {
		return nil, err
	}
	debug.SetMemoryLimit(s.Memory/2 - programSize)
	debug.SetGCPercent(garbage)
	c := catalog.Default()
	return &pipeline{
		settings: s, catalog: c, engine: eval.New(c), store: st, coverage: map[string][]trail.Interval{},
		ledger: usage.NewLedger(filepath.Dir(s.Store), int(s.Memory/ledgerShare)),
	}, nil
}

func (p *pipeline) close() error { return errors.Join(p.store.Close(), p.ledger.Close()) }

// ingest brings what is new in the sources into the store.
func (p *pipeline) ingest(ctx context.Context, uris []string, line *progressLine) (ingest.Result, error) {
	sources, err := p.settings.sources(uris, p.stdin)
	if err != nil {
		return ingest.Result{}, err
	}
	keys, err := p.settings.keys()
	if err != nil {
		return ingest.Result{}, err
	}
	result, err := ingest.Run(ctx, p.store, sources, ingest.Options{
		RecordOptions: ingest.RecordOptions{Params: p.catalog.Param, Below: p.catalog.ParamBelow, Cut: p.catalog.Cut},
		Jobs:          p.settings.Jobs, Memory: p.settings.Memory/2 - programSize,
		Digest: p.settings.Integrity != "off", Progress: line.show, Every: line.every,
	})
	if err != nil {
		return result, err
	}
	if p.settings.Integrity != "off" {
		found, err := ingest.CheckDigests(ctx, p.store, sources, keys)
		if result.Integrity = &found; err != nil {
			return result, err
		}
	}
	return result, p.store.Fold(ctx, ingest.Settled(time.Now()))
}

// use folds what was observed into what each principal used.
func (p *pipeline) use(ctx context.Context) error {
	dir, err := p.settings.needFolder("account", p.settings.Account)
	if err != nil {
		return err
	}
	if p.org, err = account.Load(dir); err != nil {
		return err
	}
	_, latest, err := p.store.Span(ctx)
	if err != nil {
		return err
	}
	if latest.IsZero() {
		return usageError("the store %s is empty: set logs in config.yaml and run `pruner ingest` first", p.settings.Store)
	}
	p.window = usage.WindowOf(p.settings.AsOf.end(latest), p.settings.Window)
	history, err := p.store.AccountsBelow(ctx, ingest.HistoryPrefix)
	if err != nil {
		return err
	}
	for _, a := range p.org.Accounts {
		if slices.Contains(history, a.ID) {
			continue // no hour is covered: data events are missing, whatever the trails record
		}
		covered, err := p.store.Coverage(ctx, a.ID)
		if err != nil {
			return err
		}
		if p.settings.Integrity == "require" {
			covered = trail.Strict(covered)
		}
		p.coverage[a.ID] = covered
	}
	p.reachBack()
	p.survey = synth.NewSurvey(p.window)
	return usage.Gather(ctx, observations{p.store}, interpret.New(p.catalog), p.window, p.org, p.ledger, p.workers(), p.survey.Note)
}

func (p *pipeline) workers() int {
	if p.settings.Jobs > 0 {
		return p.settings.Jobs
	}
	return runtime.GOMAXPROCS(0)
}

// usedBy is what a role used, never nil.
func (p *pipeline) usedBy(h *synth.Holder) (*usage.Usage, error) {
	u, err := p.ledger.Get(usage.Key{ARN: h.Role.ARN, ID: h.Role.ID})
	if u == nil && err == nil {
		u = &usage.Usage{Uses: []usage.Use{}, Denied: []usage.Use{}, Unmapped: []usage.Unmapped{}}
	}
	return u, err
}

// reachBack lets the window begin earlier, up to twice as long, where an
// account's days with holes leave too few to judge by. One window for all
// keeps a shared policy's holders comparable; a longer one only shows more use.
func (p *pipeline) reachBack() {
	wanted, from := min(p.settings.MinVisibleDays, p.window.Days()), p.window.From
	for _, covered := range p.coverage {
		if r := p.window.Reach(wanted, 2*p.window.Days(), covered); r.From.Before(from) {
			from = r.From
		}
	}
	p.window.From = from
}

// observations hands usage the store.
type observations struct{ store *store.Store }

// Observations streams all of the store's, by principal. An error comes in place
// of an observation and ends the stream.
func (o observations) Observations(ctx context.Context) iter.Seq2[*trail.Observation, error] {
	return o.store.Observations(ctx, store.Query{})
}

// inputs is what synthesis rests on.
func (p *pipeline) inputs() synth.Inputs {
	options := synth.Options{MinVisibleDays: min(p.settings.MinVisibleDays, p.window.Days()), Later: p.settings.Later}
	for _, action := range p.settings.Protect {
		options.Protect = append(options.Protect, iam.Pattern(action))
	}
	return synth.Inputs{
		Catalog: p.catalog, Engine: p.engine, Org: p.org, Ledger: p.ledger, Survey: p.survey, Window: p.window, Options: options,
		Coverage: func(id string) []trail.Interval { return p.coverage[id] },
	}
}

// propose makes the proposals and proves them. What was used is read again where
// a report needs it: to hold it for every role would be most of the memory.
func (p *pipeline) propose() error {
	take := func(got *synth.Proved) (*synth.Proved, error) {
		got.Proposal.Forget(p.catalog)
		return got, nil
	}
	in := p.inputs()
	in.Only = p.only
	return synth.ProveEach(in, p.workers(), take, func(got *synth.Proved) error {
		if p.chosen(got.Proposal) {
			p.results = append(p.results, result{proposal: got.Proposal, verdict: got.Verdict, clean: got.Clean})
		} else {
			p.others = append(p.others, got.Proposal)
		}
		return nil
	})
}

// rehearse makes the proposals as they would have been two thirds into the
// window and replays the days after, for the roles that only names or for all.
func (p *pipeline) rehearse(only func(iam.ARN) bool) error {
	in := p.inputs()
	in.Only, in.Options.Later = only, false
	p.split = p.window.From.AddDate(0, 0, p.window.Days()*2/3)
	if !p.split.After(p.window.From) {
		return nil // a window of a day or two has nothing to hold out
	}
	var err error
	p.rehearsed, err = synth.Rehearse(in, p.workers(), p.split)
	return err
}

// backtestOf is how the holder's proposal did in the rehearsal, nil without one.
func (p *pipeline) backtestOf(h *synth.Holder) *report.Backtest {
	r := p.rehearsed[h.Role.ARN]
	if r == nil {
		return nil
	}
	return &report.Backtest{Split: p.split.Format(time.DateOnly), Changed: r.Changed, Calls: r.Calls, Denied: r.Denied.Total(), Causes: r.Denied}
}

// chosen applies roles.include and roles.exclude. A proposal closes over all
// who share a policy: one holder that is left out leaves it out.
func (p *pipeline) chosen(proposal *synth.Proposal) bool {
	for _, h := range proposal.Holders {
		if !matchRole(p.settings.Include, h.Role) || matchRole(p.settings.Exclude, h.Role) {
			return false
		}
	}
	return true
}

// matchRole: a glob over the role's name, or over its ARN.
func matchRole(globs []string, r *account.Role) bool {
	return slices.ContainsFunc(globs, func(g string) bool {
		if strings.HasPrefix(g, "arn:") {
			return iam.Pattern(g).Match(string(r.ARN))
		}
		return iam.Pattern(g).Match(r.Name)
	})
}

// locate turns the clean proposals into edits of the repo.
func (p *pipeline) locate() error {
	if p.settings.Repo == "" {
		return nil
	}
	dir, err := p.settings.needFolder("repo", p.settings.Repo)
	if err != nil {
		return err
	}
	all := slices.Clone(p.others)
	for _, r := range p.results {
		all = append(all, r.proposal)
	}
	states, err := p.states()
	if err != nil {
		return err
	}
	repo, err := diff.Match(dir, all, states...)
	if err != nil {
		return err
	}
	for _, r := range p.results {
		if r.clean != nil {
			repo.Accept(r.clean)
		}
	}
	for i := range p.results {
		if r := &p.results[i]; r.clean != nil {
			r.patch, r.edits = repo.ForProposal(r.clean)
		} else {
			r.edits = repo.Drifts(r.proposal)
		}
	}
	return nil
}

// states reads the states that the settings name.
func (p *pipeline) states() ([]*diff.State, error) {
	var out []*diff.State
	for _, s := range p.settings.States {
		state, err := diff.ReadState(s.Where, s.File)
		if err != nil {
			return nil, usageError("states: %w", err)
		}
		out = append(out, state)
	}
	return out, nil
}

// document makes the report on one holder of a result.
func (p *pipeline) document(r *result, h *synth.Holder, u *usage.Usage) *report.Document {
	v := usage.NewVisibility(p.catalog, p.org, h.Account, p.window, p.coverage[h.Account.ID])
	days, cause := v.Days()
	s := &report.Subject{
		Proposal: r.proposal, Holder: h, Verdict: r.verdict, Window: p.window, VisibleDays: days, Cause: cause,
		Usage:     u,
		Changes:   p.changes(v, h, u),
		Backtest:  p.backtestOf(h),
		Privilege: func(d []*iam.Policy) (int, int, int) { return synth.Privilege(p.catalog, d) },
	}
	for _, e := range r.edits {
		if slices.ContainsFunc(h.Policies, func(c *synth.PolicyChange) bool { return c.Name == e.Policy }) {
			s.Edits = append(s.Edits, report.Edit{
				Policy: e.Policy, Address: e.Address, File: e.File, Line: e.Line, Reason: e.Reason, Literals: e.Literals, Drift: e.Drift, Unchanged: e.Unchanged,
			})
		}
	}
	return report.Build(s)
}

// maxChanges bounds how many changes to the trails a report advises.
const maxChanges = 5

// changes lists what would make blind permissions of the role visible: the
// data events that its statements grant, of services it uses, and that no
// trail records.
func (p *pipeline) changes(v *usage.Visibility, h *synth.Holder, u *usage.Usage) []string {
	used := map[string]bool{}
	for i := range u.Uses {
		used[u.Uses[i].Call.Action.Prefix()] = true
	}
	found := map[string]bool{}
	for _, c := range h.Policies {
		if c.Document == nil {
			continue
		}
		for i := range c.Document.Statements {
			s := &c.Document.Statements[i]
			for _, name := range synth.Granted(p.catalog, s) {
				if a, ok := p.catalog.Action(name); !ok || a.Logged != catalog.DataEvent || !used[name.Prefix()] {
					continue
				}
				for _, r := range s.Resource {
					if days, _, change := v.Visible(name, r); days == 0 && change != "" {
						found[change] = true
					}
				}
			}
		}
	}
	list := slices.Sorted(maps.Keys(found))
	return list[:min(len(list), maxChanges)]
}

// holders walks every role of every result, sorted by ARN.
func (p *pipeline) holders() iter.Seq2[*result, *synth.Holder] {
	type pair struct {
		r *result
		h *synth.Holder
	}
	var all []pair
	for i := range p.results {
		for _, h := range p.results[i].proposal.Holders {
			all = append(all, pair{&p.results[i], h})
		}
	}
	slices.SortFunc(all, func(a, b pair) int { return strings.Compare(string(a.h.Role.ARN), string(b.h.Role.ARN)) })
	return func(yield func(*result, *synth.Holder) bool) {
		for _, x := range all {
			if !yield(x.r, x.h) {
				return
			}
		}
	}
}

// judge walks the pipeline from the store to the patches: what every command
// but ingest needs. Where a role is named, by name, ARN or glob, and no edits
// are asked for, it alone is judged, with all who share a policy with it: a
// block of the repo may serve others' policies too.
func (a *app) judge(ctx context.Context, role string, edits bool) (*pipeline, error) {
	s, err := a.load()
	if err != nil {
		return nil, err
	}
	if _, err := s.needFolder("account", s.Account); err != nil {
		return nil, err
	}
	p, err := openPipeline(ctx, s)
	if err != nil {
		return nil, err
	}
	if role != "" && (!edits || s.Repo == "") {
		p.only = func(arn iam.ARN) bool {
			return matchRole([]string{role}, &account.Role{ARN: arn, Name: arn.Name()})
		}
	}
	for _, stage := range []func() error{
		func() error { return p.use(ctx) }, p.propose, p.locate,
	} {
		if err := stage(); err != nil {
			return nil, errorsJoin(err, p.close())
		}
	}
	return p, p.store.Close() // reports still read the ledger
}

// errorsJoin keeps the first error's exit code.
func errorsJoin(err, closing error) error {
	if closing != nil {
		return fmt.Errorf("%w (and closing the store: %w)", err, closing)
	}
	return err
}

// summaryWindow is the window with the days visible in every account.
func (p *pipeline) summaryWindow() report.Window {
	visible := p.window.Days()
	for _, a := range p.org.Accounts {
		days, _ := usage.NewVisibility(p.catalog, p.org, a, p.window, p.coverage[a.ID]).Days()
		visible = min(visible, days)
	}
	return report.Window{From: p.window.From.Format(time.DateOnly), To: p.window.To.Format(time.DateOnly), VisibleDays: visible}
}
