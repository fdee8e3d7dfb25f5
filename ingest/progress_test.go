package ingest

import (
	"context"
	"testing"
	"time"
)

func TestLeft(t *testing.T) {
	for name, c := range map[string]struct {
		p    Progress
		want time.Duration
	}{
		"half of the bytes":   {Progress{Found: 10, FoundBytes: 100, Read: 1, ReadBytes: 50, Listed: true, Elapsed: time.Minute}, time.Minute},
		"sizes are not known": {Progress{Found: 10, Read: 2, Listed: true, Elapsed: time.Minute}, 4 * time.Minute},
		"still listing":       {Progress{Found: 10, FoundBytes: 100, Read: 5, ReadBytes: 50, Elapsed: time.Minute}, 0},
		"not begun":           {Progress{Found: 10, FoundBytes: 100, Listed: true, Elapsed: time.Minute}, 0},
		"all read":            {Progress{Found: 1, FoundBytes: 100, Read: 1, ReadBytes: 100, Listed: true, Elapsed: time.Minute}, 0},
	} {
		if got := c.p.Left(); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestProgress: what is told grows, and ends with what the run did.
func TestProgress(t *testing.T) {
	dir := t.TempDir()
	files(10, ".json", envelope)(t, dir, events(500, 8))
	var told []Progress
	got, err := Run(context.Background(), openStore(t), []Source{mustOpen(t, SourceOptions{}, dir)},
		Options{Every: time.Microsecond, Progress: func(p Progress) { told = append(told, p) }})
	if err != nil || len(told) == 0 {
		t.Fatalf("%d reports, %v", len(told), err)
	}
	for i := 1; i < len(told); i++ {
		if a, b := told[i-1], told[i]; b.Read < a.Read || b.Found < a.Found || b.Events < a.Events || b.Read > b.Found {
			t.Fatalf("%+v after %+v", b, a)
		}
	}
	last := told[len(told)-1]
	if !last.Listed || last.Read != got.Objects || last.Found != 50 || last.Events != 500 || last.Bytes != got.Bytes || last.ReadBytes != last.FoundBytes {
		t.Errorf("%+v at the end of %+v", last, got)
	}
}

// TestAge: what comes slowly is committed as it comes, so that little is lost
// where a run is killed.
func TestAge(t *testing.T) {
	dir := t.TempDir()
	files(10, ".json", envelope)(t, dir, events(500, 8))
	commits := func(age time.Duration) (n int) {
		got, err := Run(context.Background(), openStore(t), []Source{mustOpen(t, SourceOptions{}, dir)},
			Options{Jobs: 1, Age: age, Progress: func(Progress) { n++ }})
		if err != nil || got.Objects != 50 {
			t.Fatalf("%+v, %v", got, err)
		}
		return n
	}
	if n := commits(0); n > 2 {
		t.Errorf("%d commits of what came at once", n)
	}
	if n := commits(time.Nanosecond); n < 40 {
		t.Errorf("%d commits of 50 objects that came slowly", n)
	}
}
