//go:build unix

package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/pruner/pruner/store"
)

// quarter is a source of n objects that were delivered on 90 days to 400
// regions of accounts; none is ever opened.
type quarter struct {
	n   int
	end time.Time
}

func (q quarter) List(context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		for i := range q.n {
			at := q.end.AddDate(0, 0, -i%90)
			account, region := fmt.Sprint(111122223300+i/90%20), fmt.Sprint("eu-west-", i/1800%20)
			if !yield(Object{URI: "s3://logs/" + keyAt(false, account, region, at, i)}, nil) {
				return
			}
		}
	}
}

func (q quarter) Open(context.Context, Object) (io.ReadCloser, error) {
	return nil, errors.New("opened what is known")
}

// BenchmarkNothingNew is a run over 100,000 known objects, or over
// PRUNER_BENCH_OBJECTS, two thirds of them folded; listing-s is what making the
// list takes alone.
func BenchmarkNothingNew(b *testing.B) {
	q := quarter{100_000, time.Now()}
	if n, err := strconv.Atoi(os.Getenv("PRUNER_BENCH_OBJECTS")); err == nil {
		q.n = n
	}
	ctx, path := context.Background(), filepath.Join(b.TempDir(), "s.duckdb")
	fillManifest(b, path, q)
	started := time.Now()
	for range q.List(ctx) {
	}
	listing := time.Since(started)
	report := cpu(b)
	for b.Loop() {
		st, err := store.Open(ctx, path, store.Options{Memory: 512 << 20})
		if err != nil {
			b.Fatal(err)
		}
		got, err := Run(ctx, st, []Source{q}, Options{})
		if err == nil {
			err = st.Fold(ctx, Settled(time.Now()))
		}
		if err != nil || got.Objects != 0 || got.Skipped != int64(q.n) {
			b.Fatalf("%+v, %v", got, err)
		}
		if err := st.Close(); err != nil {
			b.Fatal(err)
		}
	}
	report()
	b.ReportMetric(listing.Seconds(), "listing-s")
}

// fillManifest makes a store that has read all of a quarter.
func fillManifest(b *testing.B, path string, q quarter) {
	b.Helper()
	ctx := context.Background()
	st, err := store.Open(ctx, path, store.Options{Memory: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	var rows store.Batch
	for o := range q.List(ctx) {
		rows.Objects = append(rows.Objects, store.Object{URI: o.URI, ETag: fmt.Sprintf("%032x", len(rows.Objects)*7919), Size: 5000, Records: 30})
		if len(rows.Objects) == batchObjects {
			if err := st.Append(ctx, &rows); err != nil {
				b.Fatal(err)
			}
			rows.Objects = rows.Objects[:0]
		}
	}
	if err := st.Append(ctx, &rows); err != nil {
		b.Fatal(err)
	}
	if err := st.Fold(ctx, Settled(time.Now())); err != nil {
		b.Fatal(err)
	}
}
