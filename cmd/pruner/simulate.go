package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/eval"
)

func newSimulate(a *app) *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "simulate CASES.jsonl",
		Short: "Decide requests in bulk, as AWS would",
		Long: `Simulate reads a case a line: a request, the policies that apply to it, and
perhaps the decision that is expected ("-" is the standard input). It prints a
line per case, in order: the decision and what settled it.`,
		Args: exactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.simulate(args[0], check) },
	}
	cmd.Flags().BoolVar(&check, "check", false, "exit with code 4 if a case disagrees with what it expects")
	return cmd
}

func (a *app) simulate(name string, check bool) error {
	r, err := a.openInput(name)
	if err != nil {
		return err
	}
	defer r.Close()
	engine := eval.New(catalog.Default())
	out := lineWriter(a.out)
	var cases, agree, disagree, bad int
	err = eachLine(r, name, func(n int, line []byte) error {
		result := engine.Simulate(line)
		cases++
		switch {
		case result.Error != "":
			bad++
			result.Error = fmt.Sprintf("%s:%d: %s", name, n, result.Error)
		case result.Agrees == nil:
		case *result.Agrees:
			agree++
		default:
			disagree++
		}
		return out.Encode(result)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%d cases: %d agree, %d disagree, %d without an expectation, %d with an error\n",
		cases, agree, disagree, cases-agree-disagree-bad, bad)
	if check && disagree+bad > 0 {
		return &exitError{code: exitViolation}
	}
	return nil
}
