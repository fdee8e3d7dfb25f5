package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/pruner/pruner/synth"
)

func newBacktest(a *app) *cobra.Command {
	var train, format string
	cmd := &cobra.Command{
		Use:   "backtest",
		Short: "Learn on the first days, replay the rest: which later calls would have been denied",
		Args:  exactArgs(0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.backtest(cmd.Context(), train, format) },
	}
	cmd.Flags().StringVar(&train, "train", "60d", "how many days of the window to learn on")
	cmd.Flags().StringVar(&format, "format", "table", "table or json")
	return cmd
}

func (a *app) backtest(ctx context.Context, train, format string) error {
	if err := checkFormat(format, "table", "json"); err != nil {
		return err
	}
	days, err := parseDays(train)
	if err != nil {
		return usageError("--train: %w", err)
	}
	s, err := a.load()
	if err != nil {
		return err
	}
	p, err := openPipeline(ctx, s)
	if err != nil {
		return err
	}
	defer p.close()
	if err := p.use(ctx); err != nil {
		return err
	}
	in := p.inputs()
	if in.Usage, err = p.ledger.All(); err != nil {
		return err
	}
	in.Ledger, in.Survey = nil, nil // each part of the window has its own
	got, err := synth.Backtest(in, p.window.From.AddDate(0, 0, days))
	if err != nil {
		return usageError("backtest: %w", err)
	}
	if format == "json" {
		return documentWriter(a.out).Encode(got)
	}
	return a.backtestTable(got)
}

func (a *app) backtestTable(got *synth.BacktestResult) error {
	fmt.Fprintf(a.out, "learned on %s to %s, replayed to %s\n\n", got.From.Format("2006-01-02"), got.Split.Format("2006-01-02"), got.To.Format("2006-01-02"))
	w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "STRATEGY\tROLES CHANGED\tWITH A LATER DENIAL\tLATER CALLS\tDENIED\tNEW ACTION\tNEW RESOURCE\tNEW CONDITION\tWEIGHT REMOVED\tHELD")
	for _, r := range got.Strategies {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d of %d\t%d\n", r.Strategy, r.Changed, r.RolesDenied, r.Calls,
			r.Denied.Total(), r.Denied.NewAction, r.Denied.NewResource, r.Denied.NewCondition, r.Removed, r.Granted, r.Held)
	}
	a.yieldTable(w, &got.Yield)
	return w.Flush()
}

// yieldTable says what keeps the weight that the safe proposals leave.
func (a *app) yieldTable(w io.Writer, y *synth.Yield) {
	fmt.Fprintln(w, "\nKEPT BECAUSE\tROLES\tACTIONS\tWEIGHT")
	for _, r := range y.Rows {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d of %d\n", r.Blocker, r.Roles, r.Actions, r.Weight, y.Granted)
	}
}
