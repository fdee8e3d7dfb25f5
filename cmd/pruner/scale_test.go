package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// BenchmarkScale is the whole job on a store that scripts/scale filled, whose
// folder PRUNER_BENCH_SCALE names; `make bench-scale` does both. It reports the
// processor time and the most memory that was resident.
func BenchmarkScale(b *testing.B) {
	dir := os.Getenv("PRUNER_BENCH_SCALE")
	if dir == "" {
		b.Skip("PRUNER_BENCH_SCALE names no folder; run make bench-scale")
	}
	for b.Loop() {
		inScale(b, dir, "run")
	}
	reportUse(b)
}

// BenchmarkDiffRepo is `pruner diff` end to end on a store and a repo of
// Terraform that scripts/scale made, in the folder that PRUNER_BENCH_REPO names;
// `make bench-monorepo` does both. It reports the edits too.
func BenchmarkDiffRepo(b *testing.B) {
	dir := os.Getenv("PRUNER_BENCH_REPO")
	if dir == "" {
		b.Skip("PRUNER_BENCH_REPO names no folder; run make bench-monorepo")
	}
	var patch, problems string
	for b.Loop() {
		patch, problems = inScale(b, dir, "diff")
	}
	reportUse(b)
	b.ReportMetric(float64(strings.Count(patch, "diff --git ")), "files-edited")
	b.ReportMetric(float64(strings.Count(problems, "no edit for")), "declined")
}

// inScale runs a command on what scripts/scale made.
func inScale(b *testing.B, dir, command string) (out, problems string) {
	b.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(b.Context(), []string{command, "--config", filepath.Join(dir, "config.yaml")}, streams{out: &stdout, err: &stderr}); code != 0 {
		b.Fatalf("exit code %d: %s", code, stderr.String())
	}
	return stdout.String(), stderr.String()
}

// reportUse adds the processor time and the most memory of the process.
func reportUse(b *testing.B) {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	seconds := float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
	b.ReportMetric(seconds/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(usage.Maxrss)/1024, "peak-MiB")
}
