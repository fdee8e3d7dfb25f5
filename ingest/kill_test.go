package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/trail"
)

// TestChild is the process that TestKilled kills: an ingest of the folder in
// CHILD_LOGS into the store CHILD_STORE that commits every few objects, and a
// fold of the manifest of the first days.
func TestChild(t *testing.T) {
	path := os.Getenv("CHILD_STORE")
	if path == "" {
		t.Skip("started by TestKilled")
	}
	st, err := store.Open(context.Background(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ingestFolder(t, st, os.Getenv("CHILD_LOGS"), Options{Memory: 1 << 18})
	if err := st.Fold(context.Background(), trail.DayOf(suiteDay)+3); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestKilled kills ingest at random instants; the run that is left alone then
// finds nothing lost and nothing doubled. PRUNER_KILLS says how often; a process
// that had ended by then does not count.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	kills := 10
	if n, err := strconv.Atoi(os.Getenv("PRUNER_KILLS")); err == nil {
		kills = n
	}
	logs, dir := t.TempDir(), t.TempDir()
	delivered(10)(t, logs, events(3000, 4))
	started := time.Now()
	if out, err := child(t, filepath.Join(dir, "undisturbed"), logs).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	span := time.Since(started)
	want := counted(t, filepath.Join(dir, "undisturbed"))
	rng := rand.New(rand.NewPCG(uint64(kills), 5))
	living, late, parts := 0, 0, 0
	for i := 0; living < kills; i++ {
		path := filepath.Join(dir, fmt.Sprint("killed-", i))
		for range 1 + rng.IntN(4) {
			if kill(t, child(t, path, logs), time.Duration(rng.Int64N(int64(span)))) {
				living++
			} else if late, span = late+1, span*9/10; late > 10*kills { // the first run was slower than these
				t.Fatalf("%d processes had ended before they were killed, %d had not", late, living)
			}
		}
		if n := counted(t, path).Counts.Objects; n > 0 && n < want.Counts.Objects {
			parts++
		}
		if out, err := child(t, path, logs).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if diff := cmp.Diff(want, counted(t, path)); diff != "" {
			t.Fatalf("store %d: %s", i, diff)
		}
	}
	t.Logf("%d kills met a living process, %d came late; %d stores held a part", living, late, parts)
}

// delivered writes perFile records a file, under CloudTrail's names and on
// several days.
func delivered(perFile int) layout {
	return func(t *testing.T, dir string, records []json.RawMessage) {
		t.Helper()
		for i := 0; len(records) > 0; i++ {
			n := min(perFile, len(records))
			at := suiteDay.AddDate(0, 0, i%5).Add(time.Duration(i) * time.Minute)
			write(t, filepath.Join(dir, keyAt(false, "111122223333", "eu-west-1", at, i)), zip(envelope(records[:n])))
			records = records[n:]
		}
	}
}

func child(t *testing.T, path, logs string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestChild$")
	cmd.Env = append(os.Environ(), "CHILD_STORE="+path, "CHILD_LOGS="+logs)
	return cmd
}

// kill starts a process and kills it after a while. It reports whether there
// was something to kill.
func kill(t *testing.T, cmd *exec.Cmd, after time.Duration) bool {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { cmd.Process.Kill() })
	defer timer.Stop()
	return cmd.Wait() != nil
}

// countedStore is all that a store says, with its totals.
type countedStore struct {
	Says   ingested
	Counts store.Counts
}

func counted(t *testing.T, path string) (all countedStore) {
	t.Helper()
	st, err := store.Open(context.Background(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	all.Says = contents(t, st)
	if all.Counts, err = st.Counts(context.Background()); err != nil {
		t.Fatal(err)
	}
	return all
}
