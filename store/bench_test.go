//go:build unix

package store

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// BenchmarkKnown reads the manifest of 100,000 objects, or of
// PRUNER_BENCH_OBJECTS: what a run does before it lists anything.
func BenchmarkKnown(b *testing.B) {
	objects := 100_000
	if n, err := strconv.Atoi(os.Getenv("PRUNER_BENCH_OBJECTS")); err == nil {
		objects = n
	}
	ctx := context.Background()
	path := filepath.Join(b.TempDir(), "s.duckdb")
	s, err := Open(ctx, path, Options{Memory: 512 << 20})
	if err != nil {
		b.Fatal(err)
	}
	_, err = s.db.Exec(`
		INSERT INTO object
		SELECT 's3://logs/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/10/20/111122223333_CloudTrail_eu-west-1_' || i || '.json.gz',
			'', hash(i), hash(i + 1000000000), 5000, '', 30, 0, '111122223333', 'eu-west-1', i, i + 300
		FROM range(?) AS r(i)`, objects)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	before := processorTime(b)
	defer func() { b.ReportMetric((processorTime(b)-before).Seconds()/float64(b.N), "cpu-s/op") }()
	for b.Loop() {
		s, err := Open(ctx, path, Options{Memory: 512 << 20})
		if err != nil {
			b.Fatal(err)
		}
		known, err := s.Known(ctx)
		if err != nil || known.Len() != objects {
			b.Fatal(known.Len(), err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err == nil {
		b.ReportMetric(float64(info.Size())/float64(objects), "B/object")
	}
}

// processorTime is what a busy machine does not stretch.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
