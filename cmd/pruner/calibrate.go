package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/pruner/pruner/synth"
)

func newCalibrate(a *app) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "How often our reading and our engine agree with what AWS really decided, by service",
		Long: `Calibrate compares what AWS decided with what pruner would have said, for
every role since its policies last changed:

  successes  calls that AWS allowed: some policy must allow them
  named      denials whose message names the action: we must read that action
             in the event
  denials    denials whose message names action, resource and type of policy:
             by our engine those policies must deny too

A service with too many calls that no policy explains, and an action that AWS
names where we read another, are not removed from anybody.`,
		Args: exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.calibrate(cmd.Context(), format) },
	}
	cmd.Flags().StringVar(&format, "format", "table", "table or json")
	return cmd
}

func (a *app) calibrate(ctx context.Context, format string) error {
	if err := checkFormat(format, "table", "json"); err != nil {
		return err
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
	got, err := synth.Calibrate(p.inputs())
	if err != nil {
		return err
	}
	if format == "json" {
		return documentWriter(a.out).Encode(got)
	}
	return calibrationTable(a.out, got)
}

func calibrationTable(out io.Writer, got *synth.Calibration) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "SERVICE\tSUCCESSES\tNAMED\tDENIALS\tREMOVALS")
	var all synth.Agreement
	for _, g := range got.Services {
		removals := "as usual"
		if g.Gate != "" {
			removals = "none: " + g.Gate
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", g.Service, agreed(g.Successes), agreed(g.Named), agreed(g.Denials), removals)
		all.Successes.Add(g.Successes)
		all.Named.Add(g.Named)
		all.Denials.Add(g.Denials)
	}
	fmt.Fprintf(w, "all\t%s\t%s\t%s\t\n", agreed(all.Successes), agreed(all.Named), agreed(all.Denials))
	if err := w.Flush(); err != nil || len(got.Disagreements) == 0 {
		return err
	}
	fmt.Fprintln(out, "\nwhere we disagree:")
	for _, d := range got.Disagreements {
		if _, err := fmt.Fprintf(out, "  %s: %s on %q: %s; %s (event %s)\n", d.Role, d.Action, d.Resource, d.AWS, d.Ours, d.EventID); err != nil {
			return err
		}
	}
	return nil
}

func agreed(t synth.Tally) string {
	if t.Cases == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d", t.Agree, t.Cases)
}
