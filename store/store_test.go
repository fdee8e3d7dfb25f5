package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/trail"
)

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func record(name string, at time.Time, id string) *trail.Record {
	return &trail.Record{
		EventName: name, EventSource: "s3.amazonaws.com", Account: "111122223333", Region: "eu-west-1",
		Identity:  trail.Identity{IssuerARN: "arn:aws:iam::111122223333:role/app"},
		Params:    []trail.Param{{Path: "key", Value: "quote\" newline\n \u202e\x00\xff"}},
		EventTime: at, EventID: id,
	}
}

func batch(list ...*trail.Record) *Batch {
	b := &Batch{Folding: trail.NewFolding()}
	for _, r := range list {
		b.Folding.Add(r)
	}
	return b
}

func read(t *testing.T, s *Store) []*trail.Observation {
	t.Helper()
	var out []*trail.Observation
	for o, err := range s.Observations(context.Background(), Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, o)
	}
	return out
}

// TestFoldAcrossBatches: how records are cut into batches, in what order they
// come and how often does not show.
func TestFoldAcrossBatches(t *testing.T) {
	day := time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)
	a, b, c := record("GetObject", day, "e1"), record("GetObject", day.Add(3*time.Hour), "e2"), record("PutObject", day, "e3")
	var results [][]*trail.Observation
	for i, batches := range [][][]*trail.Record{{{a, b, c}}, {{c}, {b}, {a}}, {{b, b}, {a, c}, {a}}} {
		s := open(t, filepath.Join(t.TempDir(), "s.duckdb"))
		for _, list := range batches {
			if err := s.Append(context.Background(), batch(list...)); err != nil {
				t.Fatal(i, err)
			}
		}
		results = append(results, read(t, s))
	}
	for _, r := range results[1:] {
		if diff := cmp.Diff(results[0], r); diff != "" {
			t.Error(diff)
		}
	}
	if got := results[0]; len(got) != 2 || got[0].EventID != "e1" || got[0].Hours != trail.HourOf(day)|trail.HourOf(day.Add(3*time.Hour)) {
		t.Errorf("have %+v", got)
	}
}

// TestManifest: what was committed is known again, and nothing else is.
func TestManifest(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "s.duckdb"))
	var b Batch
	for i := range 5000 {
		b.Objects = append(b.Objects, Object{URI: fmt.Sprint("logs/", i)})
	}
	if err := s.Append(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	m, err := s.Known(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10000 {
		if uri := fmt.Sprint("logs/", i); m.Has(uri) != (i < 5000) || m.Add(uri) != (i >= 5000) || !m.Has(uri) {
			t.Fatalf("%s: known %v", uri, i < 5000)
		}
	}
}

// TestMigration: a store of the layout before this one is brought to it, and
// what it knows is known, folded or not.
func TestMigration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.duckdb")
	s := open(t, path)
	uris := []string{logURI("a", "111122223333", "eu-west-1", 0, 0), logURI("a", "111122223333", "eu-west-1", 1, 0), "a/notes.json"}
	appendObjects(t, s, uris...)
	if err := s.Fold(t.Context(), trail.DayOf(foldDay.AddDate(0, 0, 1))); err != nil {
		t.Fatal(err)
	}
	_, err := s.db.Exec(`
		ALTER TABLE object DROP COLUMN mark;
		CREATE OR REPLACE TABLE folded AS SELECT * REPLACE (list_transform(names, lambda n: {'high': n.high, 'low': n.low}) AS names) FROM folded;
		UPDATE meta SET value = '4' WHERE key = 'version'`)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = open(t, path)
	m, err := s.Known(t.Context())
	if err != nil || m.Len() != len(uris) {
		t.Fatal(m, err)
	}
	for _, uri := range uris {
		if e, added := m.Enter(uri); added || e.Marked() || e.Differs("x") {
			t.Errorf("%s: new %v, marked %v", uri, added, e.Marked())
		}
	}
	appendObjects(t, s, logURI("a", "111122223333", "eu-west-1", 2, 0))
	if err := s.Fold(t.Context(), trail.DayOf(foldDay.AddDate(0, 0, 9))); err != nil {
		t.Error(err)
	}
}

// TestMarks: another ETag is told from the one an object was read with, once,
// however large the manifest.
func TestMarks(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "s.duckdb"))
	var b Batch
	for i := range 5000 {
		b.Objects = append(b.Objects, Object{URI: fmt.Sprint("logs/", i), ETag: fmt.Sprint("e", i%7)})
	}
	if err := s.Append(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	m, err := s.Known(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10000 {
		e, added := m.Enter(fmt.Sprint("logs/", i))
		known := i < 5000
		if added == known || e.Marked() != known || e.Differs(fmt.Sprint("e", i%7)) || e.Differs("") || e.Differs("other") != known || e.Differs("other") {
			t.Fatalf("object %d: added %v, marked %v", i, added, e.Marked())
		}
	}
}

func TestOldLayoutIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.duckdb")
	s := open(t, path)
	if _, err := s.db.Exec(`UPDATE meta SET value = '0' WHERE key = 'version'`); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := Open(context.Background(), path, Options{}); !errors.Is(err, ErrVersion) {
		t.Errorf("have %v, want %v", err, ErrVersion)
	}
}

// TestNoStore: a damaged store says how it is made anew; what is none is neither
// read nor given free for that; an empty file becomes one.
func TestNoStore(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	whole := filepath.Join(dir, "whole")
	open(t, whole).Close()
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	torn := bytes.Clone(data)
	torn[13000] ^= 0xff
	db, err := sql.Open("duckdb", filepath.Join(dir, "other"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE mine (n INTEGER)`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"torn": {torn, ErrDamaged}, "cut": {data[:5000], ErrDamaged}, "text": {[]byte("my diary"), ErrForeign}, "other": {nil, ErrForeign}, "empty": {[]byte{}, nil},
	} {
		path := filepath.Join(dir, name)
		if c.data != nil {
			if err := os.WriteFile(path, c.data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		free := Free(ctx, path)
		if errors.Is(c.want, ErrForeign) != errors.Is(free, ErrForeign) {
			t.Errorf("%s: free to be replaced: %v", name, free)
		}
		st, err := Open(ctx, path, Options{})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: have %v, want %v", name, err, c.want)
		}
		if err == nil {
			st.Close()
		}
	}
}

// TestMadeOnce: of those who make a store at one time one does; nobody's is
// replaced.
func TestMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.duckdb")
	var group sync.WaitGroup
	found := make([]os.FileInfo, 8)
	for i := range found {
		group.Go(func() {
			err := makeNew(context.Background(), path)
			if err == nil {
				found[i], err = os.Stat(path)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, f := range found {
		if f != nil && !os.SameFile(f, found[0]) {
			t.Fatal("a store took the place of another one")
		}
	}
}

// TestMissingTag: a build without the tag fails with an error that names it.
func TestMissingTag(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the compiler")
	}
	out, err := exec.Command("go", "vet", "-tags=", ".").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "the_build_needs_the_tag_duckdb_arrow") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestHoles: a silent hour is a hole where every other hour speaks, and nothing
// special in a quiet region.
func TestHoles(t *testing.T) {
	var busy, quiet []int64
	for h := range int64(24 * 20) {
		if h != 200 {
			busy = append(busy, h)
		}
		if h%11 == 0 {
			quiet = append(quiet, h)
		}
	}
	holes := 0
	for _, in := range intervals("1", "r", busy) {
		if in.Coverage == trail.Hole {
			holes++
			if !in.From.Equal(hourTime(200)) || !in.To.Equal(hourTime(201)) {
				t.Errorf("hole %v to %v", in.From, in.To)
			}
		}
	}
	if holes != 1 {
		t.Errorf("%d holes in the busy region, want 1", holes)
	}
	for _, in := range intervals("1", "r", quiet) {
		if in.Coverage == trail.Hole {
			t.Errorf("a hole in a quiet region: %+v", in)
		}
	}
}

// TestHints: an error says what to do, and is still the one that it was.
func TestHints(t *testing.T) {
	why := errors.New(`IO Error: Could not write file "s.duckdb": No space left on device`)
	if err := hint(why); !errors.Is(err, ErrFull) || !errors.Is(err, why) {
		t.Error(err)
	}
	if other := errors.New("Binder Error: x"); hint(other) != other {
		t.Error(hint(other))
	}
}

func TestOneThread(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "s.duckdb"), Options{Threads: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	threads := func() (n int) {
		if err := s.db.QueryRow(`SELECT current_setting('threads')`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	done, err := s.OneThread(ctx)
	if err != nil || threads() != 1 {
		t.Fatal(threads(), err)
	}
	if err := done(); err != nil || threads() != 3 {
		t.Error(threads(), err)
	}
}

// However few rows fit in memory, the observations are the same ones in the same
// order, of one principal too.
func TestReadInSlices(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "s.duckdb"))
	at := time.Date(2026, 8, 1, 3, 0, 0, 0, time.UTC)
	for n := range 3 {
		var list []*trail.Record
		for role := range 7 {
			for key := range 5 * (role % 3) {
				r := record([]string{"GetObject", "PutObject"}[key%2], at.AddDate(0, 0, n), fmt.Sprint(role, key, n))
				r.Identity.IssuerARN += fmt.Sprint(role)
				r.Params = []trail.Param{{Path: "key", Value: fmt.Sprint(key / 2)}}
				list = append(list, r)
			}
		}
		if err := s.Append(t.Context(), batch(list...)); err != nil {
			t.Fatal(err)
		}
	}
	read := func(memory int64, q Query) (out []string) {
		s.memory = memory
		for o, err := range s.Observations(t.Context(), q) {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, o.Identity.IssuerARN+" "+o.EventName+" "+o.Params[0].Value+" "+o.Day.String()+" "+o.EventID)
		}
		return out
	}
	for q, n := range map[Query]int{{}: 3 * 30, {Principal: "arn:aws:iam::111122223333:role/app2"}: 3 * 10} {
		want := read(1<<30, q)
		if len(want) != n {
			t.Fatalf("%d observations, want %d", len(want), n)
		}
		for _, size := range []int64{0, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14} {
			if diff := cmp.Diff(want, read(size, q)); diff != "" {
				t.Errorf("%d bytes at a time (-whole +slices):\n%s", size, diff)
			}
		}
	}
	for range s.Observations(t.Context(), Query{}) {
		break // a reader may stop
	}
}

// TestPaths: DuckDB's driver takes a URL. A path that is none for it is refused
// by name, and no other file is made; one that only looks like one is a file.
func TestPaths(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx := context.Background()
	for _, name := range []string{"2026-10:s.duckdb", ":memory:", "md:s", "a b#c.duckdb", "ü%41.duckdb"} {
		st, err := Open(ctx, name, Options{})
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		st.Close()
		if _, err := os.Stat(name); err != nil {
			t.Errorf("%q is not where it was named: %v", name, err)
		}
		os.Remove(name)
	}
	for _, name := range []string{"s?access_mode=READ_WRITE", "s%.duckdb", "s\n.duckdb"} {
		if st, err := Open(ctx, name, Options{}); err == nil || !strings.Contains(err.Error(), "name another store") {
			t.Errorf("%q: %v", name, err)
			st.Close()
		}
	}
	if left, _ := filepath.Glob("*"); len(left) > 0 {
		t.Errorf("it left %q", left)
	}
}
