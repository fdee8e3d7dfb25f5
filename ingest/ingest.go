// Package ingest brings CloudTrail log objects into the store: it lists the
// sources, inflates and scans what is new, folds records into observations,
// and commits rows and manifest of many objects at a time. A record that
// cannot be read is counted with its object and index; it never ends a run.
package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/trail"
)

// Options are how a run works. The zero value works.
type Options struct {
	Jobs     int                                            // workers; 0 is one per processor
	Params   func(eventSource, eventName, path string) bool // parameters to keep; nil keeps none
	Progress func(Result)                                   // called after each commit; may be nil
}

// Result is what one run did.
type Result struct {
	Objects  int64            `json:"objects"`
	Events   int64            `json:"events"`   // records understood, of any type, duplicates too
	Rejected int64            `json:"rejected"` // records and whole objects that could not be read
	Skipped  int64            `json:"skipped"`  // objects known from an earlier run
	Bytes    int64            `json:"bytes"`    // inflated
	Seconds  float64          `json:"seconds"`
	Reasons  map[string]int64 `json:"reasons"` // why records were rejected, or understood but not use
}

// batchObjects is how many objects share a transaction: a transaction per
// object reaches some hundred objects a second, a thousand share its cost.
const batchObjects = 1000

// Run ingests what is new in the sources. When ctx ends it stops cleanly: what
// was committed stays, the next run goes on from there.
func Run(ctx context.Context, st *store.Store, sources []Source, options Options) (Result, error) {
	r := &runner{store: st, options: options, result: Result{Reasons: map[string]int64{}}, started: time.Now()}
	if r.options.Jobs <= 0 {
		r.options.Jobs = runtime.GOMAXPROCS(0)
	}
	var err error
	if r.known, err = st.Known(ctx); err != nil {
		return r.result, err
	}
	for _, s := range sources {
		if err := r.source(ctx, s); err != nil {
			return r.finish(), err
		}
	}
	return r.finish(), nil
}

type runner struct {
	store   *store.Store
	options Options
	known   map[string]string
	result  Result
	started time.Time
}

func (r *runner) finish() Result {
	r.result.Seconds = time.Since(r.started).Seconds()
	return r.result
}

// source ingests one source: a batch is read by the workers, then committed.
func (r *runner) source(ctx context.Context, s Source) error {
	var pending []Object
	for o, err := range s.List(ctx) {
		if err != nil {
			return err
		}
		if _, known := r.known[o.URI]; known {
			r.result.Skipped++
			continue
		}
		r.known[o.URI] = o.ETag
		if pending = append(pending, o); len(pending) == batchObjects {
			if err := r.batch(ctx, s, pending); err != nil {
				return err
			}
			pending = pending[:0]
		}
	}
	return r.batch(ctx, s, pending)
}

// batch reads objects with all workers and commits them together.
func (r *runner) batch(ctx context.Context, s Source, objects []Object) error {
	if len(objects) == 0 {
		return nil
	}
	queue := make(chan Object)
	workers := make([]*worker, r.options.Jobs)
	var group sync.WaitGroup
	for i := range workers {
		workers[i] = newWorker(r)
		group.Go(func() { workers[i].run(ctx, s, queue) })
	}
	for _, o := range objects {
		queue <- o
	}
	close(queue)
	group.Wait()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("ingest: stopped before %d objects were committed; the next run reads them: %w", len(objects), err)
	}
	return r.commit(ctx, workers)
}

// commit merges what the workers folded and appends it. Rows are sorted, so
// that the same batch is the same bytes whatever the workers' pace.
func (r *runner) commit(ctx context.Context, workers []*worker) error {
	all := newFolder()
	var batch store.Batch
	hours := map[store.Hour]bool{}
	for _, w := range workers {
		for key, o := range w.folder.byKey {
			all.merge(key, o)
		}
		for h := range w.hours {
			hours[h] = true
		}
		batch.Objects = append(batch.Objects, w.objects...)
		batch.Rejects = append(batch.Rejects, w.rejects...)
		r.result.Bytes += w.bytes
		for reason, n := range w.reasons {
			r.result.Reasons[reason] += n
		}
	}
	batch.Observations = all.sorted()
	for h := range hours {
		batch.Hours = append(batch.Hours, h)
	}
	sortBatch(&batch)
	if err := r.store.Append(ctx, &batch); err != nil {
		return err
	}
	for _, o := range batch.Objects {
		r.result.Objects++
		r.result.Events += o.Records
		r.result.Rejected += o.Rejects
	}
	if r.options.Progress != nil {
		r.options.Progress(r.finish())
	}
	return nil
}

func sortBatch(b *store.Batch) {
	slices.SortFunc(b.Hours, func(x, y store.Hour) int {
		return compareAll(strings.Compare(x.Account, y.Account), strings.Compare(x.Region, y.Region), int(x.Hour-y.Hour))
	})
	slices.SortFunc(b.Objects, func(x, y store.Object) int { return strings.Compare(x.URI, y.URI) })
	slices.SortFunc(b.Rejects, func(x, y store.Reject) int {
		return compareAll(strings.Compare(x.URI, y.URI), x.Index-y.Index)
	})
}

func compareAll(results ...int) int {
	for _, c := range results {
		if c != 0 {
			return c
		}
	}
	return 0
}

// worker reads objects, one at a time, and folds what they hold.
type worker struct {
	runner  *runner
	options RecordOptions
	folder  *folder
	hours   map[store.Hour]bool
	objects []store.Object
	rejects []store.Reject
	reasons map[string]int64
	bytes   int64
}

func newWorker(r *runner) *worker {
	return &worker{
		runner: r, folder: newFolder(), hours: map[store.Hour]bool{}, reasons: map[string]int64{},
		options: RecordOptions{Params: r.options.Params, SessionKey: r.store.SessionKey()},
	}
}

func (w *worker) run(ctx context.Context, s Source, queue <-chan Object) {
	for o := range queue {
		if ctx.Err() == nil {
			w.object(ctx, s, o)
		}
	}
}

// object reads one object. What fails is a reject row, not an error.
func (w *worker) object(ctx context.Context, s Source, o Object) {
	row := store.Object{URI: o.URI, ETag: o.ETag, Size: o.Size}
	data, err := readObject(ctx, s, o)
	sum := sha256.Sum256(data)
	row.SHA256 = hex.EncodeToString(sum[:])
	w.bytes += int64(len(data))
	index := -1
	scan(data, o.URI, &w.options, func(r *trail.Record, err error) bool {
		index++
		if err != nil {
			w.reject(&row, err)
			return true
		}
		if r.EventTime.IsZero() {
			w.reject(&row, &RecordError{o.URI, index, errNoTime})
			return true
		}
		row.Records++
		w.record(r)
		return true
	})
	if err != nil {
		w.reject(&row, &RecordError{o.URI, -1, err})
	}
	w.objects = append(w.objects, row)
}

// errNoTime: without a time a record is evidence of nothing.
var errNoTime = errors.New("the record has no eventTime")

func readObject(ctx context.Context, s Source, o Object) ([]byte, error) {
	r, err := s.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return inflate(r)
}

func (w *worker) reject(row *store.Object, err error) {
	row.Rejects++
	index := -1
	var re *RecordError
	if errors.As(err, &re) {
		index, err = re.Index, re.Err
	}
	w.rejects = append(w.rejects, store.Reject{URI: row.URI, Index: index, Reason: err.Error()})
	w.reasons[reasonOf(index, err)]++
}

// reasonOf names the kind of a failure; the store keeps its details.
func reasonOf(index int, err error) string {
	switch {
	case errors.Is(err, errNoTime), errors.Is(err, errNoName), errors.Is(err, errDepth):
		return err.Error()
	case errors.Is(err, errTruncated):
		return "the text ends inside a record"
	case index < 0:
		return "the object cannot be read"
	}
	return "not readable as a record"
}

// record folds a record in, or counts why it is not use.
func (w *worker) record(r *trail.Record) {
	w.hours[store.Hour{Account: r.Account, Region: r.Region, Hour: r.EventTime.Unix() / 3600}] = true
	switch r.Category {
	case "", "Management", "Data":
		w.folder.add(r)
	default:
		w.reasons["never use: "+r.Category]++
	}
}

func (f *folder) merge(key string, o *trail.Observation) {
	if have := f.byKey[key]; have != nil {
		have.Merge(o)
		return
	}
	f.byKey[key] = o
}

func (f *folder) sorted() []*trail.Observation {
	keys := make([]string, 0, len(f.byKey))
	for k := range f.byKey {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make([]*trail.Observation, len(keys))
	for i, k := range keys {
		out[i] = f.byKey[k]
	}
	return out
}
