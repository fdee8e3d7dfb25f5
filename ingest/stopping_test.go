package ingest

import (
	"context"
	"io"
	"iter"
)

// stopping is a source during whose listing the user presses Ctrl-C.
type stopping struct {
	Source
	after  int
	cancel context.CancelFunc
}

func (s stopping) List(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		n := 0
		for o, err := range s.Source.List(ctx) {
			if n++; n == s.after {
				s.cancel()
			}
			if !yield(o, err) {
				return
			}
		}
	}
}

func (s stopping) Open(ctx context.Context, o Object) (io.ReadCloser, error) {
	return s.Source.Open(ctx, o)
}

// InFlight makes it fetch ahead as the source does.
func (s stopping) InFlight() int {
	if remote, ok := s.Source.(Remote); ok {
		return remote.InFlight()
	}
	return 1
}
