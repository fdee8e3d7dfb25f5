package synth

import (
	"context"
	"slices"
	"sync"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/usage"
)

// Propose makes a proposal for each set of roles that share policies, sorted
// by the first role's ARN. Each proposal covers all who hold what it changes.
func Propose(in Inputs) ([]*Proposal, error) {
	s, err := newSynthesizer(in)
	if err != nil {
		return nil, err
	}
	if _, err := s.calibrate(); err != nil {
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

// ProveEach makes the proposals of [Propose], checks each and hands them over in
// the same order. It holds no more than a few sets' usage for each worker,
// whatever the number of roles. An error of yield ends it.
func ProveEach(in Inputs, workers int, yield func(*Proved) error) error {
	s, err := newSynthesizer(in)
	if err != nil {
		return err
	}
	if _, err := s.calibrate(); err != nil {
		return err
	}
	groups := s.wanted()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	workers = max(1, workers)
	work, line := make(chan *task), make(chan *task, 4*workers)
	var running sync.WaitGroup
	for range workers {
		own := s.beside()
		running.Go(func() {
			for t := range work {
				t.proved, t.err = own.prove(t.group)
				close(t.done)
			}
		})
	}
	running.Go(func() {
		defer close(work)
		defer close(line)
		for _, group := range groups {
			t := &task{group: group, done: make(chan struct{})}
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
		if err := yield(t.proved); err != nil {
			return drain(line, err, cancel)
		}
	}
	return nil
}

// drain lets the workers come to their end.
func drain(line <-chan *task, err error, cancel func()) error {
	cancel()
	for range line {
	}
	return err
}

// task is one group on its way through a worker.
type task struct {
	group  []roleRef
	proved *Proved
	err    error
	done   chan struct{}
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

// Forget drops what the holders used, which is most of a proposal's memory. It
// cannot be checked or back-tested any more.
func (p *Proposal) Forget() {
	for _, h := range p.Holders {
		h.Uses, h.index, h.refusals, h.reach, h.refused, h.unseen = nil, nil, nil, nil, nil, nil
	}
}
