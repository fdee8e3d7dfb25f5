package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/trail"
)

// keepAll keeps every parameter.
var keepAll = RecordOptions{Params: func(string, string, string) bool { return true }}

// events makes n records of a few roles over some days, as JSON. Some are equal
// but for time and ID, some differ by a key.
func events(n int, seed uint64) []json.RawMessage {
	rng := rand.New(rand.NewPCG(seed, 1))
	start := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	list := make([]json.RawMessage, n)
	for i := range list {
		list[i] = fmt.Appendf(nil, `{"eventVersion":"1.11","eventID":"%08x-0000-4000-8000-%012x","eventTime":%q,`+
			`"eventSource":"s3.amazonaws.com","eventName":%q,"awsRegion":"eu-west-1","recipientAccountId":"111122223333",`+
			`"userIdentity":{"type":"AssumedRole","accountId":"111122223333","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/r%d"}}},`+
			`"requestParameters":{"bucketName":"b","key":"dir/%d \"quoted\" \u00e9"},"eventCategory":"Data"}`,
			seed, i, start.Add(time.Duration(rng.IntN(5*24*3600))*time.Second).Format(time.RFC3339),
			[]string{"GetObject", "PutObject", "DeleteObject"}[rng.IntN(3)], rng.IntN(7), rng.IntN(n/4+1))
	}
	return list
}

// layout writes records into files of a folder in some form.
type layout func(t *testing.T, dir string, records []json.RawMessage)

// files writes perFile records a file, in the form that encode gives them.
func files(perFile int, suffix string, encode func([]json.RawMessage) []byte) layout {
	return func(t *testing.T, dir string, records []json.RawMessage) {
		t.Helper()
		for i := 0; len(records) > 0; i++ {
			n := min(perFile, len(records))
			write(t, filepath.Join(dir, fmt.Sprint(i%7), fmt.Sprint(i, suffix)), encode(records[:n]))
			records = records[n:]
		}
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func join(list []json.RawMessage, between string) []byte {
	var b bytes.Buffer
	for i, r := range list {
		if i > 0 {
			b.WriteString(between)
		}
		b.Write(r)
	}
	return b.Bytes()
}

func envelope(list []json.RawMessage) []byte {
	return fmt.Appendf(nil, "{\"Records\":[%s]}", join(list, ","))
}

func zipped(encode func([]json.RawMessage) []byte) func([]json.RawMessage) []byte {
	return func(list []json.RawMessage) []byte {
		var b bytes.Buffer
		for half := range 2 { // two members
			z := gzip.NewWriter(&b)
			data := encode(list)
			data = data[half*len(data)/2 : (half+1)*len(data)/2]
			if _, err := z.Write(data); err != nil {
				panic(err)
			}
			z.Close()
		}
		return b.Bytes()
	}
}

// ingested is all that a store says.
type ingested struct {
	Observations []*trail.Observation
	Coverage     []trail.Interval
}

func contents(t *testing.T, st *store.Store) (all ingested) {
	t.Helper()
	for o, err := range st.Observations(context.Background(), store.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		all.Observations = append(all.Observations, o)
	}
	var err error
	if all.Coverage, err = st.Coverage(context.Background(), "111122223333"); err != nil {
		t.Fatal(err)
	}
	return all
}

func openStore(t *testing.T) *store.Store {
	t.Helper()
	st, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "s.duckdb"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

func ingestFolder(t *testing.T, st *store.Store, dir string, options Options) Result {
	t.Helper()
	src, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	options.RecordOptions = keepAll
	got, err := Run(context.Background(), st, []Source{src}, options)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestHowItIsCutDoesNotShow: the same records shuffled, re-split, written in
// another form and delivered twice leave the same store.
func TestHowItIsCutDoesNotShow(t *testing.T) {
	records := events(3000, 1)
	var want ingested
	for i, c := range []struct {
		layout  layout
		options Options
	}{
		{files(500, ".json.gz", zipped(envelope)), Options{}},
		{files(7, ".json", envelope), Options{Jobs: 5, Memory: 1 << 21}},
		{files(3000, ".jsonl", func(l []json.RawMessage) []byte { return join(l, "\n") }), Options{Jobs: 1}},
		{files(100, ".json", func(l []json.RawMessage) []byte { return fmt.Appendf(nil, " [%s]\n", join(l, " ,\n ")) }), Options{Jobs: 3, Digest: true}},
		{files(900, ".gz", zipped(func(l []json.RawMessage) []byte {
			return fmt.Appendf(nil, "\xef\xbb\xbf{\"other\":[{}],\"Records\":[%s],\"more\":1}", join(l, ","))
		})), Options{}},
	} {
		dir, st := t.TempDir(), openStore(t)
		c.layout(t, dir, records)
		got := ingestFolder(t, st, dir, c.options)
		if got.Events != int64(len(records)) || got.Rejected != 0 {
			t.Fatalf("layout %d: %+v", i, got)
		}
		rand.New(rand.NewPCG(2, uint64(i))).Shuffle(len(records), func(a, b int) { records[a], records[b] = records[b], records[a] })
		again := t.TempDir()
		c.layout(t, again, records[:len(records)/2])
		ingestFolder(t, st, again, c.options)
		have := contents(t, st)
		if i == 0 {
			want = have
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("layout %d: %s", i, diff)
		}
	}
	if len(want.Observations) == 0 || len(want.Coverage) == 0 {
		t.Error("the store is empty")
	}
}

// TestStopAndGoOn: a run that is stopped keeps what it committed, and the next
// one reads the rest, once.
func TestStopAndGoOn(t *testing.T) {
	records, dir := events(4000, 3), t.TempDir()
	files(10, ".json", envelope)(t, dir, records)
	undisturbed, stopped := openStore(t), openStore(t)
	ingestFolder(t, undisturbed, dir, Options{})
	src, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	first, err := Run(ctx, stopped, []Source{src}, Options{RecordOptions: keepAll, Memory: 1 << 16, Progress: func(Progress) { cancel() }})
	if !errors.Is(err, context.Canceled) || first.Objects == 0 || first.Objects == 400 {
		t.Fatalf("stopped after %d of 400 objects: %v", first.Objects, err)
	}
	second := ingestFolder(t, stopped, dir, Options{})
	if second.Skipped != first.Objects || first.Objects+second.Objects != 400 {
		t.Errorf("%d objects, then %d with %d known", first.Objects, second.Objects, second.Skipped)
	}
	if diff := cmp.Diff(contents(t, undisturbed), contents(t, stopped)); diff != "" {
		t.Error(diff)
	}
}
