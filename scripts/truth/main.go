// Truth measures synthesis on a generated organisation whose future is known:
// it learns up to the day the snapshot was taken, replays what came after, and
// compares what was removed with what an oracle limited to the logs would
// remove.
//
//	go run ./scripts/sample -organisation truth -roles 200 -days 186 -known 95 -seed 7 -out /tmp/grown
//	go run -tags duckdb_arrow ./scripts/truth -in /tmp/grown -json /tmp/grown.json
//
// The same by what the program publishes, read as a stranger would:
//
//	pruner run --config /tmp/grown/config.yaml
//	pruner report --config /tmp/grown/config.yaml --role '*' --format json >/tmp/reports
//	go run -tags duckdb_arrow ./scripts/truth -in /tmp/grown -reports /tmp/reports
//
// And the results of several organisations as the page and the figure of docs/:
//
//	go run -tags duckdb_arrow ./scripts/truth -docs docs /tmp/grown*.json
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/ingest"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/synth"
	"github.com/pruner/pruner/trail"
	"github.com/pruner/pruner/usage"
)

func main() {
	in := flag.String("in", "", "folder that scripts/sample -organisation truth wrote")
	o := options{}
	flag.IntVar(&o.verbose, "v", 0, "roles with later denials to print")
	flag.BoolVar(&o.recorded, "recorded", false, "replay only what the logs show of the future")
	flag.StringVar(&o.json, "json", "", "file to leave the result in")
	flag.StringVar(&o.reports, "reports", "", "replay against the policies of these JSON reports and do nothing else")
	docs := flag.String("docs", "", "folder to write the page and the figure in, from the results named as arguments")
	flag.Parse()
	var err error
	if *docs != "" {
		err = writeDocs(*docs, flag.Args())
	} else {
		err = measure(context.Background(), *in, o, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type options struct {
	verbose       int
	recorded      bool
	json, reports string
}

// outcome is what one measurement found.
type outcome struct {
	Organisation string // what it was made from
	Recorded     bool   // only the recorded future was replayed
	Strategies   []synth.StrategyRow
	Yield        synth.Yield
	Oracle       oracleSum // over all roles
}

// oracleSum compares weights.
type oracleSum struct {
	Removed    int // by the safe proposals, no more than the oracle of the same role
	Quarantine int // of roles that a quarantine is proposed for
	Reported   int // of people's roles, which are not changed by default
	Perfect    int // what the oracle would remove
	Blind      int // what no log can show
}

func (s *oracleSum) add(o oracleSum) {
	s.Removed, s.Quarantine, s.Reported = s.Removed+o.Removed, s.Quarantine+o.Quarantine, s.Reported+o.Reported
	s.Perfect, s.Blind = s.Perfect+o.Perfect, s.Blind+o.Blind
}

// ours is what the oracle would remove of the roles that may be changed.
func (s *oracleSum) ours() int { return s.Perfect - s.Quarantine - s.Reported }

type truth struct {
	From, Known, To string
	Roles           []truthRole

	recorded bool // leave out what no log shows
}

type truthRole struct {
	ARN   iam.ARN
	ID    string
	Style string
	Held  string
	Needs []struct {
		Action        iam.Action
		Resource      iam.Pattern
		Logged        bool
		Before, Later struct{ Days int }
	}
}

// future is all that the role will need, recorded or not. Only the days'
// number counts in a back-test, so they are taken in a row.
func (t *truth) future(h *synth.Holder) []usage.Use { return t.futureOf(h.Role.ARN) }

func (t *truth) futureOf(role iam.ARN) []usage.Use {
	var out []usage.Use
	for i := range t.Roles {
		if t.Roles[i].ARN != role {
			continue
		}
		for _, n := range t.Roles[i].Needs {
			if n.Later.Days == 0 || t.recorded && !n.Logged {
				continue
			}
			use := usage.Use{Outcome: usage.Allowed, Call: iam.Call{
				Action: n.Action, Resources: []iam.Pattern{n.Resource}, Kind: iam.Primary, Resolution: iam.Partial,
			}}
			for d := range n.Later.Days {
				use.Days = append(use.Days, usage.Day(d))
			}
			out = append(out, use)
		}
	}
	return out
}

func measure(ctx context.Context, dir string, o options, w io.Writer) error {
	known := truth{recorded: o.recorded}
	data, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &known); err != nil {
		return fmt.Errorf("%s/truth.json: %w", dir, err)
	}
	if o.reports != "" {
		return replayReports(o.reports, &known, w)
	}
	in, split, err := inputs(ctx, dir, &known)
	if err != nil {
		return err
	}
	started := time.Now()
	result, err := synth.BacktestAgainst(in, split, known.future)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d roles, back-test in %.1f s\n\n", len(known.Roles), time.Since(started).Seconds())
	table(w, result)
	yield(w, result.Yield)
	printDenied(w, result, o.verbose)
	in.Window.To = split
	var sum oracleSum
	if !o.recorded { // the same whatever is replayed
		sum, err = oracle(w, in, &known, result, o.verbose > 0)
	}
	if err != nil || o.json == "" {
		return err
	}
	text, err := json.MarshalIndent(outcome{filepath.Base(dir), o.recorded, result.Strategies, result.Yield, sum}, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.json, append(text, '\n'), 0o666)
}

func inputs(ctx context.Context, dir string, known *truth) (in synth.Inputs, split time.Time, err error) {
	var days [3]time.Time
	for i, text := range []string{known.From, known.Known, known.To} {
		if days[i], err = time.Parse(time.DateOnly, text); err != nil {
			return in, split, err
		}
	}
	split = days[1].AddDate(0, 0, 1)
	in.Window = usage.Window{From: split.AddDate(0, 0, -90), To: days[2].AddDate(0, 0, 1)}
	in.Catalog = catalog.Default()
	in.Engine = eval.New(in.Catalog)
	if in.Org, err = account.Load(filepath.Join(dir, "snapshot")); err != nil {
		return in, split, err
	}
	temp, err := os.MkdirTemp("", "truth")
	if err != nil {
		return in, split, err
	}
	defer os.RemoveAll(temp)
	st, err := store.Open(ctx, filepath.Join(temp, "truth.duckdb"), store.Options{})
	if err != nil {
		return in, split, err
	}
	defer st.Close()
	err = read(ctx, st, filepath.Join(dir, "logs"), &in)
	return in, split, err
}

func read(ctx context.Context, st *store.Store, logs string, in *synth.Inputs) error {
	src, err := ingest.Open(logs)
	if err != nil {
		return err
	}
	if _, err := ingest.Run(ctx, st, []ingest.Source{src}, ingest.Options{RecordOptions: ingest.RecordOptions{Params: in.Catalog.Param, Below: in.Catalog.ParamBelow, Cut: in.Catalog.Cut}}); err != nil {
		return err
	}
	if in.Usage, err = usage.Collect(ctx, stored{st}, interpret.New(in.Catalog), in.Window); err != nil {
		return err
	}
	coverage := map[string][]trail.Interval{}
	for _, a := range in.Org.Accounts {
		if coverage[a.ID], err = st.Coverage(ctx, a.ID); err != nil {
			return err
		}
	}
	in.Coverage = func(id string) []trail.Interval { return coverage[id] }
	return nil
}

type stored struct{ *store.Store }

// Observations streams all of the store's, by principal. An error comes in place
// of an observation and ends the stream.
func (s stored) Observations(ctx context.Context) iter.Seq2[*trail.Observation, error] {
	return s.Store.Observations(ctx, store.Query{})
}

func table(w io.Writer, r *synth.BacktestResult) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "strategy\tchanged\twith denials\t%\tcalls\tdenied\t%\tnew action\tnew resource\tnew condition\tweight\tremoved\t%\theld\t%\t")
	for _, s := range r.Strategies {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.2f\t%d\t%d\t%.3f\t%d\t%d\t%d\t%d\t%d\t%.1f\t%d\t%.1f\t\n", s.Strategy, s.Changed, s.RolesDenied, share(s.RolesDenied, s.Changed),
			s.Calls, s.Denied.Total(), share(s.Denied.Total(), s.Calls), s.Denied.NewAction, s.Denied.NewResource, s.Denied.NewCondition,
			s.Granted, s.Removed, share(s.Removed, s.Granted), s.Held, share(s.Held, s.Granted))
	}
	t.Flush()
}

// yield says what keeps the weight that stays.
func yield(w io.Writer, y synth.Yield) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nkept because\tactions\troles\tweight\t% of granted\t")
	for _, r := range y.Rows {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%.2f\t\n", r.Blocker, r.Actions, r.Roles, r.Weight, share(r.Weight, y.Granted))
	}
	t.Flush()
}

func share(part, whole int) float64 { return 100 * float64(part) / float64(max(whole, 1)) }

func printDenied(w io.Writer, r *synth.BacktestResult, n int) {
	for _, role := range r.Roles {
		if n == 0 {
			return
		}
		if role.Strategy != synth.StrategySafe && role.Strategy != synth.StrategyLater || role.Denied.Total() == 0 {
			continue
		}
		n--
		for _, e := range role.Examples {
			fmt.Fprintln(w, role.Strategy, role.Role.Name(), e.Cause, e.Action, e.Resource, e.Days, e.EventID)
		}
	}
}

// oracle compares the weight removed with what somebody who knows the future,
// but removes only actions that the logs show, would remove.
func oracle(w io.Writer, in synth.Inputs, known *truth, result *synth.BacktestResult, verbose bool) (oracleSum, error) {
	in.Usage = until(in.Usage, in.Window.To)
	proposals, err := synth.Propose(in)
	if err != nil {
		return oracleSum{}, err
	}
	if verbose {
		if err := printUnclean(w, in, proposals); err != nil {
			return oracleSum{}, err
		}
	}
	of := oracleWeights(in, known, proposals)
	for _, r := range result.Roles {
		if o := of[r.Role]; r.Strategy == synth.StrategySafe && o != nil {
			o.Removed = min(r.Removed, o.Perfect)
		}
	}
	sums := map[string]oracleSum{}
	for _, r := range known.Roles {
		if of[r.ARN] == nil {
			continue
		}
		for _, kind := range []string{"granted: " + r.Style, "held: " + r.Held, "all"} {
			s := sums[kind]
			s.add(*of[r.ARN])
			sums[kind] = s
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nroles\tremoved (safe)\tan oracle would\t%\tof it in quarantine\treport only\t% of the rest\tblind\t")
	for _, kind := range sortedKeys(sums) {
		s := sums[kind]
		fmt.Fprintf(t, "%s\t%d\t%d\t%.1f\t%d\t%d\t%.1f\t%d\t\n", kind[:min(len(kind), 30)], s.Removed, s.Perfect,
			share(s.Removed, s.Perfect), s.Quarantine, s.Reported, share(s.Removed, s.ours()), s.Blind)
	}
	return sums["all"], t.Flush()
}

// until is what was known of everybody's use at an instant.
func until(all map[usage.Key]*usage.Usage, end time.Time) map[usage.Key]*usage.Usage {
	past := func(uses []usage.Use) (out []usage.Use) {
		for _, u := range uses {
			u.Days = slices.DeleteFunc(slices.Clone(u.Days), func(d usage.Day) bool { return !d.Start().Before(end) })
			if len(u.Days) > 0 {
				out = append(out, u)
			}
		}
		return out
	}
	out := map[usage.Key]*usage.Usage{}
	for key, u := range all {
		cut := *u
		cut.Uses, cut.Denied = past(u.Uses), past(u.Denied)
		if len(cut.Uses)+len(cut.Denied) > 0 {
			out[key] = &cut
		}
	}
	return out
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func oracleWeights(in synth.Inputs, known *truth, proposals []*synth.Proposal) map[iam.ARN]*oracleSum {
	needs := map[iam.ARN]map[iam.Action]bool{}
	for _, r := range known.Roles {
		needs[r.ARN] = map[iam.Action]bool{}
		for _, n := range r.Needs {
			if n.Before.Days+n.Later.Days > 0 {
				needs[r.ARN][n.Action.Fold()] = true
			}
		}
	}
	sights := map[string]int{}
	visible := func(h *synth.Holder, a iam.Action) int {
		key := h.Account.ID + string(a)
		days, ok := sights[key]
		if !ok {
			days, _, _ = usage.NewVisibility(in.Catalog, in.Org, h.Account, in.Window, in.Coverage(h.Account.ID)).Visible(a, "*")
			sights[key] = days
		}
		return days
	}
	out := map[iam.ARN]*oracleSum{}
	for _, p := range proposals {
		for _, h := range p.Holders {
			sum := &oracleSum{}
			out[h.Role.ARN] = sum
			var documents []*iam.Policy
			for _, c := range h.Policies {
				documents = append(documents, c.Document)
			}
			for a, weight := range synth.Weights(in.Catalog, documents) {
				switch {
				case visible(h, a) < 85:
					sum.Blind += weight
				case !needs[h.Role.ARN][a.Fold()]:
					sum.Perfect += weight
				}
			}
			if slices.ContainsFunc(p.Advice, func(a synth.Advice) bool { return a.Role == h.Role.ARN && a.Kind == synth.AdviceQuarantine }) {
				sum.Quarantine = sum.Perfect
			} else if h.People() {
				sum.Reported = sum.Perfect
			}
		}
	}
	return out
}

// printUnclean says what keeps proposals from being carried out.
func printUnclean(w io.Writer, in synth.Inputs, proposals []*synth.Proposal) error {
	for _, p := range proposals {
		if len(p.Blockers) > 0 {
			fmt.Fprintln(w, p.Holders[0].Role.Name, "blocked:", p.Blockers)
			continue
		}
		v, clean, err := synth.Check(in.Engine, p)
		if err != nil {
			return err
		}
		if clean == nil {
			fmt.Fprintf(w, "%s not clean: %+v\n", p.Holders[0].Role.Name, v)
		}
	}
	return nil
}
