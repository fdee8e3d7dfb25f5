package usage

import (
	"context"
	"sync"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
)

// Gather does what [Collect] and [Settle] do without holding more than a few
// principals' use at a time: it relies on observations of one principal coming
// in a row, and is right, if larger, where they do not. note sees the use of
// every stretch, one at a time and in no fixed order.
func Gather(ctx context.Context, src Source, in *interpret.Interpreter, w Window, org *account.Organization, l *Ledger, workers int, note func(Key, *Usage)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	g := &gatherer{interpreter: in, window: w, keeper: newKeeper(org), ledger: l, note: note, fail: cancel}
	for range max(1, workers) {
		g.start(ctx)
	}
	err := g.read(ctx, src)
	g.stop()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

type gatherer struct {
	interpreter *interpret.Interpreter
	window      Window
	keeper      *keeper
	ledger      *Ledger
	note        func(Key, *Usage)
	fail        context.CancelCauseFunc

	inboxes []chan chunk
	running sync.WaitGroup
	mu      sync.Mutex // of keeper's organisation, ledger and note
}

// chunk is a part of a stretch: observations of one principal in a row. A
// stretch may be larger than memory, a chunk is not.
type chunk struct {
	seq  int // of the stretch
	list []*trail.Observation
	ends bool
}

// chunkSize is large enough that handing over costs nothing beside reading.
const chunkSize = 256

func (g *gatherer) start(ctx context.Context) {
	inbox := make(chan chunk, 4)
	g.inboxes = append(g.inboxes, inbox)
	g.running.Go(func() {
		c := newCollector(g.interpreter, g.window)
		for part := range inbox {
			if ctx.Err() != nil {
				continue // drain
			}
			for _, o := range part.list {
				c.add(o)
			}
			if !part.ends {
				continue
			}
			if err := g.keep(c, part.seq); err != nil {
				g.fail(err)
			}
			clear(c.byKey)
		}
	})
}

func (g *gatherer) stop() {
	for _, inbox := range g.inboxes {
		close(inbox)
	}
	g.running.Wait()
}

// read deals the stretches out, each whole to one worker.
func (g *gatherer) read(ctx context.Context, src Source) error {
	var next chunk
	begun, principal := false, ""
	for o, err := range src.Observations(ctx) {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch p := o.Identity.Principal(); {
		case begun && p != principal:
			next, principal = g.send(next, true), p
		case len(next.list) == chunkSize:
			next = g.send(next, false)
		default:
			begun, principal = true, p
		}
		next.list = append(next.list, o)
	}
	g.send(next, true)
	return nil
}

// send hands a chunk over and begins the next one.
func (g *gatherer) send(c chunk, ends bool) chunk {
	c.ends = ends
	g.inboxes[c.seq%len(g.inboxes)] <- c
	if ends {
		c.seq++
	}
	return chunk{seq: c.seq, list: make([]*trail.Observation, 0, chunkSize)}
}

// keep takes a stretch's use over.
func (g *gatherer) keep(c *collector, seq int) error {
	for from, gathered := range c.byKey {
		u, key := gathered.usage(), g.keeper.keyOf(from)
		if err := g.keepOne(key, from, seq, u); err != nil {
			return err
		}
	}
	return nil
}

func (g *gatherer) keepOne(key, from Key, seq int, u *Usage) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.keeper.noteChanges(u)
	if g.note != nil {
		g.note(key, u)
	}
	return g.ledger.add(key, from, seq, u)
}
