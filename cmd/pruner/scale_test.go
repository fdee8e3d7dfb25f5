package main

import (
	"bytes"
	"os"
	"path/filepath"
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
		var out, errs bytes.Buffer
		if code := run(b.Context(), []string{"run", "--config", filepath.Join(dir, "config.yaml")}, streams{out: &out, err: &errs}); code != 0 {
			b.Fatalf("exit code %d: %s", code, errs.String())
		}
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	seconds := float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
	b.ReportMetric(seconds/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(usage.Maxrss)/1024, "peak-MiB")
}
