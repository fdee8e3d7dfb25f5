package main

import (
	"strings"
	"testing"
	"time"

	"github.com/pruner/pruner/ingest"
)

// TestProgressLine: plain lines are few and whole; a terminal has one line, and
// none at the end.
func TestProgressLine(t *testing.T) {
	at := func(s int) ingest.Progress {
		return ingest.Progress{
			Found: 200, FoundBytes: 1000, Read: int64(s), ReadBytes: int64(5 * s), Events: int64(100 * s), Bytes: int64(s) << 20,
			Listed: s > 20, Elapsed: time.Duration(s) * time.Second,
		}
	}
	var plain, terminal strings.Builder
	lines := []*progressLine{{w: &plain, every: 10 * time.Second}, {w: &terminal, terminal: true, every: time.Second}}
	for s := 1; s <= 40; s++ {
		for _, l := range lines {
			l.show(at(s))
		}
	}
	for _, l := range lines {
		l.clear()
	}
	want := "reading: 10 of 200 or more objects, 1000 events, 10 MB; 1 MB/s, 100 events/s\n" +
		"reading: 20 of 200 or more objects, 2000 events, 20 MB; 1 MB/s, 100 events/s\n" +
		"reading: 30 of 200 objects, 3000 events, 30 MB; 1 MB/s, 100 events/s, 2m50s left\n" +
		"reading: 40 of 200 objects, 4000 events, 40 MB; 1 MB/s, 100 events/s, 2m40s left\n"
	if plain.String() != want {
		t.Errorf("%s", plain.String())
	}
	if s := terminal.String(); strings.Count(s, "reading") != 40 || strings.Contains(s, "\n") || !strings.HasSuffix(s, "\r\x1b[K") {
		t.Errorf("%q", s)
	}
}
