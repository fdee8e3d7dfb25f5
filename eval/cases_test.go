package eval

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/pruner/pruner/iam"
)

func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases: ", err)
	}
	for _, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range a.Files {
			t.Run(f.Name, func(t *testing.T) { runCase(t, string(f.Data)) })
		}
	}
}

// runCase reads a case: a line of `pruner simulate`, or the short form
// "when CONDITION context CONTEXT OUTCOME".
func runCase(t *testing.T, text string) {
	text, _, _ = strings.Cut(text, "\n#")
	line := []byte(text)
	if when, ok := strings.CutPrefix(text, "when "); ok {
		line = shortCase(t, strings.TrimSpace(when))
	}
	got := New(nil).Simulate(line)
	if got.Agrees == nil || !*got.Agrees {
		t.Errorf("got %s by %+v, error %q\n%s", got.Decision, got.By, got.Error, text)
	}
}

func shortCase(t *testing.T, text string) []byte {
	condition, rest, _ := strings.Cut(text, " context ")
	at := strings.LastIndexByte(rest, ' ')
	line := `{"request":{"principal":"arn:aws:iam::111122223333:role/r","action":"s3:GetObject","resource":"arn:aws:s3:::b/k",
		"context":` + rest[:at] + `},"identityPolicies":[{"Version":"` + iam.Version2012 + `","Statement":[{"Effect":"Allow",
		"Action":"s3:GetObject","Resource":"*","Condition":` + condition + `}]}],"expected":"` + rest[at+1:] + `"}`
	if !json.Valid([]byte(line)) {
		t.Fatalf("not JSON: %s", line)
	}
	return []byte(line)
}
