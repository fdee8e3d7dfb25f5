package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

func loadFile(t *testing.T, content string, args ...string) (*settings, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	a := &app{}
	fs := pflag.NewFlagSet("pruner", pflag.ContinueOnError)
	a.settingFlags(fs)
	if err := fs.Parse(append([]string{"--config", file}, args...)); err != nil {
		t.Fatal(err)
	}
	return a.load()
}

func TestPrecedence(t *testing.T) {
	t.Setenv("PRUNER_WINDOW", "30d")
	t.Setenv("PRUNER_JOBS", "3")
	t.Setenv("PRUNER_ROLES_EXCLUDE", "a,b")
	s, err := loadFile(t, "window: 60d\njobs: 2\nmin_visible_days: 7\n", "--window", "2w")
	if err != nil {
		t.Fatal(err)
	}
	got := []any{s.Window, s.Jobs, s.MinVisibleDays, s.Exclude, s.Include, s.Memory}
	want := []any{14, 3, 7, []string{"a", "b"}, []string{"*"}, int64(2 << 30)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("flag > environment > file > default (-want +got):\n%s", diff)
	}
}

func TestPathsAreRelativeToTheFile(t *testing.T) {
	s, err := loadFile(t, "repo: infra\nlogs: [logs, 's3://b/p', '-', /abs]\n", "--store", "here.duckdb")
	if err != nil {
		t.Fatal(err)
	}
	if s.Store != "here.duckdb" {
		t.Errorf("a flag's path is relative to the working directory; have %s", s.Store)
	}
	if !filepath.IsAbs(s.Repo) || filepath.Base(s.Repo) != "infra" {
		t.Errorf("repo = %s, want it beside the file", s.Repo)
	}
	want := []string{filepath.Join(filepath.Dir(s.Repo), "logs"), "s3://b/p", "-", "/abs"}
	if diff := cmp.Diff(want, s.Logs); diff != "" {
		t.Error(diff)
	}
}

func TestBareWordsOfYAML(t *testing.T) {
	s, err := loadFile(t, "as_of: 2026-10-31\nintegrity: off\nroles:\n")
	if err != nil {
		t.Fatal(err)
	}
	want := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	if end := s.AsOf.end(time.Time{}); !end.Equal(want) {
		t.Errorf("window ends %v, want %v", end, want)
	}
}

// TestShippedConfig holds config.yaml against the table: every setting is
// there, in order, under a comment that names its default.
func TestShippedConfig(t *testing.T) {
	data, err := os.ReadFile("../../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	from := 0
	for _, s := range table {
		name := s.key[strings.LastIndexByte(s.key, '.')+1:] + ":"
		at := strings.Index(text[from:], name)
		if at < 0 {
			t.Errorf("%s is missing from config.yaml, or out of order", s.key)
			continue
		}
		from += at
		def := fmt.Sprint(s.def)
		if _, isText := s.def.(string); isText && def != "" && !strings.Contains(text, "Default: "+def) {
			t.Errorf("%s: no comment says \"Default: %s\"", s.key, def)
		}
	}
	if _, err := loadFile(t, text); err != nil {
		t.Errorf("the shipped config does not load: %v", err)
	}
}

func TestNearestKey(t *testing.T) {
	for wrong, want := range map[string]string{
		"as-of": `"as_of"`, "min_visible_day": `"min_visible_days"`, "log": `"logs"`,
	} {
		if got := nearest(wrong); !strings.Contains(got, want) {
			t.Errorf("nearest(%q) = %s, want %s", wrong, got, want)
		}
	}
	if got := nearest("zzzzzzzzzzzz"); !strings.Contains(got, "store, logs") {
		t.Errorf("a key like none lists all: %s", got)
	}
}

func TestSettingsHaveHelp(t *testing.T) {
	keys := []string{}
	for _, s := range table {
		if s.help == "" {
			t.Errorf("%s has no help", s.key)
		}
		keys = append(keys, s.key)
	}
	slices.Sort(keys)
	if len(slices.Compact(keys)) != len(table) {
		t.Error("a key stands twice in the table")
	}
}
