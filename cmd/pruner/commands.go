package main

import "github.com/spf13/cobra"

// commands lists every command; each is in the file of its name.
func commands(a *app) []*cobra.Command {
	return []*cobra.Command{
		newRun(a), newIngest(a), newSnapshot(a),
		newRoles(a), newReport(a), newExplain(a), newDiff(a), newBacktest(a), newCalibrate(a),
		newInterpret(a), newSimulate(a), newContains(a), newPolicies(a), newRewrite(a),
		newVersion(a),
	}
}
