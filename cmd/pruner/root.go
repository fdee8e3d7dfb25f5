package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"
)

// The rules of the command line, stable because scripts rely on them:
//
//   - Data goes to standard output, progress and messages to standard error.
//   - JSON output is one valid document, or JSON lines where a command says so.
//   - NO_COLOR and a standard output that is no terminal mean plain text.
//   - Defaults < config.yaml < PRUNER_* environment < flags.
//   - An error says what was attempted, on what, and what to do.

// The exit codes.
const (
	exitDone      = 0
	exitFailed    = 1
	exitUsage     = 2 // bad usage or config
	exitChanges   = 3 // changes proposed, only with --exit-code
	exitViolation = 4 // verify, contains or simulate --check found a violation
)

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// exitError ends the program with a code of its own. A nil err prints nothing.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usageError marks bad usage or config: exit code 2.
func usageError(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// run is the whole program: arguments and streams in, exit code out.
func run(ctx context.Context, args []string, s streams) int {
	root := newRoot(s)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	code := exitFailed
	var exit *exitError
	if errors.As(err, &exit) {
		code = exit.code
		if exit.err == nil {
			return code
		}
	}
	fmt.Fprintf(s.err, "pruner: %v\n", err)
	return code
}

// newRoot builds the command tree. Each command is made by a function in the
// file of its name.
func newRoot(s streams) *cobra.Command {
	app := &app{streams: s, log: slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	root := &cobra.Command{
		Use:           "pruner",
		Short:         "Least privilege on AWS, proved before it is proposed",
		Long:          rootHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError("unknown command %q; `pruner --help` lists them", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError("%w; `%s --help` lists the flags", err, cmd.CommandPath())
	})
	app.settingFlags(root.PersistentFlags())
	root.AddCommand(commands(app)...)
	return root
}

const rootHelp = `pruner reads what CloudTrail says a role did, works out the least its policies
must grant, proves that the smaller policies still allow every call that was
seen and grant nothing new, and edits the policies in the infrastructure repo.

Exit codes: 0 done, 1 failed, 2 bad usage or config, 3 changes proposed (with
--exit-code), 4 a check found a violation.`

// app is what the commands share: the streams, and the settings once loaded.
type app struct {
	streams
	log   *slog.Logger
	flags settingFlags
}

// isTerminal reports whether progress bars and colour make sense on w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// colour reports whether the standard output takes colour.
func (a *app) colour() bool {
	return os.Getenv("NO_COLOR") == "" && isTerminal(a.out)
}

// exactArgs is cobra.ExactArgs with exit code 2.
func exactArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := cobra.ExactArgs(n)(cmd, args); err != nil {
			return usageError("%s: %w; usage: %s", cmd.CommandPath(), err, cmd.UseLine())
		}
		return nil
	}
}

// minArgs is cobra.MinimumNArgs with exit code 2.
func minArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := cobra.MinimumNArgs(n)(cmd, args); err != nil {
			return usageError("%s: %w; usage: %s", cmd.CommandPath(), err, cmd.UseLine())
		}
		return nil
	}
}
