package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/report"
	"github.com/pruner/pruner/synth"
)

func newReport(a *app) *cobra.Command {
	var role, accountID, format string
	cmd := &cobra.Command{
		Use:   "report --role X",
		Short: "What a role was granted, what it used, what can go and why",
		Long: `Report prints the findings on one role, by name, ARN or glob. A name that stands
for roles in several accounts needs --account, or a glob if all are meant.`,
		Args: exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.report(cmd.Context(), role, accountID, format) },
	}
	roleFlags(cmd, &role, &accountID)
	cmd.Flags().StringVar(&format, "format", "table", "table, json, html, csv or markdown")
	return cmd
}

func roleFlags(cmd *cobra.Command, role, accountID *string) {
	cmd.Flags().StringVar(role, "role", "", "name, ARN or glob of the role")
	cmd.Flags().StringVar(accountID, "account", "", "account ID, where a name stands for several roles")
}

func (a *app) report(ctx context.Context, role, accountID, format string) error {
	if err := checkFormat(format, "table", "json", "html", "csv", "markdown"); err != nil {
		return err
	}
	if role == "" {
		return usageError("report: name a role with --role; `pruner roles` lists them")
	}
	p, err := a.judge(ctx, role, true)
	if err != nil {
		return err
	}
	chosen, err := p.choose(role, accountID)
	if err != nil {
		return err
	}
	wanted := map[iam.ARN]bool{}
	for _, c := range chosen {
		wanted[c.holder.Role.ARN] = true
	}
	if err := p.rehearse(func(role iam.ARN) bool { return wanted[role] }); err != nil {
		return err
	}
	var documents []*report.Document
	for _, c := range chosen {
		used, err := p.usedBy(c.holder)
		if err != nil {
			return err
		}
		documents = append(documents, p.document(c.result, c.holder, used))
	}
	return a.render(documents, format)
}

func (a *app) render(documents []*report.Document, format string) error {
	if format == "csv" {
		return report.CSV(a.out, documents)
	}
	for _, d := range documents {
		var err error
		switch format {
		case "json":
			if len(documents) == 1 {
				err = documentWriter(a.out).Encode(d)
			} else {
				err = lineWriter(a.out).Encode(d)
			}
		case "html":
			err = report.HTML(a.out, d)
		case "markdown":
			err = report.Markdown(a.out, d)
		default:
			err = report.Table(a.out, d, report.Style{Colour: a.colour()})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// choice is one role that was asked for.
type choice struct {
	result *result
	holder *synth.Holder
}

// choose finds roles by name, ARN or glob, sorted by ARN, and users that are
// named or whose ARNs are globbed: a glob over names is about roles.
func (p *pipeline) choose(role, accountID string) ([]choice, error) {
	var out []choice
	for r, h := range p.holders() {
		if matchRole([]string{role}, h.Role) && (accountID == "" || accountID == h.Account.ID) {
			out = append(out, choice{r, h})
		}
	}
	users, err := p.users(role, accountID)
	if err != nil {
		return nil, err
	}
	out = append(out, users...)
	if len(out) == 0 {
		return nil, usageError("no role %q in the snapshot; `pruner roles` lists them", role)
	}
	if len(out) > 1 && !strings.ContainsAny(role, "*?") {
		var arns []string
		for _, c := range out {
			arns = append(arns, string(c.holder.Role.ARN))
		}
		return nil, usageError("%q stands for several roles; add --account, or use a glob:\n  %s", role, strings.Join(arns, "\n  "))
	}
	return out, nil
}

// users judges the users that are asked for.
func (p *pipeline) users(user, accountID string) ([]choice, error) {
	if strings.ContainsAny(user, "*?") && !strings.Contains(user, ":user/") {
		return nil, nil
	}
	proposals, err := synth.Users(p.inputs(), func(a *account.Account, u *account.User) bool {
		asked := u.Name == user || iam.Pattern(user).Match(string(u.ARN))
		return asked && (accountID == "" || accountID == a.ID)
	})
	var out []choice
	for _, proposal := range proposals {
		verdict, _, err := synth.Check(p.engine, proposal)
		if err != nil {
			return nil, err
		}
		out = append(out, choice{&result{proposal: proposal, verdict: verdict}, proposal.Holders[0]})
	}
	return out, err
}
