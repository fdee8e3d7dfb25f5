package ingest

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/trail"
)

// A batch is committed when it holds this many objects, bytes of rows or
// inflated bytes, or was begun so long ago, so that a run that is killed has
// little to do again, and that little is left to commit when the last object is
// read.
const (
	batchObjects = 20_000
	batchMemory  = 32 << 20
	batchBytes   = 1 << 30
	batchAge     = time.Minute
)

// batch is what a worker folded of some whole objects.
type batch struct {
	rows    store.Batch
	reasons map[string]int64
	bytes   int64
	begun   time.Time
}

func newBatch() *batch {
	return &batch{rows: store.Batch{Folding: trail.NewFolding()}, reasons: map[string]int64{}}
}

// reset empties a batch that is committed.
func (b *batch) reset() {
	b.rows.Folding.Reset()
	clear(b.reasons)
	*b = batch{rows: store.Batch{Objects: b.rows.Objects[:0], Rejects: b.rows.Rejects[:0], Folding: b.rows.Folding}, reasons: b.reasons}
}

// worker reads objects, one at a time, and folds what they hold.
type worker struct {
	runner  *runner
	batch   *batch
	files   folderFiles
	opener  *opener
	scanner *scanner
	placer  placer
	row     store.Object // the object that is read
	index   int          // of its record, from 0
	yield   yieldRecord  // see, made once
	limit   int          // bytes a batch may take
}

func newWorker(r *runner) *worker {
	// Each worker fills one batch while one waits and one is being committed,
	// which copies it; garbage takes less than as much again.
	w := &worker{
		runner: r, batch: newBatch(), opener: newOpener(r.options.Digest), scanner: newScanner(newDecoder(&r.options.RecordOptions)),
		limit: min(int(r.options.Memory)/(4*(r.options.Jobs+3)), batchMemory),
	}
	w.yield = w.see
	return w
}

func (w *worker) run(ctx context.Context) {
	defer w.files.close()
	items := make([]item, 0, takeAtOnce)
	for {
		if items = w.runner.queue.take(items); len(items) == 0 {
			break
		}
		for i := range items {
			if ctx.Err() == nil {
				w.object(ctx, &items[i])
			}
			items[i].fetched.release()
		}
	}
	w.flush()
}

func (w *worker) flush() {
	if len(w.batch.rows.Objects) > 0 {
		w.runner.batches <- w.batch
		select {
		case w.batch = <-w.runner.empty:
		default:
			w.batch = newBatch()
		}
	}
}

// object reads one object. What fails is a reject row, not an error.
func (w *worker) object(ctx context.Context, i *item) {
	w.row = store.Object{URI: i.URI, ETag: i.ETag, Size: i.Size}
	before := w.batch.bytes
	w.placer.reset()
	r, err := w.open(ctx, i)
	if err == nil {
		err = w.scan(r)
		r.Close()
	}
	rejects := &w.batch.rows.Rejects
	var away *unavailableError
	if err != nil && errors.As(err, &away) {
		// What was folded of it is folded again by the next run, to the same.
		*rejects = (*rejects)[:len(*rejects)-int(w.row.Rejects)]
		w.runner.misses.add(i.URI, err)
		return
	}
	if err != nil {
		w.reject(-1, err)
	}
	w.placer.finish(&w.row, (*rejects)[len(*rejects)-int(w.row.Rejects):])
	if len(w.batch.rows.Objects) == 0 {
		w.batch.begun = time.Now()
	}
	w.batch.rows.Objects = append(w.batch.rows.Objects, w.row)
	w.runner.progress.sawRead(i.Size, w.row.Records, w.batch.bytes-before)
	if w.full() {
		w.flush()
	}
}

// open opens an object, which is closed before the next one is opened.
func (w *worker) open(ctx context.Context, i *item) (io.ReadCloser, error) {
	if i.fetched != nil {
		return i.fetched.open()
	}
	if s, ok := i.source.(folderSource); ok {
		return w.files.open(s.path(i.Object))
	}
	return i.source.Open(ctx, i.Object)
}

func (w *worker) full() bool {
	b := w.batch
	return len(b.rows.Objects) >= batchObjects || b.bytes >= batchBytes || b.rows.Folding.Size() >= w.limit || time.Since(b.begun) >= w.runner.options.Age
}

// scan folds an object's records. Its error is that the object is out of
// reach; any other is a reject row.
func (w *worker) scan(r io.Reader) error {
	win := w.opener.open(r)
	w.index = -1
	w.scanner.scan(win, w.row.URI, w.yield)
	w.row.SHA256 = win.digest()
	if w.row.ETag == "" {
		w.row.Size, w.row.ETag = win.lies, strconv.FormatInt(win.lies, 10)
	}
	w.batch.bytes += win.total
	var away *unavailableError
	if win.err != nil && errors.As(win.err, &away) {
		return away
	}
	return nil
}

// see takes a record of the object, or why it is none.
func (w *worker) see(r *trail.Record, err error) bool {
	w.index++
	switch {
	case err != nil:
		w.unread(err)
	case r.EventTime.IsZero() && r.NeverUse() == "":
		w.reject(w.index, errNoTime)
	default:
		w.row.Records++
		w.record(r)
	}
	return true
}

func (w *worker) unread(err error) {
	var bad *RecordError
	if errors.As(err, &bad) {
		w.reject(bad.Index, bad.Err)
	} else {
		w.reject(w.index, err)
	}
}

// errNoTime: without a time a record is evidence of nothing.
var errNoTime = errors.New("the record has no eventTime")

func (w *worker) reject(index int, err error) {
	w.row.Rejects++
	w.placer.missed()
	w.batch.rows.Rejects = append(w.batch.rows.Rejects, store.Reject{URI: w.row.URI, Index: index, Reason: err.Error()})
	w.batch.reasons[reasonOf(index, err)]++
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
	never := r.NeverUse()
	if !r.EventTime.IsZero() { // as that of an aggregated event
		w.placer.saw(r)
	}
	switch {
	case never == "":
		w.batch.rows.Folding.Add(r)
	case !r.EventTime.IsZero():
		w.batch.rows.Folding.Saw(r)
	}
	if never != "" {
		w.batch.reasons["never use: "+never]++
	}
}
