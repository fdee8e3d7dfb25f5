package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pruner/pruner/ingest"
	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/trail"
)

// TestHistoryIsReportedOnly: once an account was read from the event history,
// which holds no data events, no policy of it gets smaller.
func TestHistoryIsReportedOnly(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole pipeline, twice")
	}
	const account = "444455556666"
	t.Chdir("../..")
	dir := t.TempDir()
	path := filepath.Join(dir, "s.duckdb")
	t.Setenv("PRUNER_STORE", path)
	t.Setenv("PRUNER_OUT", filepath.Join(dir, "out"))
	if before := changed(t, dir, account); before == 0 {
		t.Fatal("the sample changes nothing in " + account)
	}
	ctx := context.Background()
	st, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	batch := store.Batch{Folding: trail.NewFolding(), Objects: []store.Object{{URI: ingest.HistoryPrefix + account + "/eu-west-1/2026-10-01", ETag: "1"}}}
	if err := st.Append(ctx, &batch); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if after := changed(t, dir, account); after != 0 {
		t.Errorf("%d policies of %s are changed", after, account)
	}
}

// changed runs the job and counts the policies of the account that it would change.
func changed(t *testing.T, dir, account string) (n int) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"run"}, streams{strings.NewReader(""), &out, &errs}); code != exitDone {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	reports, err := filepath.Glob(filepath.Join(dir, "out", "roles", account, "*", "report.json"))
	if err != nil || len(reports) == 0 {
		t.Fatalf("no reports: %v", err)
	}
	for _, path := range reports {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var report struct {
			Policies []struct{ Old, New json.RawMessage }
		}
		if err := json.Unmarshal(data, &report); err != nil {
			t.Fatal(err)
		}
		for _, p := range report.Policies {
			if !bytes.Equal(p.Old, p.New) {
				n++
			}
		}
	}
	return n
}
