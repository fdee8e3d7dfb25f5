//go:build unix

package ingest

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/trail"
)

// benchLogs is the folder the benchmarks read: PRUNER_BENCH_LOGS (the target
// bench-ingest makes a large one), or the bundled sample.
func benchLogs(b *testing.B) (dir string, paths []string) {
	b.Helper()
	dir = os.Getenv("PRUNER_BENCH_LOGS")
	if dir == "" {
		dir = "../testdata/cloudtrail/logs"
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && isLog(path) {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return dir, paths
}

// cpu reports the processor time of a round, which a busy machine does not
// stretch as it does the time. Call what it gives behind the rounds.
func cpu(b *testing.B) func() {
	before := processorTime(b)
	return func() { b.ReportMetric((processorTime(b)-before).Seconds()/float64(b.N), "cpu-s/op") }
}

// processorTime is what this process and those it waited for have used.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	total := time.Duration(0)
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			b.Fatal(err)
		}
		total += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return total
}

// eachFile runs f over every file, on one processor, and reports the speed in
// inflated bytes.
func eachFile(b *testing.B, f func(o *opener, r io.Reader) int64) {
	_, paths := benchLogs(b)
	o := newOpener(false)
	defer cpu(b)()
	for b.Loop() {
		total := int64(0)
		for _, path := range paths {
			file, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			total += f(o, file)
			file.Close()
		}
		b.SetBytes(total)
		b.ReportMetric(float64(len(paths)), "objects")
	}
}

// BenchmarkFloor inflates and does nothing else.
func BenchmarkFloor(b *testing.B) {
	eachFile(b, func(o *opener, r io.Reader) int64 {
		w := o.open(r)
		for w.more(len(w.data)) {
		}
		return w.total
	})
}

// BenchmarkScan inflates, scans and folds, without a store.
func BenchmarkScan(b *testing.B) {
	c := catalog.Default()
	s := newScanner(newDecoder(&RecordOptions{Params: c.Param, Below: c.ParamBelow, Cut: c.Cut}))
	folding := trail.NewFolding()
	eachFile(b, func(o *opener, r io.Reader) int64 {
		w := o.open(r)
		s.scan(w, "", func(r *trail.Record, err error) bool {
			if err == nil {
				folding.Add(r)
			}
			return true
		})
		if folding.Size() > batchMemory {
			folding = trail.NewFolding()
		}
		return w.total
	})
}

// BenchmarkRun is the whole of ingest, with a new store each time.
func BenchmarkRun(b *testing.B) {
	dir, _ := benchLogs(b)
	c := catalog.Default()
	defer cpu(b)()
	for b.Loop() {
		src, err := Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		got := benchRun(b, src, Options{RecordOptions: RecordOptions{Params: c.Param, Below: c.ParamBelow, Cut: c.Cut}})
		b.SetBytes(got.Bytes)
		b.ReportMetric(float64(got.Objects)/got.Seconds, "objects/s")
		b.ReportMetric(float64(got.Events)/got.Seconds, "events/s")
	}
}

func benchRun(b *testing.B, src Source, options Options) Result {
	b.Helper()
	ctx := context.Background()
	st, err := store.Open(ctx, filepath.Join(b.TempDir(), "s.duckdb"), store.Options{Memory: 256 << 20})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	got, err := Run(ctx, st, []Source{src}, options)
	if err != nil {
		b.Fatal(err)
	}
	return got
}

// BenchmarkZcat is what the others are measured against.
func BenchmarkZcat(b *testing.B) {
	dir, _ := benchLogs(b)
	defer cpu(b)()
	for b.Loop() {
		out, err := exec.Command("sh", "-c", `find "$1" -name '*.gz' -print0 | xargs -0 zcat | wc -c`, "sh", dir).Output()
		if err != nil {
			b.Skip("zcat is not here: ", err)
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(n)
	}
}

// BenchmarkReadJSON is DuckDB's reader making the same fold.
func BenchmarkReadJSON(b *testing.B) {
	dir, _ := benchLogs(b)
	defer cpu(b)()
	for b.Loop() {
		byReadJSON(b, dir)
	}
}

// made is a source whose objects are made as they are read: each record reads
// an S3 key of its own.
type made struct{ objects, perObject int }

func (m made) List(context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		for i := range m.objects {
			if !yield(Object{URI: fmt.Sprintf("made/%08d.json", i)}, nil) {
				return
			}
		}
	}
}

func (m made) Open(_ context.Context, o Object) (io.ReadCloser, error) {
	var n int
	if _, err := fmt.Sscanf(o.URI, "made/%d.json", &n); err != nil {
		return nil, err
	}
	var b strings.Builder
	for i := range m.perObject {
		id := n*m.perObject + i
		at := time.Date(2026, 8, 1, 0, 0, id%(90*86400), 0, time.UTC)
		fmt.Fprintf(&b, `{"eventID":"%08x-0000-4000-8000-%012x","eventTime":%q,"eventSource":"s3.amazonaws.com","eventName":"GetObject",`+
			`"awsRegion":"eu-west-1","recipientAccountId":"111122223333","userIdentity":{"type":"AssumedRole","sessionContext":{"sessionIssuer":`+
			`{"arn":"arn:aws:iam::111122223333:role/reader"}}},"requestParameters":{"bucketName":"b","key":"objects/%d"}}`+"\n",
			n, i, at.Format(time.RFC3339), id)
	}
	return io.NopCloser(strings.NewReader(b.String())), nil
}

// BenchmarkDistinctKeys ingests records that fold into nothing, PRUNER_BENCH_KEYS
// of them, with the memory of a 512 MiB run, and reports the peak.
func BenchmarkDistinctKeys(b *testing.B) {
	for b.Loop() {
		got := benchRun(b, distinctKeys(), Options{RecordOptions: keepAll, Memory: 128 << 20})
		b.ReportMetric(float64(got.Events)/got.Seconds, "events/s")
	}
	b.ReportMetric(peakMB(b), "MB-peak")
}

// BenchmarkReadDistinctKeys reads them back, all one principal's, with the same
// memory.
func BenchmarkReadDistinctKeys(b *testing.B) {
	ctx := context.Background()
	st, err := store.Open(ctx, filepath.Join(b.TempDir(), "s.duckdb"), store.Options{Memory: 256 << 20})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	keys := distinctKeys()
	if _, err := Run(ctx, st, []Source{keys}, Options{RecordOptions: keepAll, Memory: 128 << 20}); err != nil {
		b.Fatal(err)
	}
	defer cpu(b)()
	for b.Loop() {
		n := 0
		for _, err := range st.Observations(ctx, store.Query{}) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != keys.objects*keys.perObject {
			b.Fatal(n)
		}
	}
	b.ReportMetric(peakMB(b), "MB-peak")
}

func distinctKeys() made {
	keys := 200_000
	if n, err := strconv.Atoi(os.Getenv("PRUNER_BENCH_KEYS")); err == nil {
		keys = n
	}
	return made{keys / 1000, 1000}
}

// peakMB is the most memory the process ever had, in MB.
func peakMB(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseFloat(strings.Fields(kb)[0], 64)
			if err != nil {
				b.Fatal(err)
			}
			return n / 1000
		}
	}
	return 0
}
