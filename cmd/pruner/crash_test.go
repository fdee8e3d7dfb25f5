package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/ingest/s3test"
	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/trail"
)

// logFolder writes objects of ten events each, whose keys have so many letters:
// enough for several commits.
func logFolder(t *testing.T, objects, letters int) string {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(11, 12))
	for i := range objects {
		var b strings.Builder
		for j := range 10 {
			fmt.Fprintf(&b, `{"eventID":"%08x-0000-4000-8000-%012x","eventTime":"2026-10-%02dT%02d:00:00Z","eventSource":"s3.amazonaws.com",`+
				`"eventName":"GetObject","awsRegion":"eu-west-1","recipientAccountId":"111122223333","userIdentity":{"type":"AssumedRole",`+
				`"sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/r%d"}}},"requestParameters":{"bucketName":"b","key":"%0*d"}}`+"\n",
				i, j, 1+rng.IntN(28), rng.IntN(24), rng.IntN(5), letters, rng.IntN(1000))
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

// fullDisk is where too little room is: run ingests with so many kB, roomy
// with enough, both into the same store.
type fullDisk struct{ run, roomy func(path string) *exec.Cmd }

// fileLimit lets every write past the limit on a file's size fail.
func fileLimit(_ *testing.T, _, logs string, kB int) fullDisk {
	limited := func(path string) *exec.Cmd {
		return exec.Command("sh", "-c", fmt.Sprintf(`ulimit -f %d; exec pruner ingest --store "$1" "$2"`, 2*kB), "sh", path, logs)
	}
	return fullDisk{limited, func(path string) *exec.Cmd { return exec.Command("pruner", "ingest", "--store", path, logs) }}
}

// smallDisk is a file system of its own, which only root may make.
func smallDisk(t *testing.T, dir, logs string, kB int) fullDisk {
	mount := func(options string) {
		if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "none", dir).CombinedOutput(); err != nil {
			t.Skipf("a small disk cannot be made: %v %s", err, out)
		}
	}
	mount(fmt.Sprintf("size=%dk", kB))
	t.Cleanup(func() { exec.Command("umount", dir).Run() })
	ingest := func(path string) *exec.Cmd { return exec.Command("pruner", "ingest", "--store", path, logs) }
	return fullDisk{ingest, func(path string) *exec.Cmd { mount("remount,size=64m"); return ingest(path) }}
}

// TestFullDisk lets writes fail for want of room, at sizes from nothing to more
// than is needed: the run says so, and the next one, with room, completes it.
func TestFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	logs := logFolder(t, 300, 200)
	whole := filepath.Join(t.TempDir(), "undisturbed")
	ingestInto(t, whole, logs)
	want := whatStoreSays(t, whole)
	for name, make := range map[string]func(*testing.T, string, string, int) fullDisk{"limit": fileLimit, "disk": smallDisk} {
		t.Run(name, func(t *testing.T) {
			when := map[string]int{}
			for _, kB := range []int{4, 100, 700, 1400, 9000} {
				t.Run(fmt.Sprint(kB, "kB"), func(t *testing.T) {
					dir := t.TempDir()
					path := filepath.Join(dir, "s.duckdb")
					disk := make(t, dir, logs, kB)
					when[fill(t, disk, path)]++
					if out, err := disk.roomy(path).CombinedOutput(); err != nil {
						t.Fatalf("with room: %v\n%s", err, out)
					}
					if diff := cmp.Diff(want, whatStoreSays(t, path)); diff != "" {
						t.Error(diff)
					}
				})
			}
			if len(when) > 0 && (when["open store "] == 0 || when["commit "] == 0 || when[""] == 0) {
				t.Errorf("of making the store, committing and going through not all were met: %v", when)
			}
		})
	}
}

// fill runs out of room. It gives what was attempted then, "" where there was
// enough.
func fill(t *testing.T, disk fullDisk, path string) string {
	t.Helper()
	out, err := disk.run(path).CombinedOutput()
	if err == nil {
		return ""
	}
	for _, attempt := range []string{"open store ", "commit "} {
		if strings.Contains(string(out), "no room to write; make room") && strings.Contains(string(out), path) && strings.Contains(string(out), attempt) {
			return attempt
		}
	}
	t.Errorf("%v: the message does not say what was attempted, where and what to do: %s", err, out)
	return ""
}

// TestStoreInUse: a second process is told, and does no harm.
func TestStoreInUse(t *testing.T) {
	logs, path := logFolder(t, 20, 3), filepath.Join(t.TempDir(), "s.duckdb")
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

// TestInterrupt: Ctrl-C in the middle of a bucket keeps what was read, and the
// next run goes on; what the store then says is what a run without it says.
func TestInterrupt(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	server, dir := s3test.New("logs"), t.TempDir()
	t.Cleanup(server.Close)
	if err := server.Load(logFolder(t, 600, 3)); err != nil {
		t.Fatal(err)
	}
	for name, value := range pointAt(server) {
		t.Setenv(name, value)
	}
	whole, path := filepath.Join(dir, "whole"), filepath.Join(dir, "interrupted")
	ingestInto(t, whole, "s3://logs")
	server.SetFaults(s3test.Faults{Latency: 20 * time.Millisecond})
	cmd := exec.Command("pruner", "ingest", "--store", path, "s3://logs")
	var said bytes.Buffer
	cmd.Stderr = &said
	asked := server.Count("GetObject")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	server.Await("GetObject", asked+300)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != exitFailed || !strings.Contains(said.String(), "they are kept, the next run reads the rest") {
		t.Errorf("%v: %s", err, said.String())
	}
	if n := whatStoreSays(t, path).Counts.Objects; n == 0 || n == 600 {
		t.Errorf("%d of 600 objects are kept", n)
	}
	ingestInto(t, path, "s3://logs")
	if diff := cmp.Diff(whatStoreSays(t, whole), whatStoreSays(t, path)); diff != "" {
		t.Error(diff)
	}
}
