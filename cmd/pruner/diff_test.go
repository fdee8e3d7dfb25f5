package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pruner/pruner/diff"
)

// TestWritePatchAsksGit: a repo with uncommitted changes is refused as it is,
// unless told otherwise; a folder that git does not know is edited.
func TestWritePatchAsksGit(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.tf")
	if err := os.WriteFile(file, []byte("old\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	holds := func(want string) {
		t.Helper()
		if text, err := os.ReadFile(file); err != nil || string(text) != want {
			t.Fatalf("the file holds %q, %v; want %q", text, err, want)
		}
	}
	change := func(before, after string) diff.Patch {
		return diff.Patch{Files: []diff.FileEdit{{Path: "a.tf", Before: []byte(before), After: []byte(after)}}}
	}
	if err := writePatch(dir, change("old\n", "new\n"), false); err != nil {
		t.Fatal(err)
	}
	holds("new\n")
	if out, err := exec.Command("git", "-C", dir, "init", "-q").CombinedOutput(); err != nil {
		t.Fatalf("git init: %v: %s", err, out)
	}
	err := writePatch(dir, change("new\n", "newer\n"), false)
	if err == nil || !strings.Contains(err.Error(), "has uncommitted changes; commit them, or say --allow-dirty") {
		t.Errorf("a file that git has not got: %v", err)
	}
	holds("new\n")
	if err := writePatch(dir, change("new\n", "newer\n"), true); err != nil {
		t.Fatal(err)
	}
	holds("newer\n")
}
