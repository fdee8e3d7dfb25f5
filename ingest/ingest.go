// Package ingest brings CloudTrail log objects into the store: it lists the
// sources, inflates and scans what is new, folds records into observations,
// and commits rows and manifest of many objects at a time. A record that
// cannot be read is counted with its object and index; it never ends a run.
package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pruner/pruner/store"
)

// Options are how a run works. The zero value works.
type Options struct {
	RecordOptions
	Jobs     int            // workers that inflate and scan; 0 is one per processor
	Memory   int64          // bytes that what waits to be committed may take; 0 is 1 GiB
	Digest   bool           // take the SHA-256 of what was inflated, a sixth of the work
	Progress func(Progress) // called after each commit, by one goroutine at a time; may be nil
	Every    time.Duration  // calls Progress so often, too; 0 does not
	Age      time.Duration  // what was read so long ago is committed, full batch or not; 0 is a minute
}

// Result is what one run did.
type Result struct {
	Objects  int64            `json:"objects"`
	Events   int64            `json:"events"`   // records understood, of any type, duplicates too
	Rejected int64            `json:"rejected"` // records and whole objects that could not be read
	Skipped  int64            `json:"skipped"`  // objects known from an earlier run
	Changed  []string         `json:"-"`        // those of them that are not what they were; each counts as rejected
	Bytes    int64            `json:"bytes"`    // inflated
	Seconds  float64          `json:"seconds"`
	Reasons  map[string]int64 `json:"reasons"` // why records were rejected, or understood but not use

	// Unreadable are the first of the Rejected, by object and record.
	Unreadable []Unreadable `json:"unreadable,omitempty"`

	// Integrity is what [CheckDigests] found; nil where integrity is off.
	Integrity *store.Judgement `json:"integrity,omitempty"`
}

// Unreadable is a record that could not be read.
type Unreadable struct {
	Object string `json:"object"`
	Record int    `json:"record"` // its index in the object, from 0; -1 is the object
	Reason string `json:"reason"`
}

// maxUnreadable bounds Result.Unreadable: all are in the store.
const maxUnreadable = 10

// unreadable notes the rejects of a batch, in whatever order batches come.
func (r *Result) unreadable(rejects []store.Reject) {
	for i := range rejects {
		r.Unreadable = append(r.Unreadable, Unreadable{rejects[i].URI, rejects[i].Index, rejects[i].Reason})
	}
	slices.SortFunc(r.Unreadable, func(x, y Unreadable) int {
		return cmp.Or(strings.Compare(x.Object, y.Object), cmp.Compare(x.Record, y.Record), strings.Compare(x.Reason, y.Reason))
	})
	r.Unreadable = slices.Clone(r.Unreadable[:min(len(r.Unreadable), maxUnreadable)])
}

// Run ingests what is new in the sources. When ctx ends it stops cleanly: what
// was read so far is committed, and the next run goes on from there.
//
// One goroutine lists; those of the source, if it is a [Remote], fetch;
// Options.Jobs inflate, scan and fold, each for itself; one commits. A batch
// holds whole objects, so that an object is in the store or is not.
func Run(ctx context.Context, st *store.Store, sources []Source, options Options) (Result, error) {
	known, err := st.Known(ctx)
	if err != nil {
		return Result{}, err
	}
	if options.Jobs <= 0 {
		options.Jobs = runtime.GOMAXPROCS(0)
	}
	if options.Memory <= 0 {
		options.Memory = 1 << 30
	}
	if options.Age <= 0 {
		options.Age = batchAge
	}
	options.SessionKey = st.SessionKey()
	manyThreads, err := st.OneThread(ctx)
	if err != nil {
		return Result{}, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r := &runner{
		store: st, options: options, known: known, stop: stop, started: time.Now(),
		queue: newQueue(), batches: make(chan *batch), empty: make(chan *batch, options.Jobs+1),
		progress: progress{started: time.Now(), report: options.Progress},
		result:   Result{Reasons: map[string]int64{}}, manyThreads: manyThreads,
	}
	got, err := r.run(ctx, sources)
	return got, errors.Join(err, manyThreads())
}

type runner struct {
	store       *store.Store
	options     Options
	known       *store.Manifest
	stop        context.CancelCauseFunc
	started     time.Time
	queue       *queue
	batches     chan *batch
	empty       chan *batch  // committed, to be filled again
	manyThreads func() error // lets the store work in several threads, as it may once the workers have nothing to do
	result      Result       // the committer's, but for Skipped
	skipped     int64
	changed     []store.Change
	misses      misses

	progress progress
}

func (r *runner) run(ctx context.Context, sources []Source) (Result, error) {
	var workers, committer sync.WaitGroup
	for range r.options.Jobs {
		workers.Go(func() { newWorker(r).run(ctx) })
	}
	committer.Go(func() { r.commitAll(ctx) })
	ticking, ticked := context.WithCancel(ctx)
	defer ticked()
	committer.Go(func() { r.progress.tellEvery(ticking, r.options.Every) })
	err := r.resume(ctx, sources)
	if err == nil {
		err = r.list(ctx, sources)
	}
	r.progress.listed.Store(err == nil)
	r.queue.close()
	workers.Wait()
	close(r.batches)
	ticked()
	committer.Wait()
	r.result.Skipped = r.skipped
	err = errors.Join(err, r.noteChanged(ctx))
	r.result.Seconds = time.Since(r.started).Seconds()
	if cause := context.Cause(ctx); cause != nil {
		err = fmt.Errorf("ingest stopped after %d objects; they are kept, the next run reads the rest: %w", r.result.Objects, cause)
	}
	if err == nil {
		err = r.misses.err()
	}
	if err == nil {
		err = r.leave(ctx, sources)
	}
	return r.result, err
}

// list feeds the workers with what is new.
func (r *runner) list(ctx context.Context, sources []Source) error {
	for _, s := range sources {
		feed, finish := r.feeder(ctx, s)
		err := r.listOne(ctx, s, feed)
		finish()
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) listOne(ctx context.Context, s Source, feed func(Object) bool) error {
	for o, err := range s.List(ctx) {
		if err != nil {
			return err
		}
		if entry, added := r.known.Enter(o.URI); !added {
			r.skipped++
			r.compare(s, o, entry)
			continue
		}
		r.progress.sawFound(o.Size)
		if !feed(o) {
			return nil
		}
	}
	return nil
}

// compare looks whether a known object is still what was read.
func (r *runner) compare(s Source, o Object, known store.Entry) {
	if v, asked := s.(Versioned); asked && known.Marked() {
		var err error
		if o.ETag, err = v.ETag(o); err != nil {
			return // it is gone, and was read before
		}
	}
	if known.Differs(o.ETag) {
		r.changed = append(r.changed, store.Change{URI: o.URI, ETag: o.ETag, Place: deliveryPlace(o.URI)})
	}
}

// noteChanged keeps which objects changed.
func (r *runner) noteChanged(ctx context.Context) error {
	if len(r.changed) == 0 {
		return nil
	}
	for _, c := range r.changed {
		r.result.Changed = append(r.result.Changed, c.URI)
	}
	r.result.Rejected += int64(len(r.changed))
	r.result.Reasons[store.ChangedReason] += int64(len(r.changed))
	return r.store.Changed(context.WithoutCancel(ctx), r.changed)
}

// feeder gives what an object is handed to, and what waits until all handed
// objects have reached the workers.
func (r *runner) feeder(ctx context.Context, s Source) (feed func(Object) bool, finish func()) {
	if remote, ok := s.(Remote); ok {
		return r.fetchers(ctx, remote)
	}
	return func(o Object) bool { return r.queue.put(ctx, item{Object: o, source: s}) }, func() {}
}

// commitAll commits batches as the workers fill them. What they have left when
// nothing waits to be read is one commit: each takes the disk its time, and there
// is no reading to fill that any more.
func (r *runner) commitAll(ctx context.Context) {
	var list []*batch
	for b := range r.batches {
		list = append(list[:0], b)
		last := r.queue.drained()
		if last {
			list = r.rest(list)
		}
		if context.Cause(ctx) != nil && !errors.Is(context.Cause(ctx), context.Canceled) {
			continue // a commit has failed: none is tried after it
		}
		var err error
		if last {
			err = r.manyThreads()
		}
		if err == nil {
			err = r.commit(context.WithoutCancel(ctx), list)
		}
		if err != nil {
			r.stop(err)
		}
		r.emptied(list)
	}
}

// rest adds what comes soon: a worker may have an object in hand that takes its
// time, as a day of the event history does.
func (r *runner) rest(list []*batch) []*batch {
	soon := time.NewTimer(time.Second)
	defer soon.Stop()
	for {
		select {
		case b, more := <-r.batches:
			if !more {
				return list
			}
			list = append(list, b)
		case <-soon.C:
			return list
		}
	}
}

// emptied gives batches back to the workers.
func (r *runner) emptied(list []*batch) {
	for _, b := range list {
		b.reset()
		select {
		case r.empty <- b:
		default:
		}
	}
}

func (r *runner) commit(ctx context.Context, list []*batch) error {
	var rows []*store.Batch
	for _, b := range list {
		slices.SortFunc(b.rows.Objects, func(x, y store.Object) int { return strings.Compare(x.URI, y.URI) })
		rows = append(rows, &b.rows)
	}
	if err := r.store.Append(ctx, rows...); err != nil {
		return err
	}
	for _, b := range list {
		r.committed(b)
	}
	r.progress.tell()
	return nil
}

func (r *runner) committed(b *batch) {
	for i := range b.rows.Objects {
		r.result.Events += b.rows.Objects[i].Records
		r.result.Rejected += b.rows.Objects[i].Rejects
	}
	r.result.unreadable(b.rows.Rejects)
	r.result.Objects += int64(len(b.rows.Objects))
	r.result.Bytes += b.bytes
	for reason, n := range b.reasons {
		r.result.Reasons[reason] += n
	}
}
