package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

func TestGrownIsDeterministic(t *testing.T) {
	made := func(workers int) map[string][]byte {
		dir := t.TempDir()
		w := grownWorld(3, growth{roles: 12, days: 40, known: 25})
		if err := w.write(dir, volume{seed: 3, workers: workers}, io.Discard); err != nil {
			t.Fatal(err)
		}
		return files(t, dir)
	}
	one, two := made(1), made(3)
	if len(one) != len(two) {
		t.Fatalf("%d files with one worker, %d with three", len(one), len(two))
	}
	for path, content := range one {
		if !bytes.Equal(content, two[path]) {
			t.Errorf("%s differs between one worker and three", path)
		}
	}
}

// TestGrantsCoverNeeds checks that nothing the generated roles do would have
// been refused: the truth of a back-test must not contain denials of its own.
func TestGrantsCoverNeeds(t *testing.T) {
	w := grownWorld(5, growth{roles: 120, days: 100, known: 60})
	needs := w.needs(volume{seed: 5})
	managed := map[string]string{}
	for _, m := range append(awsPolicies(), w.managed...) {
		managed[m.ARN] = m.Versions[len(m.Versions)-1].Document
	}
	checked := 0
	for _, r := range w.roles {
		var documents []string
		for _, p := range r.Inline {
			documents = append(documents, p.Document)
		}
		for _, arn := range r.Attached {
			documents = append(documents, managed[arn])
		}
		for _, n := range needs[r.id()] {
			checked++
			if !granted(t, documents, n) {
				t.Errorf("%s: no policy allows %s on %s: %v", r.Name, n.Action, n.Resource, documents)
			}
		}
	}
	if checked < 500 {
		t.Errorf("only %d needs checked", checked)
	}
}

// granted is a naive policy engine, enough for the shapes that grant makes.
func granted(t *testing.T, documents []string, n *need) bool {
	t.Helper()
	for _, text := range documents {
		var d struct {
			Statement []struct{ Action, NotAction, Resource reversed }
		}
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatal(err)
		}
		for _, s := range d.Statement {
			action := matches(s.Action, n.Action) || s.NotAction != nil && !matches(s.NotAction, n.Action)
			if action && matches(s.Resource, n.Resource) {
				return true
			}
		}
	}
	return false
}

func matches(patterns []string, text string) bool {
	for _, p := range patterns {
		if glob(p, text) {
			return true
		}
	}
	return false
}

func glob(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return glob(pattern[1:], text) || text != "" && glob(pattern, text[1:])
	}
	return text != "" && (pattern[0] == '?' || pattern[0] == text[0]) && glob(pattern[1:], text[1:])
}

// TestTruthKnowsTheLogs reads the records of a small organisation back: each
// one that a need stands behind is in the truth as logged, and no hidden call
// is in the logs.
func TestTruthKnowsTheLogs(t *testing.T) {
	w := grownWorld(8, growth{roles: 40, days: 30, known: 20})
	needs := w.needs(volume{seed: 8})
	logged, hidden := 0, 0
	for _, of := range needs {
		for _, n := range of {
			if n.Before.Days+n.Later.Days == 0 || strings.Contains(n.Resource, "$(") {
				t.Errorf("odd need %+v", n)
			}
			if n.Logged {
				logged++
			} else {
				hidden++
			}
		}
	}
	if logged == 0 || hidden == 0 {
		t.Errorf("%d logged needs and %d hidden: both are wanted", logged, hidden)
	}
	for _, l := range w.lanes(8) {
		for _, day := range w.days(w.last) {
			for _, e := range l.entries(day, 1) {
				if c := l.works[e.work].job.Calls[e.call]; c.Hidden {
					t.Fatalf("%s is in the logs", c.Name)
				}
			}
		}
	}
}
