package ingest

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/pruner/pruner/ingest/s3test"
	"github.com/pruner/pruner/store"
)

// BenchmarkBucket ingests small objects over HTTP from a server on this machine
// that answers after 20 ms. The share is of what the latency allows:
// in-flight requests / 20 ms.
func BenchmarkBucket(b *testing.B) {
	const latency = 20 * time.Millisecond
	for _, inFlight := range []int{8, 32, 128, 256} {
		b.Run(strconv.Itoa(inFlight), func(b *testing.B) {
			server := s3Server(b)
			objects := 256 * inFlight // so that 5 s pass at the least
			for n := range objects {
				at := suiteDay.Add(time.Duration(n) * time.Second)
				server.Put(keyAt(false, "111122223333", "eu-west-1", at, n), oneEvent("111122223333", "eu-west-1", at, n), nil)
			}
			server.SetFaults(s3test.Faults{Latency: latency})
			for b.Loop() {
				src := mustOpen(b, SourceOptions{InFlight: inFlight}, "s3://logs")
				got := benchRun(b, src, Options{Memory: 256 << 20})
				speed := float64(got.Objects) / got.Seconds
				b.ReportMetric(speed, "objects/s")
				b.ReportMetric(100*speed*latency.Seconds()/float64(inFlight), "%_of_latency")
			}
		})
	}
}

// BenchmarkNothingNew is a run over a bucket of which all is known: of 10⁷
// objects in the store the last days are listed again. Opening the store is
// part of it.
func BenchmarkNothingNew(b *testing.B) {
	const known = 10_000_000
	if testing.Short() {
		b.Skip("writes a manifest of 10⁷ objects")
	}
	ctx := context.Background()
	server := s3Server(b)
	at := suiteDay
	for n := range 1000 {
		server.Put(keyAt(false, "111122223333", "eu-west-1", at, n), oneEvent("111122223333", "eu-west-1", at, n), nil)
	}
	path := filepath.Join(b.TempDir(), "s.duckdb")
	st, err := store.Open(ctx, path, store.Options{Memory: 512 << 20})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := Run(ctx, st, []Source{mustOpen(b, SourceOptions{Now: at}, "s3://logs")}, Options{}); err != nil {
		b.Fatal(err)
	}
	for n := 0; n < known; n += 100_000 {
		fillManifest(b, st, n, 100_000)
	}
	if err := st.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		st, err := store.Open(ctx, path, store.Options{Memory: 512 << 20})
		if err != nil {
			b.Fatal(err)
		}
		got, err := Run(ctx, st, []Source{mustOpen(b, SourceOptions{Now: at}, "s3://logs")}, Options{})
		if err != nil || got.Objects != 0 {
			b.Fatal(got, err)
		}
		if err := st.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func fillManifest(b *testing.B, st *store.Store, from, count int) {
	b.Helper()
	batch := newBatch()
	for n := from; n < from+count; n++ {
		uri := fmt.Sprintf("s3://old/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/09/%02d/111122223333_CloudTrail_eu-west-1_20260901T0000Z_%016x.json.gz", n%30+1, n)
		batch.rows.Objects = append(batch.rows.Objects, store.Object{URI: uri, ETag: "0123456789abcdef0123456789abcdef", Size: 1000, Records: 10})
	}
	if err := st.Append(context.Background(), &batch.rows); err != nil {
		b.Fatal(err)
	}
}
