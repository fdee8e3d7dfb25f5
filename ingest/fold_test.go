package ingest

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/trail"
)

// foldAll folds the manifest as if all that was delivered were long over.
func foldAll(t *testing.T, st *store.Store) {
	t.Helper()
	if err := st.Fold(context.Background(), trail.DayOf(monday.AddDate(1, 0, 0))); err != nil {
		t.Fatal(err)
	}
}

// TestTamperingFolded: what the digests say stays the same when the manifest is
// folded and they are looked at again.
func TestTamperingFolded(t *testing.T) {
	for _, c := range tamperings {
		s, st, dir := newStory(12), openStore(t), t.TempDir()
		c.do(s)
		s.copyTo(t, dir, true)
		first := s.checkFolder(t, st, dir)
		foldAll(t, st)
		again := s.checkFolder(t, st, dir)
		if diff := cmp.Diff(first, again); diff != "" || hours(t, st, "eu-west-1", 13) != c.hours {
			t.Errorf("%s: %s, want %s\n%s", c.name, hours(t, st, "eu-west-1", 13), c.hours, diff)
		}
	}
}

// TestFoldedBeforeItsDigest: the digests of logs whose rows are folded come
// later. They prove nothing, and the logs are not missing.
func TestFoldedBeforeItsDigest(t *testing.T) {
	for name, options := range map[string]Options{"read while integrity was off": {}, "read before its digest was there": {Digest: true}} {
		s, st, dir := newStory(6), openStore(t), t.TempDir()
		s.copyTo(t, dir, true)
		ingestFolder(t, st, dir, options)
		foldAll(t, st)
		got := s.checkFolder(t, st, dir)
		if have := hours(t, st, "eu-west-1", 7); have != "aaaaaa-" || !maps.Equal(got.Findings, map[store.Kind]int64{store.Unchecked: 12}) {
			t.Errorf("%s: %v %s", name, got.Findings, have)
		}
	}
}

// TestPlantedAndFolded: a log of a day of which digests prove later that nothing
// happened is seen although its row is folded.
func TestPlantedAndFolded(t *testing.T) {
	s, st, dir := newStory(24), openStore(t), t.TempDir()
	for h := 24; h < 50; h++ {
		s.digest(monday.Add(time.Duration(h)*time.Hour), monday.Add(time.Duration(h+1)*time.Hour), "")
	}
	s.log(monday.Add(30*time.Hour + 20*time.Minute))
	s.copyTo(t, dir, true)
	ingestFolder(t, st, dir, Options{})
	foldAll(t, st)
	got := s.checkFolder(t, st, dir)
	if !maps.Equal(got.Findings, map[store.Kind]int64{store.Unchecked: 48, store.Planted: 1}) {
		t.Errorf("%v", got.Findings)
	}
	if have := hours(t, st, "eu-west-1", 36); have[28:33] != "PPHPP" {
		t.Errorf("%s, want a hole at hour 30", have)
	}
}
