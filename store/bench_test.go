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

	"github.com/pruner/pruner/trail"
)

// BenchmarkKnown reads the manifest of 100,000 objects, or of
// PRUNER_BENCH_OBJECTS, of 90 days and two thirds of them folded: what a run
// does before it lists anything. fold-s is the processor time that the fold
// took.
func BenchmarkKnown(b *testing.B) {
	objects := 100_000
	if n, err := strconv.Atoi(os.Getenv("PRUNER_BENCH_OBJECTS")); err == nil {
		objects = n
	}
	ctx := context.Background()
	path := filepath.Join(b.TempDir(), "s.duckdb")
	folded := fillManifest(b, path, objects)
	before := processorTime(b)
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
	b.ReportMetric((processorTime(b)-before).Seconds()/float64(b.N), "cpu-s/op")
	b.ReportMetric(folded.Seconds(), "fold-s")
	if info, err := os.Stat(path); err == nil {
		b.ReportMetric(float64(info.Size())/float64(objects), "B/object")
	}
}

// fillManifest makes a store and folds what is older than 30 of its 90 days. It
// gives the processor time of the fold.
func fillManifest(b *testing.B, path string, objects int) time.Duration {
	b.Helper()
	ctx := context.Background()
	s, err := Open(ctx, path, Options{Memory: 512 << 20})
	if err != nil {
		b.Fatal(err)
	}
	last := trail.DayOf(time.Now())
	_, err = s.db.Exec(`
		INSERT INTO object
		SELECT 's3://logs/AWSLogs/' || account || '/CloudTrail/' || region || '/' || strftime(day, '%Y/%m/%d') || '/' ||
		       account || '_CloudTrail_' || region || '_' || strftime(day, '%Y%m%d') || 'T0000Z_' || left(md5(i::VARCHAR), 16) || '.json.gz',
		       md5(i::VARCHAR), hash(i), hash(i + 1000000000), 5000, '', 30, 0, account, region, 1, 2, day - DATE '1970-01-01', 1 + i % 1000
		FROM (SELECT i, 111122223300 + i % 20 AS account, 'eu-west-' || i // 20 % 20 AS region,
		             DATE '1970-01-01' + (? - 89 + i * 90 // ?)::INTEGER AS day FROM range(?) AS r(i))`, int32(last), objects, objects)
	if err != nil {
		b.Fatal(err)
	}
	before := processorTime(b)
	if err := s.Fold(ctx, last-30); err != nil {
		b.Fatal(err)
	}
	took := processorTime(b) - before
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return took
}

// processorTime is what a busy machine does not stretch.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkNote notes what a checkpoint may tear in the store of BenchmarkKnown,
// which is done once a checkpoint.
func BenchmarkNote(b *testing.B) {
	path := filepath.Join(b.TempDir(), "s.duckdb")
	fillManifest(b, path, 100_000)
	s, err := Open(b.Context(), path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for b.Loop() {
		s.guard.noted = head{}
		if err := s.guard.note(b.Context(), s.db); err != nil {
			b.Fatal(err)
		}
	}
	if info, err := os.Stat(s.guard.undo); err == nil {
		b.ReportMetric(float64(info.Size()), "B")
	}
}
