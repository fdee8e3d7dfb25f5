package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets scripts run the real program as a command.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"pruner": main})
}

// TestScripts runs the real program as a user would: a script a file.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("REPO", root)
			env.Setenv("SHARED", filepath.Join(root, "..", "shared"))
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "shared" {
				_, err := os.Stat(filepath.Join(root, "..", "shared", "cloudtrail"))
				return err == nil, nil
			}
			return false, nil
		},
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"s3": serveS3, "reshuffle": reshuffle},
		RequireExplicitExec: true,
	})
}
