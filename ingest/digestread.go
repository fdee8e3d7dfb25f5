package ingest

import (
	"context"
	"fmt"
	"io"

	"github.com/pruner/pruner/trail"
)

// maxDigest bounds an inflated digest file. A log takes about 500 bytes in it.
const maxDigest = 256 << 20

// readDigest is a digest file that was read, or the fault that makes it none.
type readDigest struct {
	Object
	digest    *trail.Digest
	signature string
	fault     error // of the file
	err       error // of the source: it ends the run
}

// readDigests reads a source's digests in order, as many at a time as the
// source fetches.
func readDigests(ctx context.Context, s Digested) func(func(readDigest) bool) {
	width := 1
	if remote, ok := s.(Remote); ok {
		width = max(1, remote.InFlight())
	}
	return func(yield func(readDigest) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		for next := range fetchDigests(ctx, s, width) {
			if !yield(<-next) {
				return
			}
		}
	}
}

// fetchDigests starts reading each digest and sends where it will arrive.
func fetchDigests(ctx context.Context, s Digested, width int) <-chan chan readDigest {
	queue := make(chan chan readDigest, width)
	go func() {
		defer close(queue)
		for o, err := range s.Digests(ctx) {
			next := make(chan readDigest, 1)
			select {
			case queue <- next:
			case <-ctx.Done():
				return
			}
			if err != nil {
				next <- readDigest{err: err}
				return
			}
			go func() { next <- oneDigest(ctx, s, o) }()
		}
	}()
	return queue
}

// oneDigest reads a digest file. One that cannot be had is not the end of the
// run, and neither is what it holds.
func oneDigest(ctx context.Context, s Digested, o Object) readDigest {
	got := readDigest{Object: o}
	body, signature, err := s.OpenDigest(ctx, o)
	if err != nil {
		return readDigest{Object: o, err: ctx.Err(), fault: err}
	}
	defer body.Close()
	got.signature = signature
	data, err := readAll(body)
	if err == nil {
		got.digest, err = trail.ParseDigest(o.URI, data)
	}
	got.fault, got.err = err, ctx.Err()
	return got
}

// readAll inflates a whole digest.
func readAll(body io.Reader) ([]byte, error) {
	w := newOpener(false).open(body)
	var data []byte
	for w.more(len(w.data)) {
		if data = append(data, w.data...); len(data) > maxDigest {
			return nil, fmt.Errorf("inflates to more than %d MB; no digest file does", maxDigest>>20)
		}
	}
	return data, w.err
}
