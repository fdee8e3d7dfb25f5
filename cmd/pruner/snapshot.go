package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pruner/pruner/account"
)

type snapshotOptions struct {
	profile, region string
	live            account.LiveOptions
}

func newSnapshot(a *app) *cobra.Command {
	var o snapshotOptions
	cmd := &cobra.Command{
		Use:   "snapshot DIR",
		Short: "Save the live account, or the organisation's accounts, as a snapshot folder",
		Long: `Save principals, policies, trails, last-accessed data, SCPs, RCPs and permission
sets as the files that every other command reads. Only reads are called, besides
sts:AssumeRole and the generation of last-accessed reports. What may not be read
is named on standard error and left out.`,
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.snapshot(cmd.Context(), args[0], o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.profile, "profile", "", "AWS profile; default: what the AWS CLI would use")
	f.StringVar(&o.region, "region", "", "AWS region; default: what the AWS CLI would use")
	f.StringVar(&o.live.Role, "assume", "", "name of the role to assume in every other account; without it only the caller's account is saved")
	f.StringSliceVar(&o.live.Accounts, "accounts", nil, "account IDs, with --assume; default: every active account of the organisation")
	f.StringVar(&o.live.SSORegion, "sso-region", "", "region of IAM Identity Center; default: the region")
	f.BoolVar(&o.live.NoAccessed, "no-last-accessed", false, "leave out last-accessed data, which takes a report job per role")
	return cmd
}

func (a *app) snapshot(ctx context.Context, dir string, o snapshotOptions) error {
	if len(o.live.Accounts) > 0 && o.live.Role == "" {
		return usageError("snapshot: --accounts needs --assume, the role to enter them with")
	}
	cfg, err := account.Environment(ctx, o.profile, o.region)
	if err != nil {
		return usageError("%w", err)
	}
	o.live.Progress = func(id, step string) {
		if id != "" {
			step = id + ": " + step
		}
		fmt.Fprintln(a.err, step)
	}
	missing, err := account.Snapshot(ctx, cfg, dir, o.live)
	for _, m := range missing {
		fmt.Fprintf(a.err, "not saved: %s: %s\n", m.File, m.Consequence)
	}
	return err
}
