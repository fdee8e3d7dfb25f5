package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Resumable is a source that need not be listed whole each time.
type Resumable interface {
	Source
	// Name names the source for ever.
	Name() string
	// Resume is called before List with what State gave after an earlier run
	// that read everything, nil if there was none.
	Resume(state []byte) error
	// State is what a later run may go on from, once all that List yielded
	// has been read and committed.
	State() ([]byte, error)
}

// unavailableError is an object that could not be had now, for a reason that
// is not in the object: the next run is to read it.
type unavailableError struct{ err error }

func (e *unavailableError) Error() string { return e.err.Error() }
func (e *unavailableError) Unwrap() error { return e.err }

// misses counts the objects that could not be had.
type misses struct {
	mu    sync.Mutex
	count int
	first error
}

func (m *misses) add(uri string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.count++; m.first == nil {
		m.first = fmt.Errorf("%s: %w", uri, err)
	}
}

func (m *misses) err() error {
	if m.count == 0 {
		return nil
	}
	return fmt.Errorf("ingest: %d objects could not be fetched; all others are kept, the next run reads these: the first, %w", m.count, m.first)
}

// resume tells the sources where they were left.
func (r *runner) resume(ctx context.Context, sources []Source) error {
	for _, s := range sources {
		if s, ok := s.(Resumable); ok {
			state, err := r.store.State(ctx, s.Name())
			if err != nil {
				return err
			}
			if err := s.Resume(state); err != nil {
				return fmt.Errorf("where %s was left: %w; run `pruner ingest --rebuild`", s.Name(), err)
			}
		}
	}
	return nil
}

// leave keeps how far the sources were read. Nothing may be missing from the
// store that they have yielded.
func (r *runner) leave(ctx context.Context, sources []Source) error {
	var all error
	for _, s := range sources {
		if s, ok := s.(Resumable); ok {
			state, err := s.State()
			if err == nil {
				err = r.store.SetState(ctx, s.Name(), state)
			}
			all = errors.Join(all, err)
		}
	}
	return all
}
