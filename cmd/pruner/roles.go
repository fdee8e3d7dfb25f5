package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/pruner/pruner/report"
	"github.com/pruner/pruner/synth"
)

func newRoles(a *app) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "roles",
		Short: "All roles in one table, most removable privilege first",
		Args:  exactArgs(0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.roles(cmd.Context(), format) },
	}
	cmd.Flags().StringVar(&format, "format", "table", "table or json")
	return cmd
}

func (a *app) roles(ctx context.Context, format string) error {
	if err := checkFormat(format, "table", "json"); err != nil {
		return err
	}
	p, err := a.judge(ctx, "", true)
	if err != nil {
		return err
	}
	summary := &report.Summary{Schema: "pruner.summary/1", Version: p.catalog.Version(), Window: p.summaryWindow(), Missing: []string{}, Yield: synth.Yield{Rows: []synth.YieldRow{}}, Roles: []report.RoleSummary{}}
	for r, h := range p.holders() {
		used, err := p.usedBy(h)
		if err != nil {
			return err
		}
		summary.Add(p.document(r, h, used), h.Yield(p.catalog, r.proposal), p.org.Name(h.Account.ID), "roles/"+fileName(h.Account.ID)+"/"+fileName(h.Role.Name))
	}
	summary.Rank()
	if format == "json" {
		return documentWriter(a.out).Encode(summary.Roles)
	}
	return report.SummaryTable(a.out, summary, report.Style{Colour: a.colour()})
}
