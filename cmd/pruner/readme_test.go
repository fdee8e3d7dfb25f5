package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentedCommands runs every `$ pruner …` line of the README.
func TestDocumentedCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole pipeline, many times over")
	}
	t.Chdir("../..")
	dir := t.TempDir()
	t.Setenv("PRUNER_STORE", filepath.Join(dir, "s.duckdb"))
	t.Setenv("PRUNER_OUT", filepath.Join(dir, "out"))
	commands := documented(t, "README.md")
	if len(commands) < 8 {
		t.Fatalf("only %d commands found in the README", len(commands))
	}
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"run"}, streams{strings.NewReader(""), &out, &errs}); code != 0 {
		t.Fatalf("pruner run: exit %d\n%s", code, errs.String())
	}
	for _, args := range commands {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			var out, errs bytes.Buffer
			code := run(context.Background(), args, streams{strings.NewReader(""), &out, &errs})
			if code != exitDone || out.Len() == 0 {
				t.Errorf("exit %d, %d bytes out\n%s", code, out.Len(), errs.String())
			}
		})
	}
}

// documented gives the arguments of each `$ pruner` line; `$ make` lines must
// name a target of the Makefile.
func documented(t *testing.T, file string) [][]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var commands [][]string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if target, ok := strings.CutPrefix(line, "$ make "); ok && !strings.Contains(string(makefile), "\n"+target+":") {
			t.Errorf("%s: the Makefile has no target %s", file, target)
		}
		if rest, ok := strings.CutPrefix(line, "$ pruner "); ok {
			commands = append(commands, strings.Fields(rest))
		}
	}
	return commands
}

// TestDocumentedNames: every file that the documents name is there, and every
// `make` target is the Makefile's.
func TestDocumentedNames(t *testing.T) {
	t.Chdir("../..")
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile("`(make )?([a-z0-9_./-]+)`")
	for _, file := range []string{"README.md", "ARCHITECTURE.md", "CHANGELOG.md", "docs/backtest.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range name.FindAllStringSubmatch(string(text), -1) {
			switch {
			case m[1] != "" && !bytes.Contains(makefile, []byte("\n"+m[2]+":")):
				t.Errorf("%s: the Makefile has no target %s", file, m[2])
			case m[1] == "" && filepath.Ext(m[2]) == ".go":
				if _, err := os.Stat(m[2]); err != nil {
					t.Errorf("%s names %s: %v", file, m[2], err)
				}
			}
		}
	}
}
