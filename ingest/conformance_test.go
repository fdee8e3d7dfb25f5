package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pruner/pruner/ingest/s3test"
	"github.com/pruner/pruner/store"
)

// rig is a source under test and the place its objects lie in.
type rig struct {
	open   func(now time.Time) Source
	put    func(key string, data []byte)
	weekly bool // a late object shows in a weekly relist at the latest
}

// rigs are all sources that hold objects: one suite runs against each.
var rigs = map[string]func(t *testing.T) rig{
	"folder": folderRig,
	"s3":     func(t *testing.T) rig { return s3Rig(t, s3test.Faults{}) },
	"s3 with short bodies and no ranges": func(t *testing.T) rig {
		return s3Rig(t, s3test.Faults{ShortNth: 3, CutNth: 7, NoRanges: true})
	},
	"s3 with faults": func(t *testing.T) rig {
		return s3Rig(t, s3test.Faults{Latency: 20 * time.Millisecond, InternalNth: 7, SlowDownNth: 11, CutNth: 5})
	},
}

func folderRig(t *testing.T) rig {
	dir := t.TempDir()
	return rig{
		open: func(time.Time) Source { return mustOpen(t, SourceOptions{}, dir) },
		put:  func(key string, data []byte) { write(t, filepath.Join(dir, filepath.FromSlash(key)), data) },
	}
}

func s3Rig(t *testing.T, faults s3test.Faults) rig {
	server := s3Server(t)
	server.SetFaults(faults)
	return rig{
		open: func(now time.Time) Source {
			return mustOpen(t, SourceOptions{Now: now, Window: 90, Backoff: time.Millisecond}, "s3://logs/p")
		},
		put:    func(key string, data []byte) { server.Put("p/"+key, data, nil) },
		weekly: true,
	}
}

// s3Server starts a server and points the SDK's configuration at it.
func s3Server(t testing.TB) *s3test.Server {
	server := s3test.New("logs")
	t.Cleanup(server.Close)
	useServer(t, server.URL)
	return server
}

// useServer has the SDK ask the server at the URL, and nobody else.
func useServer(t testing.TB, url string) {
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "",
		"AWS_SESSION_TOKEN": "",
	} {
		t.Setenv(name, value)
	}
}

func mustOpen(t testing.TB, options SourceOptions, uri string) Source {
	t.Helper()
	s, err := options.Open(uri)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var suiteDay = time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC)

// keyAt is the key of a log that was delivered at a time.
func keyAt(org bool, account, region string, at time.Time, n int) string {
	folder := ""
	if org {
		folder = "o-abc123/"
	}
	return fmt.Sprintf("AWSLogs/%s%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_%016d.json.gz",
		folder, account, region, at.Format("2006/01/02"), account, region, at.Format("20060102T1504Z"), n)
}

func oneEvent(account, region string, at time.Time, n int) []byte {
	return zip([]byte(fmt.Sprintf(`{"Records":[%s]}`, event(account, region, fmt.Sprint(account, region, n), at))))
}

// fill puts days of logs of two accounts, one of them of the organisation, in
// three regions, and what is no log beside them.
func fill(r rig, days, perDay int) (keys int) {
	for account, org := range map[string]bool{"111122223333": false, "444455556666": true} {
		for _, region := range []string{"eu-west-1", "us-east-1", "us-gov-west-1"} {
			for n := range days * perDay {
				at := suiteDay.AddDate(0, 0, -n/perDay).Add(time.Duration(n%perDay) * time.Minute)
				r.put(keyAt(org, account, region, at, n), oneEvent(account, region, at, n))
				keys++
			}
		}
	}
	r.put("AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/10/20/111122223333_CloudTrail-Digest_eu-west-1_t_eu-west-1_20261020T010131Z.json.gz", zip([]byte("{}")))
	r.put("AWSLogs/111122223333/CloudTrail/notes.txt", []byte("no log"))
	return keys
}

func TestConformance(t *testing.T) {
	for name, make := range rigs {
		t.Run(name, func(t *testing.T) {
			t.Run("lists each object once", func(t *testing.T) { testListsOnce(t, make(t)) })
			t.Run("goes on", func(t *testing.T) { testGoesOn(t, make(t)) })
			t.Run("corrupt", func(t *testing.T) { testCorrupt(t, make(t)) })
			t.Run("cancel", func(t *testing.T) { testCancel(t, make(t)) })
			t.Run("changed", func(t *testing.T) { testChanged(t, make(t)) })
		})
	}
}

func testListsOnce(t *testing.T, r rig) {
	want := fill(r, 3, 10)
	seen := map[string]bool{}
	for o, err := range r.open(suiteDay).List(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		_, asked := r.open(suiteDay).(Versioned)
		if seen[o.URI] || !asked && (o.Size < 100 || o.ETag == "") || isDigest(o.URI) {
			t.Errorf("%+v, seen before: %v", o, seen[o.URI])
		}
		seen[o.URI] = true
	}
	if len(seen) != want {
		t.Errorf("%d objects, want %d", len(seen), want)
	}
}

func suiteStore(t testing.TB) *store.Store {
	t.Helper()
	st, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "s.duckdb"), store.Options{Memory: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

// runSuite ingests and compares what was read.
func runSuite(t *testing.T, st *store.Store, src Source, objects, events, rejected int) {
	t.Helper()
	got, err := Run(context.Background(), st, []Source{src}, Options{Jobs: 2, Memory: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if got.Objects != int64(objects) || got.Events != int64(events) || got.Rejected != int64(rejected) {
		t.Errorf("%d objects, %d events, %d rejected; want %d, %d, %d", got.Objects, got.Events, got.Rejected, objects, events, rejected)
	}
}

func testGoesOn(t *testing.T, r rig) {
	n := fill(r, 3, 10)
	st := suiteStore(t)
	runSuite(t, st, r.open(suiteDay), n, n, 0)
	runSuite(t, st, r.open(suiteDay), 0, 0, 0)

	new := suiteDay.Add(12 * time.Hour)
	r.put(keyAt(false, "111122223333", "eu-west-1", new, 1), oneEvent("111122223333", "eu-west-1", new, 1001))
	r.put(keyAt(false, "777788889999", "eu-west-1", new, 1), oneEvent("777788889999", "eu-west-1", new, 1002))
	runSuite(t, st, r.open(suiteDay), 2, 2, 0)

	late := suiteDay.AddDate(0, 0, -20)
	r.put(keyAt(true, "444455556666", "us-east-1", late, 1), oneEvent("444455556666", "us-east-1", late, 1003))
	if r.weekly {
		runSuite(t, st, r.open(suiteDay.AddDate(0, 0, 6)), 0, 0, 0)
	}
	runSuite(t, st, r.open(suiteDay.AddDate(0, 0, 7)), 1, 1, 0)
	runSuite(t, st, r.open(suiteDay.AddDate(0, 0, 8)), 0, 0, 0)
}

func testCorrupt(t *testing.T, r rig) {
	n := fill(r, 1, 2)
	whole := oneEvent("111122223333", "eu-west-1", suiteDay, 2000)
	r.put(keyAt(false, "111122223333", "eu-west-1", suiteDay, 2000), whole[:len(whole)-9])
	r.put(keyAt(false, "111122223333", "eu-west-1", suiteDay, 2001), bytes.Repeat([]byte("x"), 200))
	st := suiteStore(t)
	got, err := Run(context.Background(), st, []Source{r.open(suiteDay)}, Options{})
	if err != nil || got.Objects != int64(n+2) || got.Rejected != 2 || got.Events < int64(n) {
		t.Errorf("%+v, %v", got, err)
	}
	runSuite(t, st, r.open(suiteDay), 0, 0, 0)
}

// testCancel ends the run in the middle of the list; the next goes on.
func testCancel(t *testing.T, r rig) {
	n := fill(r, 4, 20)
	st := suiteStore(t)
	ctx, cancel := context.WithCancel(context.Background())
	src := stopping{r.open(suiteDay), 200, cancel}
	got, err := Run(ctx, st, []Source{src}, Options{})
	if !errors.Is(err, context.Canceled) || got.Objects >= int64(n) {
		t.Fatalf("%d objects, %v", got.Objects, err)
	}
	rest := n - int(got.Objects)
	runSuite(t, st, r.open(suiteDay), rest, rest, 0)
	runSuite(t, st, r.open(suiteDay), 0, 0, 0)
}
