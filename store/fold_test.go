package store

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/trail"
)

var foldDay = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)

// logURI is the n-th log of a day, under some folder.
func logURI(folder, account, region string, day, n int) string {
	at := foldDay.AddDate(0, 0, day).Add(time.Duration(n) * time.Minute)
	return fmt.Sprintf("%s/%s_CloudTrail_%s_%s_%016d.json.gz", folder, account, region, at.Format("20060102T1504Z"), n)
}

func appendObjects(t *testing.T, s *Store, uris ...string) {
	t.Helper()
	var b Batch
	for _, uri := range uris {
		b.Objects = append(b.Objects, Object{URI: uri, Size: 10, Records: 3, Rejects: 1, Place: Place{First: 5, Last: 9}})
	}
	if err := s.Append(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
}

func rowsOf(t *testing.T, s *Store, query string) (n int) {
	t.Helper()
	if err := s.db.QueryRow(query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestFold: what is folded is known as before, by the whole URI; what comes late
// to a folded day is not; the totals do not change.
func TestFold(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "s.duckdb")
	s := open(t, path)
	var uris []string
	for day := range 8 {
		for n := range 20 {
			uris = append(uris, logURI("a", "111122223333", "eu-west-1", day, n), logURI("a", "444455556666", "us-east-1", day, n))
		}
	}
	uris = append(uris, logURI("copy", "111122223333", "eu-west-1", 0, 0), "a/notes.json", "stdin:0123")
	appendObjects(t, s, uris...)
	before, err := s.Counts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cut := trail.DayOf(foldDay.AddDate(0, 0, 5))
	check := func(rows, folded int, known ...string) {
		t.Helper()
		if err := s.Fold(ctx, cut); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, path)
		if r, f := rowsOf(t, s, `SELECT count(*) FROM object`), rowsOf(t, s, `SELECT count(*) FROM folded`); r != rows || f != folded {
			t.Errorf("%d rows and %d folded ones, want %d and %d", r, f, rows, folded)
		}
		m, err := s.Known(ctx)
		if err != nil || m.Len() != len(known) {
			t.Fatal(m.Len(), len(known), err)
		}
		for _, uri := range known {
			if !m.Has(uri) || m.Add(uri) {
				t.Errorf("%s is not known", uri)
			}
		}
		for _, uri := range []string{logURI("copy", "111122223333", "eu-west-1", 0, 1), logURI("a", "111122223333", "us-east-1", 0, 1), logURI("a", "111122223333", "eu-west-1", 0, 99)} {
			if m.Has(uri) || !m.Add(uri) {
				t.Errorf("%s is known", uri)
			}
		}
	}
	check(2+3*40, 10, uris...)
	after, err := s.Counts(ctx)
	if diff := cmp.Diff(before, after); diff != "" || err != nil {
		t.Error(diff, err)
	}
	check(2+3*40, 10, uris...) // again: nothing is left to fold
	late := logURI("late", "111122223333", "eu-west-1", 2, 7)
	appendObjects(t, s, late)
	check(2+3*40, 11, append(uris, late)...)
}

// TestFoldStops: a fold that is stopped leaves the manifest as it was.
func TestFoldStops(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "s.duckdb"))
	appendObjects(t, s, logURI("a", "111122223333", "eu-west-1", 0, 0))
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if err := s.Fold(ctx, trail.DayOf(foldDay)+1); err == nil {
		t.Error("folded")
	}
	if n := rowsOf(t, s, `SELECT count(*) FROM object`); n != 1 {
		t.Errorf("%d rows", n)
	}
}
