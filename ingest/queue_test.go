package ingest

import (
	"context"
	"fmt"
	"sync"
	"testing"
)

// TestQueue: what several put, several take, each item once and none is lost.
func TestQueue(t *testing.T) {
	const putters, takers, each = 3, 2, 5 * queueLength
	q := newQueue()
	var putting, taking sync.WaitGroup
	for p := range putters {
		putting.Go(func() {
			for n := range each {
				if !q.put(context.Background(), item{Object: Object{URI: fmt.Sprint(p, "-", n)}}) {
					t.Error("refused")
				}
			}
		})
	}
	var mu sync.Mutex
	seen := map[string]int{}
	for range takers {
		taking.Go(func() {
			items := make([]item, 0, takeAtOnce)
			for items = q.take(items); len(items) > 0; items = q.take(items) {
				mu.Lock()
				for _, i := range items {
					seen[i.URI]++
				}
				mu.Unlock()
			}
		})
	}
	putting.Wait()
	q.close()
	taking.Wait()
	for uri, n := range seen {
		if n != 1 {
			t.Errorf("%s was taken %d times", uri, n)
		}
	}
	if len(seen) != putters*each {
		t.Errorf("%d items, want %d", len(seen), putters*each)
	}
}

// TestQueueEnds: who waits for room goes when its context ends, and a queue with
// little in it is shared.
func TestQueueEnds(t *testing.T) {
	q := newQueue()
	for range queueLength {
		q.put(context.Background(), item{})
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan bool)
	go func() { ended <- q.put(ctx, item{}) }()
	stop()
	if <-ended {
		t.Error("put into a full queue")
	}
	if n := len(q.take(make([]item, 0, takeAtOnce))); n != takeAtOnce {
		t.Errorf("%d items of a full queue, want %d", n, takeAtOnce)
	}
	for left := queueLength - takeAtOnce; left > 0; {
		n := len(q.take(make([]item, 0, takeAtOnce)))
		if left < 32 && n != 1 {
			t.Fatalf("%d of %d items at once", n, left)
		}
		left -= n
	}
}
