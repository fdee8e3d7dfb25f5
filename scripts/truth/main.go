// Truth measures synthesis on a generated organisation whose future is known:
// it learns up to the day the snapshot was taken, replays what came after, and
// compares what was removed with what an oracle limited to the logs would
// remove.
//
//	go run ./scripts/sample -organisation truth -roles 200 -days 186 -known 95 -seed 7 -out /tmp/grown
//	go run -tags duckdb_arrow ./scripts/truth -in /tmp/grown
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
	verbose := flag.Int("v", 0, "roles with later denials to print")
	flag.Parse()
	if err := measure(context.Background(), *in, *verbose, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type truth struct {
	From, Known, To string
	Roles           []truthRole
}

type truthRole struct {
	ARN   iam.ARN
	ID    string
	Style string
	Needs []struct {
		Action        iam.Action
		Resource      iam.Pattern
		Logged        bool
		Before, Later struct{ Days int }
	}
}

// future is all that the role will need, recorded or not. Only the days'
// number counts in a back-test, so they are taken in a row.
func (t *truth) future(h *synth.Holder) []usage.Use {
	var out []usage.Use
	for i := range t.Roles {
		if t.Roles[i].ARN != h.Role.ARN {
			continue
		}
		for _, n := range t.Roles[i].Needs {
			if n.Later.Days == 0 {
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

func measure(ctx context.Context, dir string, verbose int, w io.Writer) error {
	var known truth
	data, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &known); err != nil {
		return fmt.Errorf("%s/truth.json: %w", dir, err)
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
	printDenied(w, result, verbose)
	in.Window.To = split
	return oracle(w, in, &known, result, verbose > 0)
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
// but removes only what the logs can show, would remove.
func oracle(w io.Writer, in synth.Inputs, known *truth, result *synth.BacktestResult, verbose bool) error {
	proposals, err := synth.Propose(in)
	if err != nil {
		return err
	}
	if verbose {
		if err := printUnclean(w, in, proposals); err != nil {
			return err
		}
	}
	removed := map[iam.ARN]int{}
	for _, r := range result.Roles {
		if r.Strategy == synth.StrategySafe {
			removed[r.Role] = r.Removed
		}
	}
	perfect, blind := oracleWeights(in, known, proposals)
	sum := map[string][3]int{}
	for _, r := range known.Roles {
		for _, style := range []string{r.Style, "all"} {
			s := sum[style]
			sum[style] = [3]int{s[0] + min(removed[r.ARN], perfect[r.ARN]), s[1] + perfect[r.ARN], s[2] + blind[r.ARN]}
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nstyle\tremoved (safe)\tan oracle would\t%\tblind\t")
	for _, style := range sortedKeys(sum) {
		s := sum[style]
		fmt.Fprintf(t, "%s\t%d\t%d\t%.1f\t%d\t\n", style[:min(len(style), 20)], s[0], s[1], share(s[0], s[1]), s[2])
	}
	return t.Flush()
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func oracleWeights(in synth.Inputs, known *truth, proposals []*synth.Proposal) (perfect, blind map[iam.ARN]int) {
	perfect, blind = map[iam.ARN]int{}, map[iam.ARN]int{}
	needs := map[iam.ARN]map[iam.Action]bool{}
	for _, r := range known.Roles {
		needs[r.ARN] = map[iam.Action]bool{}
		for _, n := range r.Needs {
			if n.Before.Days+n.Later.Days > 0 {
				needs[r.ARN][n.Action.Fold()] = true
			}
		}
	}
	for _, p := range proposals {
		for _, h := range p.Holders {
			v := usage.NewVisibility(in.Catalog, in.Org, h.Account, in.Window, in.Coverage(h.Account.ID))
			for a := range granted(in.Catalog, h) {
				switch days, _, _ := v.Visible(a, "*"); {
				case days < 85:
					blind[h.Role.ARN] += synth.Weight(in.Catalog, a)
				case !needs[h.Role.ARN][a.Fold()]:
					perfect[h.Role.ARN] += synth.Weight(in.Catalog, a)
				}
			}
		}
	}
	return perfect, blind
}

func granted(c *catalog.Catalog, h *synth.Holder) map[iam.Action]bool {
	out := map[iam.Action]bool{}
	for _, p := range h.Policies {
		if p.Document == nil {
			continue
		}
		for i := range p.Document.Statements {
			for _, a := range synth.Granted(c, &p.Document.Statements[i]) {
				out[a] = true
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
