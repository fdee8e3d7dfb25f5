package ingest

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestStdin(t *testing.T) {
	line := string(event("111122223333", "eu-west-1", "e1", suiteDay))
	other := string(event("111122223333", "eu-west-1", "e2", suiteDay))
	document := `{"Records":[` + line + "," + other + "]}"
	for name, c := range map[string]struct {
		in               string
		events, rejected int64
	}{
		"documents":        {document + document + "\n" + document, 6, 0},
		"gzip":             {string(zip([]byte(document))), 2, 0},
		"gzip members":     {string(zip([]byte(document))) + string(zip([]byte(document))), 4, 0},
		"lines":            {line + "\n" + other + "\n", 2, 0},
		"a bad line":       {line + "\n{\"eventID\": oops}\n" + other + "\n", 2, 1},
		"cut off document": {document + document[:len(document)-20], 3, 1},
	} {
		t.Run(name, func(t *testing.T) {
			st := suiteStore(t)
			for run, objects := range []int64{1, 0} {
				src := mustOpen(t, SourceOptions{Stdin: strings.NewReader(c.in)}, "-")
				got, err := Run(context.Background(), st, []Source{src}, Options{})
				if err != nil || got.Objects != objects || objects == 1 && (got.Events != c.events || got.Rejected != c.rejected) {
					t.Errorf("run %d: %+v, %v", run, got, err)
				}
			}
		})
	}
}

func TestStdinOfNothing(t *testing.T) {
	got, err := Run(context.Background(), suiteStore(t), []Source{mustOpen(t, SourceOptions{Stdin: &bytes.Buffer{}}, "-")}, Options{})
	if err != nil || got.Objects != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err = Run(context.Background(), suiteStore(t), []Source{mustOpen(t, SourceOptions{}, "-")}, Options{}); err == nil {
		t.Error("no standard input is no error")
	}
}
