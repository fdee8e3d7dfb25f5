package diff

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pruner/pruner/iam"
)

// terraform runs the real program, an evaluator that shares only its parser
// with ours.
func terraform(t *testing.T, dir, input string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("terraform is not here")
	}
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(input)
	cmd.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_CLI_CONFIG_FILE=/dev/null")
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && (!errors.As(err, &exit) || args[0] != "fmt") {
		t.Fatalf("terraform %v: %v\n%s", args, err, problems.String())
	}
	return out.String()
}

// asLocal turns the resource of a form into a local, which needs no provider.
func asLocal(text string) string {
	for _, r := range [][2]string{
		{"resource \"aws_iam_policy\" \"p\" {", "locals {"},
		{`{"resource": {"aws_iam_policy": {"p": {`, `{"locals": {`},
		{"}}}}\n", "}}\n"},
	} {
		text = strings.Replace(text, r[0], r[1], 1)
	}
	return text
}

// TestTerraformEvaluates: what is written into every form that Terraform
// evaluates without a provider is to Terraform itself what was wanted, whatever
// the names.
func TestTerraformEvaluates(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	names := slices.Clone(hostile)
	for range 300 {
		names = append(names, madeUp(r))
	}
	for i, form := range forms {
		if !strings.HasPrefix(form.address, "tf:") || strings.Contains(form.text, "aws_iam_policy_document") {
			continue
		}
		t.Run(form.name, func(t *testing.T) {
			dir := writeForm(t, i, func(s string) string { return s })
			want := withResource("")
			want.Statements[0].Resource = nil
			for n, name := range names {
				if composed(form.name) && keepsApart([]part{{text: name}}) != nil {
					continue
				}
				want.Statements[0].Resource = append(want.Statements[0].Resource, iam.Pattern(fmt.Sprintf("%d:%s", n, name)))
			}
			patch, err := Rewrite(dir, form.address, want)
			if err != nil {
				t.Fatal(err)
			}
			if err := patch.Write(dir); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, form.file)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(asLocal(string(text))), 0o600); err != nil {
				t.Fatal(err)
			}
			out := terraform(t, dir, "base64encode(local.policy)\n", "console")
			document, err := base64.StdEncoding.DecodeString(strings.Trim(strings.TrimSpace(out), `"`))
			if err != nil {
				t.Fatalf("%v: %.200s", err, out)
			}
			got := parsePolicy(t, string(document))
			if !slices.Equal(got.Statements[0].Resource, want.Statements[0].Resource) {
				t.Errorf("Terraform reads\n%q\nnot\n%q", got.Statements[0].Resource, want.Statements[0].Resource)
			}
		})
	}
}

// TestTerraformFormats: edited files of real repos that `terraform fmt` leaves
// alone before the edit are left alone after it. It takes a sample unless
// PRUNER_LONG is set.
func TestTerraformFormats(t *testing.T) {
	dir, edits := t.TempDir(), 0
	write := func(name string, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, f := range findCorpus(t) {
		if !f.Editable || f.Kind != "identity" || !strings.HasSuffix(f.File, ".tf") || os.Getenv("PRUNER_LONG") == "" && i%13 != 0 {
			continue
		}
		for n, want := range smaller(f.Policy) {
			if os.Getenv("PRUNER_LONG") == "" && n%3 != 0 {
				continue
			}
			patch, err := rewrite(corpus, &f, want)
			if err != nil || patch.Empty() {
				continue
			}
			edits++
			write(fmt.Sprintf("before_%d.tf", edits), patch.Files[0].Before)
			write(fmt.Sprintf("after_%d.tf", edits), patch.Files[0].After)
		}
	}
	wrong := map[string]bool{}
	for _, name := range strings.Fields(terraform(t, dir, "", "fmt", "-check", "-list=true", ".")) {
		wrong[name] = true
	}
	clean := 0
	for n := 1; n <= edits; n++ {
		if wrong[fmt.Sprintf("before_%d.tf", n)] {
			continue
		}
		clean++
		if after := fmt.Sprintf("after_%d.tf", n); wrong[after] {
			text, _ := os.ReadFile(filepath.Join(dir, after))
			t.Errorf("terraform fmt would change an edited file:\n%s", text)
		}
	}
	t.Logf("%d edits of %d in files that terraform fmt leaves alone", clean, edits)
	if edits > 0 && clean == 0 {
		t.Error("no file was formatted before")
	}
}
