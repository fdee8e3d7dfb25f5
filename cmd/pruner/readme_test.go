package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
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
