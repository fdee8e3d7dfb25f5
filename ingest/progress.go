package ingest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Progress is how far a run is.
type Progress struct {
	Found, FoundBytes int64 // new objects that were listed so far, and their size where they lie as far as the listing says it
	Read, ReadBytes   int64 // of those, read; some may wait to be committed
	Events            int64
	Bytes             int64 // inflated
	Listed            bool  // nothing more will be found
	Elapsed           time.Duration
}

// Left estimates how long it will take from here; 0 while that is not known.
func (p *Progress) Left() time.Duration {
	done, all := float64(p.ReadBytes), float64(p.FoundBytes)
	if all == 0 { // a source that does not know sizes
		done, all = float64(p.Read), float64(p.Found)
	}
	if !p.Listed || done == 0 || done >= all {
		return 0
	}
	return time.Duration(float64(p.Elapsed) * (all - done) / done)
}

// progress counts what the goroutines of a run do.
type progress struct {
	found, foundBytes, read, readBytes, events, bytes atomic.Int64
	listed                                            atomic.Bool

	started time.Time
	mu      sync.Mutex // one report at a time
	report  func(Progress)
}

func (p *progress) sawFound(size int64) {
	p.found.Add(1)
	p.foundBytes.Add(size)
}

func (p *progress) sawRead(size, events, bytes int64) {
	p.read.Add(1)
	p.readBytes.Add(size)
	p.events.Add(events)
	p.bytes.Add(bytes)
}

// tell reports how far the run is.
func (p *progress) tell() {
	if p.report == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.report(Progress{
		Found: p.found.Load(), FoundBytes: p.foundBytes.Load(), Read: p.read.Load(), ReadBytes: p.readBytes.Load(),
		Events: p.events.Load(), Bytes: p.bytes.Load(), Listed: p.listed.Load(), Elapsed: time.Since(p.started),
	})
}

// tellEvery reports so often until ctx ends; never for 0.
func (p *progress) tellEvery(ctx context.Context, every time.Duration) {
	if every <= 0 || p.report == nil {
		return
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.tell()
		case <-ctx.Done():
			return
		}
	}
}
