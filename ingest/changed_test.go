package ingest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/trail"
)

// testChanged: an object that is another than was read is told once, is a
// reject and a hole where it lies, whether its row is folded or not. Others are
// left in peace.
func testChanged(t *testing.T, r rig) {
	const account, region = "111122223333", "eu-west-1"
	for _, folded := range []bool{false, true} {
		st := suiteStore(t)
		key := func(n int) string {
			return keyAt(false, account, region, suiteDay.Add(time.Duration(n)*time.Hour+30*time.Minute), n)
		}
		for n := range 5 {
			r.put(key(n), oneEvent(account, region, suiteDay.Add(time.Duration(n)*time.Hour+20*time.Minute), n))
		}
		now := suiteDay.AddDate(0, 0, 1)
		ingest := func() Result {
			now = now.AddDate(0, 0, 7) // so that a bucket is listed again
			got, err := Run(context.Background(), st, []Source{r.open(now)}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if got := ingest(); got.Objects != 5 || len(got.Changed) > 0 {
			t.Fatalf("%+v", got)
		}
		if folded {
			foldAll(t, st)
		}
		r.put(key(2), zip([]byte(`{"Records":[]}`)))
		r.put(key(3), oneEvent(account, region, suiteDay.Add(3*time.Hour+20*time.Minute), 3)) // the same again
		got := ingest()
		if len(got.Changed) != 1 || got.Rejected != 1 || got.Objects != 0 || got.Skipped != 5 || got.Reasons[store.ChangedReason] != 1 {
			t.Errorf("folded %v: %+v", folded, got)
		}
		if got := ingest(); len(got.Changed) > 0 || got.Rejected > 0 || got.Skipped != 5 {
			t.Errorf("folded %v: told again: %+v", folded, got)
		}
		coverage, err := st.Coverage(context.Background(), account)
		if err != nil {
			t.Fatal(err)
		}
		holes := slices.DeleteFunc(coverage, func(in trail.Interval) bool { return in.Coverage != trail.Hole })
		if len(holes) != 1 || !holes[0].From.Equal(suiteDay.Add(2*time.Hour)) || !holes[0].To.Equal(suiteDay.Add(3*time.Hour)) {
			t.Errorf("folded %v: holes %+v", folded, holes)
		}
	}
}
