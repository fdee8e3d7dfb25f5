package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
)

// policyPair is a question to `pruner contains`, a line of --pairs.
type policyPair struct {
	Name string          `json:"name"`
	Old  json.RawMessage `json:"old"`
	New  json.RawMessage `json:"new"`
	Type string          `json:"policyType"`
}

// containedness is the answer.
type containedness struct {
	Name    string       `json:"name"`
	Result  eval.Result  `json:"result"`
	Witness *iam.Request `json:"witness"`
	Reason  string       `json:"reason,omitempty"`
	Error   string       `json:"error,omitempty"`
}

func newContains(a *app) *cobra.Command {
	var oldFile, newFile, pairs, policyType string
	cmd := &cobra.Command{
		Use:   "contains --old OLD.json --new NEW.json | --pairs FILE.jsonl",
		Short: "Prove that a new policy grants nothing an old one did not",
		Long: `Contains answers "contained" (proved), "wider" with a request that NEW allows
and OLD does not, or "unknown" (not proved). With --old and --new it exits
with code 4 unless the answer is "contained".`,
		Args: exactArgs(0),
		RunE: func(*cobra.Command, []string) error {
			switch {
			case pairs != "" && oldFile == "" && newFile == "":
				return a.containsPairs(pairs)
			case pairs == "" && oldFile != "" && newFile != "":
				return a.containsFiles(oldFile, newFile, policyType)
			}
			return usageError("contains: name --old and --new, or --pairs")
		},
	}
	cmd.Flags().StringVar(&oldFile, "old", "", "the policy that bounds")
	cmd.Flags().StringVar(&newFile, "new", "", "the policy that must grant no more")
	cmd.Flags().StringVar(&pairs, "pairs", "", "JSON lines of {name, old, new, policyType}")
	cmd.Flags().StringVar(&policyType, "type", "IDENTITY_POLICY", "IDENTITY_POLICY or RESOURCE_POLICY")
	return cmd
}

func (a *app) containsFiles(oldFile, newFile, policyType string) error {
	oldDoc, err := os.ReadFile(oldFile)
	if err != nil {
		return usageError("--old: %w", err)
	}
	newDoc, err := os.ReadFile(newFile)
	if err != nil {
		return usageError("--new: %w", err)
	}
	answer := contain(eval.New(catalog.Default()), policyPair{Name: newFile, Old: oldDoc, New: newDoc, Type: policyType})
	if answer.Error != "" {
		return usageError("contains: %s", answer.Error)
	}
	if err := lineWriter(a.out).Encode(answer); err != nil {
		return err
	}
	if answer.Result != eval.Contained {
		return &exitError{code: exitViolation}
	}
	return nil
}

func (a *app) containsPairs(name string) error {
	r, err := a.openInput(name)
	if err != nil {
		return usageError("--pairs: %w", err)
	}
	defer r.Close()
	engine := eval.New(catalog.Default())
	out := lineWriter(a.out)
	counts := map[eval.Result]int{}
	err = eachLine(r, name, func(n int, line []byte) error {
		var pair policyPair
		if err := json.Unmarshal(line, &pair); err != nil {
			return out.Encode(containedness{Result: eval.Unproved, Error: fmt.Sprintf("%s:%d: %v", name, n, err)})
		}
		answer := contain(engine, pair)
		counts[answer.Result]++
		return out.Encode(answer)
	})
	fmt.Fprintf(a.err, "%d contained, %d wider, %d unknown\n",
		counts[eval.Contained], counts[eval.Wider], counts[eval.Unproved])
	return err
}

func contain(engine *eval.Engine, pair policyPair) containedness {
	answer := containedness{Name: pair.Name, Result: eval.Unproved}
	kind, err := policyKind(pair.Type)
	oldPolicy, errOld := iam.ParsePolicy(pair.Old)
	newPolicy, errNew := iam.ParsePolicy(pair.New)
	if errOld != nil {
		errOld = fmt.Errorf("old: %w", errOld)
	}
	if errNew != nil {
		errNew = fmt.Errorf("new: %w", errNew)
	}
	if err := errors.Join(err, errOld, errNew); err != nil {
		answer.Error = err.Error()
		return answer
	}
	got := engine.Contain(
		[]eval.Named{{Name: "old", Policy: oldPolicy}},
		[]eval.Named{{Name: "new", Policy: newPolicy}}, kind)
	answer.Result, answer.Witness, answer.Reason = got.Result, got.Witness, got.Reason
	return answer
}

func policyKind(name string) (eval.Kind, error) {
	switch name {
	case "", "IDENTITY_POLICY":
		return eval.IdentityPolicy, nil
	case "RESOURCE_POLICY":
		return eval.ResourcePolicy, nil
	}
	return 0, fmt.Errorf("policyType %q; there are IDENTITY_POLICY and RESOURCE_POLICY", name)
}
