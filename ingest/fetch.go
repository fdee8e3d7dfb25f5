package ingest

import (
	"bytes"
	"context"
	"io"
	"sync"
)

// Remote is a source whose objects come over a network: they are fetched by
// goroutines of their own, many at a time, ahead of those that inflate.
type Remote interface {
	Source
	// InFlight is how many objects are fetched at the same time.
	InFlight() int
}

// fetched is an object's bytes as they lie in the source, or why they could
// not be had.
type fetched struct {
	data bytes.Buffer
	err  error
	gate *gate
	held int64
}

func (f *fetched) open() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(f.data.Bytes())), f.err
}

// release gives back the memory the bytes took. It does nothing for nil.
func (f *fetched) release() {
	if f != nil {
		f.gate.leave(f.held)
	}
}

// fetchers start a source's goroutines.
func (r *runner) fetchers(ctx context.Context, s Remote) (feed func(Object) bool, finish func()) {
	queue := make(chan Object)
	gate := newGate(r.options.Memory / 4)
	var group sync.WaitGroup
	for range max(1, s.InFlight()) {
		group.Go(func() {
			for o := range queue {
				r.queue.put(ctx, item{Object: o, source: s, fetched: fetch(ctx, s, o, gate)})
			}
		})
	}
	feed = func(o Object) bool {
		select {
		case queue <- o:
			return true
		case <-ctx.Done():
			return false
		}
	}
	return feed, func() { close(queue); group.Wait() }
}

// fetch reads an object. It gives nil for one that is too large to lie in
// memory, whatever its listing says: a worker reads that as it comes.
func fetch(ctx context.Context, s Source, o Object, gate *gate) *fetched {
	most := min(maxPacked, gate.limit)
	if o.Size > most {
		return nil
	}
	f := &fetched{gate: gate, held: gate.enter(o.Size)}
	body, err := s.Open(ctx, o)
	if err != nil {
		f.err = err
		return f
	}
	defer body.Close()
	f.data.Grow(int(max(o.Size, 0)) + bytes.MinRead)
	if _, f.err = f.data.ReadFrom(io.LimitReader(body, most+1)); int64(f.data.Len()) > most {
		f.release()
		return nil
	}
	return f
}

// gate bounds the bytes that were fetched and not scanned yet.
type gate struct {
	mu    sync.Mutex
	freed *sync.Cond
	inUse int64
	limit int64
}

func newGate(limit int64) *gate {
	g := &gate{limit: limit}
	g.freed = sync.NewCond(&g.mu)
	return g
}

// enter waits until size bytes are free. What is larger than the limit passes
// alone.
func (g *gate) enter(size int64) int64 {
	size = min(max(size, 0), g.limit)
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.inUse+size > g.limit {
		g.freed.Wait()
	}
	g.inUse += size
	return size
}

func (g *gate) leave(size int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inUse -= size
	g.freed.Broadcast()
}
