package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pruner/pruner/catalog"
)

// version is the program's, set by the linker for releases.
var version = "development"

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "The versions of the program and of its catalog",
		Args:  exactArgs(0),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.out, "pruner %s\ncatalog %s\n", version, catalog.Default().Version())
			return err
		},
	}
}
