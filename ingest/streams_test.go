package ingest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// stream is a source that does not hold objects which a test can put there: it
// has so many new objects and events at first, of which one may be broken.
type stream struct {
	open    func() Source
	objects int
	events  int
	broken  int // events that make no sense
}

// streams are those sources: what can be asked of them is asked of both.
var streams = map[string]func(t *testing.T) stream{
	"stdin": func(*testing.T) stream {
		var in bytes.Buffer
		for i := range 300 {
			in.Write(event("111122223333", "eu-west-1", "e"+strings.Repeat("x", i%9), suiteDay.Add(time.Duration(i)*time.Minute)))
			in.WriteString("\n")
		}
		in.WriteString("{not an event\n")
		return stream{func() Source { return &stdinSource{in: bytes.NewReader(in.Bytes())} }, 1, 300, 1}
	},
	"event history": func(t *testing.T) stream {
		(&historyServer{perDay: 50, bad: true}).start(t)
		return stream{func() Source {
			return mustOpen(t, historyOptions(suiteDay.Add(12*time.Hour)), "event-history:eu-west-1,us-east-1")
		}, 6, 6 * 49, 6}
	},
}

func TestStreams(t *testing.T) {
	for name, make := range streams {
		t.Run(name, func(t *testing.T) {
			s := make(t)
			t.Run("lists each object once", func(t *testing.T) {
				seen := map[string]bool{}
				for o, err := range s.open().List(context.Background()) {
					if err != nil || seen[o.URI] || o.ETag == "" {
						t.Errorf("%+v, seen before: %v, %v", o, seen[o.URI], err)
					}
					seen[o.URI] = true
				}
				if len(seen) != s.objects {
					t.Errorf("%d objects, want %d", len(seen), s.objects)
				}
			})
			t.Run("goes on", func(t *testing.T) {
				st := suiteStore(t)
				runSuite(t, st, s.open(), s.objects, s.events, s.broken)
				runSuite(t, st, s.open(), 0, 0, 0)
			})
			t.Run("cancel", func(t *testing.T) {
				st := suiteStore(t)
				ctx, cancel := context.WithCancel(context.Background())
				cancel()
				if _, err := Run(ctx, st, []Source{s.open()}, Options{}); !errors.Is(err, context.Canceled) {
					t.Errorf("stopped before it began: %v", err)
				}
				runSuite(t, st, s.open(), s.objects, s.events, s.broken)
			})
		})
	}
}
