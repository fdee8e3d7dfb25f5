package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pruner/pruner/diff"
)

func newDiff(a *app) *cobra.Command {
	var role, accountID string
	var write, dirty, exitCode bool
	cmd := &cobra.Command{
		Use:   "diff [--role X]",
		Short: "The proposed changes as a unified diff of the repo",
		Args:  exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.diff(cmd.Context(), role, accountID, diffMode{write, dirty, exitCode})
		},
	}
	roleFlags(cmd, &role, &accountID)
	cmd.Flags().BoolVar(&write, "write", false, "edit the files instead of printing")
	cmd.Flags().BoolVar(&dirty, "allow-dirty", false, "edit a repo that has uncommitted changes")
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "exit with code 3 if there are changes")
	return cmd
}

type diffMode struct{ write, dirty, exitCode bool }

func (a *app) diff(ctx context.Context, role, accountID string, mode diffMode) error {
	p, err := a.judge(ctx, "", true)
	if err != nil {
		return err
	}
	if p.settings.Repo == "" {
		return usageError("diff: repo is not set; name the infrastructure repo in config.yaml or with --repo")
	}
	if role == "" {
		role = "*"
	}
	chosen, err := p.choose(role, accountID)
	if err != nil {
		return err
	}
	var patch diff.Patch
	seen, shared := map[*result]bool{}, map[string]bool{}
	for _, c := range chosen {
		if seen[c.result] {
			continue
		}
		seen[c.result] = true
		if patch, err = patch.Join(c.result.patch); err != nil {
			return err
		}
		for i := range c.result.edits {
			e := &c.result.edits[i]
			a.tellEdit(e, c.holder.Role.Name, shared[e.Address])
			shared[e.Address] = true
		}
	}
	if mode.write {
		err = writePatch(p.settings.Repo, patch, mode.dirty)
	} else {
		_, err = a.out.Write(patch.Unified())
	}
	if err == nil && mode.exitCode && !patch.Empty() {
		return &exitError{code: exitChanges}
	}
	return err
}

// tellEdit says on stderr what a person should know of an edit, or why there is
// none; told: its block was in another edit already.
func (a *app) tellEdit(e *diff.Edit, role string, told bool) {
	switch {
	case e.Unchanged:
		fmt.Fprintf(a.err, "%s of %s, which stays as it is: %s\n", e.Policy, role, e.Reason)
	case e.Reason != "":
		fmt.Fprintf(a.err, "no edit for %s of %s: %s\n", e.Policy, role, e.Reason)
	case !told:
		if len(e.With) > 0 {
			fmt.Fprintf(a.err, "the block %s of %s also makes %s\n", e.Address, e.Policy, strings.Join(e.With, ", "))
		}
		a.tellLiterals(e.Address, e.Literals)
	}
}

// tellLiterals flags the ARNs that an edit writes out.
func (a *app) tellLiterals(address string, literals []string) {
	for _, arn := range literals {
		fmt.Fprintf(a.err, "%s: %s is written out, since no expression of the code is known to name it\n", address, arn)
	}
}

// writePatch edits the repo, unless it has changes that are not committed.
func writePatch(repo string, patch diff.Patch, dirty bool) error {
	if !dirty {
		status, err := exec.Command("git", "-C", repo, "status", "--porcelain", "--", ".").Output()
		var missing *exec.ExitError
		switch {
		case errors.As(err, &missing):
			// Not a git repo: nothing to lose track of.
		case err != nil:
			return fmt.Errorf("ask git whether %s has uncommitted changes: %w", repo, err)
		case strings.TrimSpace(string(status)) != "":
			return usageError("diff --write: %s has uncommitted changes; commit them, or say --allow-dirty", repo)
		}
	}
	return patch.Write(repo)
}
