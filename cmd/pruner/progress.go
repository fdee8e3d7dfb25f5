package main

import (
	"fmt"
	"io"
	"time"

	"github.com/pruner/pruner/ingest"
)

// progressLine shows how far ingest is: on a terminal one line that is written
// over, elsewhere a line now and then.
type progressLine struct {
	w        io.Writer
	terminal bool
	every    time.Duration // the least time between two
	last     time.Duration // when the last one was shown
}

func (a *app) progress() *progressLine {
	l := &progressLine{w: a.err, terminal: isTerminal(a.err), every: 10 * time.Second}
	if l.terminal {
		l.every = 200 * time.Millisecond
	}
	return l
}

// show shows it, unless it did a moment ago.
func (l *progressLine) show(p ingest.Progress) {
	if p.Elapsed-l.last < l.every {
		return
	}
	l.last = p.Elapsed
	before, after := "", "\n"
	if l.terminal {
		before, after = "\r\x1b[K", ""
	}
	fmt.Fprint(l.w, before, progressText(&p), after)
}

// clear leaves the terminal's line to what comes next.
func (l *progressLine) clear() {
	if l.terminal && l.last > 0 {
		fmt.Fprint(l.w, "\r\x1b[K")
	}
}

// progressText is the line without its end.
func progressText(p *ingest.Progress) string {
	seconds := max(p.Elapsed.Seconds(), 0.001)
	of := fmt.Sprintf("%d or more", p.Found)
	if p.Listed {
		of = fmt.Sprint(p.Found)
	}
	text := fmt.Sprintf("reading: %d of %s objects, %d events, %d MB; %.0f MB/s, %.0f events/s",
		p.Read, of, p.Events, p.Bytes>>20, float64(p.Bytes)/(1<<20)/seconds, float64(p.Events)/seconds)
	if left := p.Left(); left > 0 {
		text += fmt.Sprintf(", %v left", max(left, time.Second).Round(time.Second))
	}
	return text
}
