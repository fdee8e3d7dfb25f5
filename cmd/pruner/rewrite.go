package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/pruner/pruner/diff"
	"github.com/pruner/pruner/iam"
)

func newRewrite(a *app) *cobra.Command {
	var dir, address, file string
	cmd := &cobra.Command{
		Use:   "rewrite --repo DIR --address A --policy NEW.json",
		Short: "Print the patch that changes one policy of a repo in place",
		Long: `Rewrite prints a unified diff that turns the policy at the address into
NEW.json, touching nothing else, or declines with the reason and exit code 1.
It prints nothing when the policy already equals NEW.json. DIR is not changed.`,
		Args: exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir = cmd.Flag("repo").Value.String()
			if dir == "" || address == "" || file == "" {
				return usageError("rewrite: name --repo, --address and --policy")
			}
			return a.rewrite(dir, address, file)
		},
	}
	cmd.Flags().StringVar(&address, "address", "", "the policy's address, as `pruner policies` prints it")
	cmd.Flags().StringVar(&file, "policy", "", "the document it is to become")
	return cmd
}

func (a *app) rewrite(dir, address, file string) error {
	if err := checkFolder("--repo", dir); err != nil {
		return err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return usageError("--policy: %w", err)
	}
	policy, err := iam.ParsePolicy(data)
	if err != nil {
		return usageError("--policy %s: %w", file, err)
	}
	patch, err := diff.Rewrite(dir, address, policy)
	var declined *diff.Declined
	if errors.As(err, &declined) {
		return &exitError{exitFailed, declined}
	}
	if err != nil {
		return err
	}
	a.tellLiterals(address, patch.Literals)
	_, err = a.out.Write(patch.Unified())
	return err
}

// checkFolder is a usage error unless the folder is there.
func checkFolder(what, dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return usageError("%s: %w; name a folder that exists", what, err)
	}
	if !info.IsDir() {
		return usageError("%s: %s is a file; name the folder", what, dir)
	}
	return nil
}
