package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/trail"
)

// logFolder writes objects of ten events each: enough for several commits.
func logFolder(t *testing.T, objects int) string {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(11, 12))
	for i := range objects {
		var b strings.Builder
		for j := range 10 {
			fmt.Fprintf(&b, `{"eventID":"%08x-0000-4000-8000-%012x","eventTime":"2026-10-%02dT%02d:00:00Z","eventSource":"s3.amazonaws.com",`+
				`"eventName":"GetObject","awsRegion":"eu-west-1","recipientAccountId":"111122223333","userIdentity":{"type":"AssumedRole",`+
				`"sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/r%d"}}},"requestParameters":{"bucketName":"b","key":"%d"}}`+"\n",
				i, j, 1+rng.IntN(28), rng.IntN(24), rng.IntN(5), rng.IntN(1000))
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d.jsonl", i)), []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// said is all that a store says.
type said struct {
	Observations []*trail.Observation
	Counts       store.Counts
	Coverage     []trail.Interval
}

func whatStoreSays(t *testing.T, path string) (all said) {
	t.Helper()
	ctx := context.Background()
	st, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for o, err := range st.Observations(ctx, store.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		all.Observations = append(all.Observations, o)
	}
	if all.Counts, err = st.Counts(ctx); err != nil {
		t.Fatal(err)
	}
	if all.Coverage, err = st.Coverage(ctx, "111122223333"); err != nil {
		t.Fatal(err)
	}
	return all
}

func ingestInto(t *testing.T, path, logs string) {
	t.Helper()
	if out, err := exec.Command("pruner", "ingest", "--store", path, logs).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestFullDisk lets every write beyond a limit fail: the run says so, and the
// next one, with room, completes it.
func TestFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	logs, dir := logFolder(t, 300), t.TempDir()
	ingestInto(t, filepath.Join(dir, "undisturbed"), logs)
	want := whatStoreSays(t, filepath.Join(dir, "undisturbed"))
	failed := 0
	for _, blocks := range []int{0, 1, 8, 24, 25, 64, 200, 600, 1200} {
		path := filepath.Join(dir, fmt.Sprint("full-", blocks))
		script := fmt.Sprintf(`ulimit -f %d; exec pruner ingest --store "$1" "$2"`, blocks)
		out, err := exec.Command("sh", "-c", script, "sh", path, logs).CombinedOutput()
		if err != nil {
			failed++
			if !strings.Contains(string(out), path) {
				t.Errorf("at %d blocks the message does not name the store: %s", blocks, out)
			}
		}
		ingestInto(t, path, logs)
		if diff := cmp.Diff(want, whatStoreSays(t, path)); diff != "" {
			t.Errorf("at %d blocks: %s", blocks, diff)
		}
	}
	if failed == 0 {
		t.Error("no write failed")
	}
}

// TestStoreInUse: a second process is told, and does no harm.
func TestStoreInUse(t *testing.T) {
	logs, path := logFolder(t, 20), filepath.Join(t.TempDir(), "s.duckdb")
	ingestInto(t, path, logs)
	st, err := store.Open(context.Background(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"ingest"}, {"ingest", "--rebuild"}} {
		out, err := exec.Command("pruner", append(args, "--store", path, logs)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "another process has the store open") {
			t.Errorf("%v: %v %s", args, err, out)
		}
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if got := whatStoreSays(t, path); got.Counts.Records != 200 {
		t.Errorf("%+v", got.Counts)
	}
}
