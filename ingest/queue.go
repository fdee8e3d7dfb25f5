package ingest

import (
	"context"
	"sync"
)

// item is an object that a worker is to read.
type item struct {
	Object
	source  Source
	fetched *fetched // nil where the worker opens it
}

const (
	queueLength = 1024 // items that wait at most
	takeAtOnce  = 16   // items that a worker takes at most
)

// queue hands items to the workers. A channel that is full wakes its sender for
// each item that is taken, which costs as much as opening a small object; here
// the sender sleeps until half of them are gone.
type queue struct {
	mu     sync.Mutex
	filled sync.Cond // there are items, or the end has come
	spaced sync.Cond // there is room, or the sender's context has ended
	items  []item    // a ring
	first  int
	count  int
	closed bool
}

func newQueue() *queue {
	q := &queue{items: make([]item, queueLength)}
	q.filled.L, q.spaced.L = &q.mu, &q.mu
	return q
}

// put adds an item, which is the queue's from then on. It waits for room, and
// reports false if ctx ends before there is any.
func (q *queue) put(ctx context.Context, i item) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.count == len(q.items) {
		defer context.AfterFunc(ctx, q.wake)()
		for q.count == len(q.items) && ctx.Err() == nil {
			q.spaced.Wait()
		}
	}
	if ctx.Err() != nil {
		i.fetched.release()
		return false
	}
	q.items[(q.first+q.count)%len(q.items)] = i
	q.count++
	q.filled.Signal()
	return true
}

// wake has the senders look at their contexts.
func (q *queue) wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.spaced.Broadcast()
}

// take gives the next items in the space of out, none at the end of all: fewer
// the fewer there are, so that no worker keeps what another could read.
func (q *queue) take(out []item) []item {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.count == 0 && !q.closed {
		q.filled.Wait()
	}
	full := q.count > len(q.items)/2
	out = out[:0]
	for n := min(cap(out), (q.count+31)/32); len(out) < n; q.count-- {
		out = append(out, q.items[q.first])
		q.items[q.first] = item{}
		q.first = (q.first + 1) % len(q.items)
	}
	if full && q.count <= len(q.items)/2 {
		q.spaced.Broadcast()
	}
	return out
}

// drained reports whether all that will be put was taken.
func (q *queue) drained() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed && q.count == 0
}

// close says that nothing more is put.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.filled.Broadcast()
}
