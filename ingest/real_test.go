package ingest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/pruner/pruner/store"
)

// TestRealEvents ingests the real events: every record is understood, and a
// second run has nothing to do.
func TestRealEvents(t *testing.T) {
	dir := "../../shared/cloudtrail"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the real events are not here: ", err)
	}
	ctx := context.Background()
	st, err := store.Open(ctx, filepath.Join(t.TempDir(), "s.duckdb"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	src, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Run(ctx, st, []Source{src}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", got)
	if got.Events+got.Rejected != 6140 {
		t.Errorf("%d understood + %d rejected, want 6140 records", got.Events, got.Rejected)
	}
	again, err := Run(ctx, st, []Source{src}, Options{})
	if err != nil || again.Objects != 0 {
		t.Errorf("a second run read %d objects (%v), want 0", again.Objects, err)
	}
	n := 0
	for _, err := range st.Observations(ctx, store.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	t.Logf("%d observations", n)
}
