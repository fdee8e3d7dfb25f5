package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/trail"
)

const owner = "111122223333"

// story is twelve delivered hours of one region, and what is done to them.
type story struct {
	*deliverer
	digests []string // by hour
	logs    []string // two of each hour
	keys    []int    // that the reader has; nil: the right one
}

func newStory(hours int) *story {
	s := &story{deliverer: &deliverer{bucket: newBucket(), account: owner, region: "eu-west-1", key: testKeys()[0]}}
	for h := range hours {
		s.digests = append(s.digests, s.hour(h))
	}
	s.logs = s.logKeys()
	return s
}

func (s *story) logKeys() []string {
	var keys []string
	for key := range s.objects {
		if strings.Contains(key, "/CloudTrail/") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// check ingests the story's bucket into a store and looks at the digests.
func (s *story) check(t *testing.T, st *store.Store, sidecars bool) store.Judgement {
	t.Helper()
	dir := t.TempDir()
	s.copyTo(t, dir, sidecars)
	return s.checkFolder(t, st, dir)
}

func (s *story) checkFolder(t *testing.T, st *store.Store, dir string) store.Judgement {
	t.Helper()
	src, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	ingestFolder(t, st, dir, Options{Digest: true})
	j, err := CheckDigests(context.Background(), st, []Source{src}, s.public(t))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func (s *story) public(t *testing.T) Keys {
	t.Helper()
	known := testKeys()
	have := known[:1]
	if s.keys != nil {
		have = nil
		for _, i := range s.keys {
			have = append(have, known[i])
		}
	}
	if len(have) == 0 {
		return nil
	}
	keys, err := LoadKeys(keyFile(t, have...))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// hours writes an account's coverage of a region: a letter for each hour from
// monday's first, P proved, a assumed, H hole, - nothing.
func hours(t *testing.T, st *store.Store, region string, n int) string {
	t.Helper()
	list, err := st.Coverage(context.Background(), owner)
	if err != nil {
		t.Fatal(err)
	}
	row := bytes.Repeat([]byte("-"), n)
	for _, in := range list {
		for h := range row {
			at := monday.Truncate(time.Hour).Add(time.Duration(h) * time.Hour)
			if in.Region == region && !at.Before(in.From) && at.Before(in.To) {
				row[h] = map[trail.Coverage]byte{trail.Proved: 'P', trail.Assumed: 'a', trail.Hole: 'H'}[in.Coverage]
			}
		}
	}
	return string(row)
}

// tamperings do to delivered logs and digests what should not go unseen. The
// first hour begins before the first digest does and is never proved, nor is the
// last, whose events may still be delivered.
var tamperings = []struct {
	name  string
	do    func(s *story)
	found map[store.Kind]int64
	hours string
}{
	{"nothing", func(*story) {}, nil, "aPPPPPPPPPPa-"},
	{"edited log", func(s *story) {
		s.objects[s.logs[9]] = zip(envelope(nil))
	}, map[store.Kind]int64{store.Edited: 1}, "aPPPHPPPPPPa-"},
	{"edited log with a record of another hour", func(s *story) {
		s.objects[s.logs[9]] = zip(fmt.Appendf(nil, `{"Records":[%s]}`, event(owner, "eu-west-1", "x", monday.Add(2*time.Hour))))
	}, map[store.Kind]int64{store.Edited: 1}, "aPHPHPPPPPPa-"},
	{"trailing gzip member", func(s *story) {
		extra := zip(fmt.Appendf(nil, `{"Records":[%s]}`, event(owner, "eu-west-1", "x", monday.Add(4*time.Hour))))
		s.objects[s.logs[9]] = append(slices.Clone(s.objects[s.logs[9]]), extra...)
	}, map[store.Kind]int64{store.Edited: 1}, "aPPPHPPPPPPa-"},
	{"compressed anew", func(s *story) {
		s.objects[s.logs[9]] = zip(envelope([]json.RawMessage{event(owner, "eu-west-1", "eu-west-110", monday.Add(4*time.Hour+39*time.Minute))}))
	}, nil, "aPPPPPPPPPPa-"},
	{"deleted log", func(s *story) { delete(s.objects, s.logs[9]) }, map[store.Kind]int64{store.Deleted: 1}, "aPPPHPPPPPPa-"},
	{"swapped logs", func(s *story) {
		s.objects[s.logs[9]], s.objects[s.logs[13]] = s.objects[s.logs[13]], s.objects[s.logs[9]]
	}, map[store.Kind]int64{store.Edited: 2}, "aPPPHPHPPPPa-"},
	{"planted log", func(s *story) { s.log(monday.Add(3*time.Hour + 20*time.Minute)) }, map[store.Kind]int64{store.Planted: 1}, "aPPHPPPPPPPa-"},
	{"planted log of no name", func(s *story) {
		s.objects["notes.json"] = event(owner, "eu-west-1", "x", monday.Add(5*time.Hour))
	}, map[store.Kind]int64{store.Planted: 1}, "aPPPPHPPPPPa-"},
	{"log of the next digest", func(s *story) { s.log(monday.Add(11*time.Hour + 40*time.Minute)) }, nil, "aPPPPPPPPPPa-"},
	{"edited digest", func(s *story) {
		s.objects[s.digests[5]] = zip(bytes.Replace(unzip(s.objects[s.digests[5]]), []byte(`"newestEventTime":"2026-10-05T05:10:31Z"`), []byte(`"newestEventTime":"2026-10-05T05:20:31Z"`), 1))
	}, map[store.Kind]int64{store.Broken: 1, store.Chain: 1}, "aPPPHHHPPPPa-"},
	{"digest of no sense", func(s *story) { s.objects[s.digests[5]] = []byte("{") }, map[store.Kind]int64{store.Broken: 1, store.Chain: 1}, "aPPPHHHPPPPa-"},
	{"deleted digest", func(s *story) { delete(s.objects, s.digests[5]) }, map[store.Kind]int64{store.Chain: 1}, "aPPPHHHPPPPa-"},
	{"oldest digest deleted", func(s *story) { delete(s.objects, s.digests[0]) }, nil, "aaPPPPPPPPPa-"},
	{"swapped digests", func(s *story) {
		a, b := s.digests[4], s.digests[5]
		s.objects[a], s.objects[b], s.signatures[a], s.signatures[b] = s.objects[b], s.objects[a], s.signatures[b], s.signatures[a]
	}, map[store.Kind]int64{store.Broken: 2, store.Chain: 1}, "aPPHHHHPPPPa-"},
	{"digest signed anew with another key", func(s *story) {
		s.key = testKeys()[2]
		s.put(s.digests[11], withFingerprint(s.last, fingerprint(testKeys()[0])))
	}, map[store.Kind]int64{store.Broken: 1}, "aPPPPPPPPPaHH"},
	{"digest signed anew with the right key", func(s *story) {
		s.digest(monday.Add(12*time.Hour), monday.Add(13*time.Hour), "")
		s.lastKey = s.digests[10]
		s.digest(monday.Add(11*time.Hour), monday.Add(12*time.Hour), "")
	}, map[store.Kind]int64{store.Chain: 1}, "aPPPPPPPPPHHH"},
	{"unknown key", func(s *story) { s.keys = []int{1} }, map[store.Kind]int64{store.Key: 12}, "HHHHHHHHHHHHH"},
	{"no keys", func(s *story) { s.keys = []int{} }, map[store.Kind]int64{store.NoKeys: 12}, "aaaaaaaaaaaa-"},
}

func TestTampering(t *testing.T) {
	for _, c := range tamperings {
		s, st := newStory(12), openStore(t)
		c.do(s)
		got := s.check(t, st, true)
		if !maps.Equal(got.Findings, c.found) || hours(t, st, "eu-west-1", 13) != c.hours {
			t.Errorf("%s: %v, %s; want %v, %s", c.name, got.Findings, hours(t, st, "eu-west-1", 13), c.found, c.hours)
			list, _ := st.Findings(context.Background(), 10)
			t.Log(cmp.Diff(nil, list))
		}
	}
}

// TestLateDigests: a backfill digest clears a log that its digest did not list,
// and a missing one is seen; validation that was off leaves a gap; a silent
// hour is proved.
func TestLateDigests(t *testing.T) {
	late := func(s *story) map[string]any { return s.log(monday.Add(3*time.Hour + 20*time.Minute)) }
	backfill := func(s *story, n int, logs ...map[string]any) string {
		return s.digest(monday.Add(time.Duration(n)*time.Hour), monday.Add(time.Duration(n+1)*time.Hour), "_backfill", logs...)
	}
	for _, c := range []struct {
		name  string
		do    func(s *story)
		found map[store.Kind]int64
		hours string
	}{
		{"backfill", func(s *story) { s.lastKey = ""; backfill(s, 3, late(s)) }, nil, "aPPPPPPa"},
		{"backfill of a deleted log", func(s *story) {
			s.lastKey = ""
			entry := late(s)
			backfill(s, 3, entry)
			delete(s.objects, entry["s3Object"].(string))
		}, map[store.Kind]int64{store.Deleted: 1}, "aPPHPPPa"},
		{"backfill digest missing", func(s *story) {
			s.lastKey = ""
			backfill(s, 2)
			gone := backfill(s, 3)
			backfill(s, 5)
			delete(s.objects, gone)
		}, map[store.Kind]int64{store.Chain: 1}, "aPHHHPPa"},
		{"validation off for three hours", func(s *story) {
			s.lastKey = ""
			for h := 11; h < 14; h++ {
				s.hour(h)
			}
		}, map[store.Kind]int64{store.Gap: 1}, "aPPPPPPHHHHHPa"},
		{"silence", func(s *story) {
			for h := 8; h < 12; h++ {
				s.digest(monday.Add(time.Duration(h)*time.Hour), monday.Add(time.Duration(h+1)*time.Hour), "")
			}
		}, nil, "aPPPPPPPPPP-"},
	} {
		s, st := newStory(8), openStore(t)
		c.do(s)
		got := s.check(t, st, true)
		if !maps.Equal(got.Findings, c.found) || hours(t, st, "eu-west-1", len(c.hours)) != c.hours {
			t.Errorf("%s: %v, %s; want %v, %s", c.name, got.Findings, hours(t, st, "eu-west-1", len(c.hours)), c.found, c.hours)
		}
	}
}

// TestCopiedWithoutSignatures: each digest holds the signature of the one
// before, so only the newest waits, until the next comes or its signature is
// put beside it.
func TestCopiedWithoutSignatures(t *testing.T) {
	s, st, dir := newStory(6), openStore(t), t.TempDir()
	s.copyTo(t, dir, false)
	got := s.checkFolder(t, st, dir)
	if have := hours(t, st, "eu-west-1", 7); !maps.Equal(got.Findings, map[store.Kind]int64{store.Unsigned: 1}) || got.Digests != 5 || have != "aPPPaa-" {
		t.Errorf("copied: %+v, %s", got, have)
	}
	s.hour(6)
	s.copyTo(t, dir, false)
	got = s.checkFolder(t, st, dir)
	if have := hours(t, st, "eu-west-1", 7); got.Digests != 6 || have != "aPPPPaa" {
		t.Errorf("an hour later: %+v, %s", got, have)
	}
	s.copyTo(t, dir, true)
	got = s.checkFolder(t, st, dir)
	if have := hours(t, st, "eu-west-1", 7); len(got.Findings) != 0 || got.Digests != 7 || have != "aPPPPPa" {
		t.Errorf("with its signature: %+v, %s", got, have)
	}
}

// TestStripped: a signature that is gone in the middle of a chain whose next
// digest is gone as well proves nothing.
func TestStripped(t *testing.T) {
	s, st := newStory(8), openStore(t)
	delete(s.objects, s.digests[5])
	got := s.check(t, st, false)
	if have := hours(t, st, "eu-west-1", 9); have != "aPPHHHHa-" || got.Findings[store.Unsigned] != 2 || got.Findings[store.Chain] != 1 {
		t.Errorf("%v %s", got.Findings, have)
	}
}

// TestManyChains: accounts and regions are judged in one pass, each by its own
// digests, and with the key of its region.
func TestManyChains(t *testing.T) {
	s, st := newStory(6), openStore(t)
	other := &deliverer{bucket: s.bucket, account: owner, region: "us-east-1", key: testKeys()[1]}
	foreign := &deliverer{bucket: s.bucket, account: "444455556666", region: "eu-west-1", key: testKeys()[0]}
	var gone string
	for h := range 6 {
		other.hour(h)
		if key := foreign.hour(h); h == 3 {
			gone = key
		}
	}
	delete(s.objects, gone)
	s.keys = []int{0, 1}
	delete(s.objects, s.logs[4])
	got := s.check(t, st, true)
	if a, b := hours(t, st, "eu-west-1", 7), hours(t, st, "us-east-1", 7); a != "aPHPPa-" || b != "aPPPPa-" || got.Digests != 17 {
		t.Errorf("%s %s %+v", a, b, got)
	}
}

// TestUnchecked: logs that were read while integrity was off prove nothing, and
// are no hole.
func TestUnchecked(t *testing.T) {
	s, st, dir := newStory(6), openStore(t), t.TempDir()
	s.copyTo(t, dir, true)
	ingestFolder(t, st, dir, Options{})
	got := s.checkFolder(t, st, dir)
	if have := hours(t, st, "eu-west-1", 7); have != "aaaaaa-" || !maps.Equal(got.Findings, map[store.Kind]int64{store.Unchecked: 12}) {
		t.Errorf("%v %s", got.Findings, have)
	}
}
