package synth

import (
	"context"
	"slices"
	"sync"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/usage"
)

// Propose makes a proposal for each set of roles that share policies, sorted
// by the first role's ARN. Each proposal covers all who hold what it changes.
func Propose(in Inputs) ([]*Proposal, error) {
	s, err := newSynthesizer(in)
	if err != nil {
		return nil, err
	}
	if _, err := s.calibrate(1); err != nil {
		return nil, err
	}
	var out []*Proposal
	for _, group := range s.wanted() {
		p, err := s.proposeFor(group)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// Proved is a proposal with what was proved of it.
type Proved struct {
	Proposal *Proposal
	Verdict  Verdict
	Clean    *Clean // nil: nothing may be emitted
}

// ProveEach makes the proposals of [Propose] and checks each. What a caller
// takes of one it takes in the worker that made it, and is handed in the order
// of the proposals. No more than a few sets' usage is held for each worker,
// whatever the number of roles. An error of take or yield ends it.
func ProveEach[T any](in Inputs, workers int, take func(*Proved) (T, error), yield func(T) error) error {
	s, err := newSynthesizer(in)
	if err != nil {
		return err
	}
	workers = max(1, workers)
	if _, err := s.calibrate(workers); err != nil {
		return err
	}
	groups := s.wanted()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	work, line := make(chan *task[T]), make(chan *task[T], 4*workers)
	var running sync.WaitGroup
	for range workers {
		own := s.beside()
		running.Go(func() {
			for t := range work {
				t.run(own, take)
			}
		})
	}
	running.Go(func() {
		defer close(work)
		defer close(line)
		for _, group := range groups {
			t := &task[T]{group: group, done: make(chan struct{})}
			select {
			case line <- t: // bounds how far the workers run ahead
			case <-ctx.Done():
				return
			}
			work <- t
		}
	})
	defer running.Wait()
	defer cancel()
	for t := range line {
		<-t.done
		if t.err != nil {
			return drain(line, t.err, cancel)
		}
		if err := yield(t.taken); err != nil {
			return drain(line, err, cancel)
		}
	}
	return nil
}

// drain lets the workers come to their end.
func drain[T any](line <-chan *task[T], err error, cancel func()) error {
	cancel()
	for range line {
	}
	return err
}

// task is one group on its way through a worker.
type task[T any] struct {
	group []roleRef
	taken T
	err   error
	done  chan struct{}
}

func (t *task[T]) run(s *synthesizer, take func(*Proved) (T, error)) {
	defer close(t.done)
	proved, err := s.prove(t.group)
	if err != nil {
		t.err = err
		return
	}
	t.taken, t.err = take(proved)
}

// beside is a synthesizer for another goroutine: it knows the same and
// remembers for itself.
func (s *synthesizer) beside() *synthesizer {
	own := *s
	own.visibilities = map[*account.Account]*usage.Visibility{}
	own.sights = map[sightKey]usage.Sight{}
	own.needed = nil
	return &own
}

func (s *synthesizer) prove(group []roleRef) (*Proved, error) {
	p, err := s.proposeFor(group)
	if err != nil {
		return nil, err
	}
	verdict, clean, err := Check(s.Engine, p)
	return &Proved{p, verdict, clean}, err
}

// wanted are the groups of the roles that are asked for.
func (s *synthesizer) wanted() [][]roleRef {
	groups := s.groups()
	if s.Only == nil {
		return groups
	}
	return slices.DeleteFunc(groups, func(group []roleRef) bool {
		return !slices.ContainsFunc(group, func(r roleRef) bool { return s.Only(r.role.ARN) })
	})
}

func (s *synthesizer) proposeFor(group []roleRef) (*Proposal, error) {
	holders, err := s.holders(group)
	if err != nil {
		return nil, err
	}
	return s.propose(holders)
}

// Forget drops what the holders used and what became of each of their actions,
// which is most of a proposal's memory; their yields are summed up before. It
// cannot be checked or back-tested any more.
func (p *Proposal) Forget(c *catalog.Catalog) {
	for h := range p.all() {
		if h.user == nil || h.alone {
			y := h.Yield(c, p)
			h.summed = &y
		}
		h.Uses, h.index, h.refusals, h.reach, h.refused, h.unseen, h.stays = nil, nil, nil, nil, nil, nil, nil
	}
}
