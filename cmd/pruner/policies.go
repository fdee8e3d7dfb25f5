package main

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/pruner/pruner/diff"
)

func newPolicies(a *app) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "policies DIR",
		Short: "List the policies found in an infrastructure-as-code repo",
		Long: `Policies finds every IAM policy in the Terraform, CloudFormation, SAM and JSON
files below DIR, evaluates it as far as the code alone allows, and says whether
pruner can edit it in place, or why not.`,
		Args: exactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.policies(args[0], format) },
	}
	cmd.Flags().StringVar(&format, "format", "table", "table or json")
	return cmd
}

func (a *app) policies(dir, format string) error {
	if err := checkFormat(format, "table", "json"); err != nil {
		return err
	}
	if err := checkFolder("policies", dir); err != nil {
		return err
	}
	found, err := diff.Find(dir, diff.FindOptions{})
	if err != nil {
		return err
	}
	if format == "json" {
		if found == nil {
			found = []diff.Found{}
		}
		return documentWriter(a.out).Encode(found)
	}
	w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "KIND\tFORM\tEDITABLE\tAT\tADDRESS")
	for _, f := range found {
		editable := "yes"
		if !f.Editable {
			editable = "no: " + f.Reason
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s:%d\t%s\n", f.Kind, f.Form, editable, f.File, f.Line, f.Address)
	}
	return w.Flush()
}

func checkFormat(format string, known ...string) error {
	if slices.Contains(known, format) {
		return nil
	}
	return usageError("--format %q; there are %v", format, known)
}
