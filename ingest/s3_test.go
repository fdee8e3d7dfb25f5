package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/pruner/pruner/ingest/s3test"
)

func uris(t *testing.T, src Source) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	for o, err := range src.List(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if seen[o.URI] {
			t.Errorf("%s is listed twice", o.URI)
		}
		seen[o.URI] = true
	}
	return seen
}

// busy puts days of more keys than a page holds.
func busy(server *s3test.Server, days, perDay int) {
	for n := range days * perDay {
		at := suiteDay.AddDate(0, 0, -n/perDay).Add(time.Duration(n%perDay) * time.Second)
		server.Put(keyAt(false, "111122223333", "eu-west-1", at, n), []byte("x"), nil)
	}
}

// TestBusyRegion: a region of many pages is listed day by day.
func TestBusyRegion(t *testing.T) {
	server := s3Server(t)
	busy(server, 70, 50)
	busy(server, 3, 2500) // of which the first 50 are there already
	want := 70*50 + 3*2500 - 50
	if got := uris(t, mustOpen(t, SourceOptions{}, "s3://logs")); len(got) != want {
		t.Errorf("%d keys, want %d", len(got), want)
	}
	if got := uris(t, mustOpen(t, SourceOptions{Window: 1}, "s3://logs")); len(got) != 3*2500+100 {
		t.Errorf("%d keys of the window's three days, want %d", len(got), 3*2500+100)
	}
}

// TestWindow: the window ends with its end, or with the newest delivery.
func TestWindow(t *testing.T) {
	server := s3Server(t)
	busy(server, 100, 2)
	for name, c := range map[string]struct {
		options SourceOptions
		want    int
	}{
		"all":            {SourceOptions{}, 200},
		"latest":         {SourceOptions{Window: 30}, 2 * 32},
		"fixed":          {SourceOptions{Window: 30, End: suiteDay.AddDate(0, 0, -10)}, 2 * 42},
		"before it all":  {SourceOptions{Window: 500}, 200},
		"after all ends": {SourceOptions{Window: 5, End: suiteDay.AddDate(1, 0, 0)}, 0},
	} {
		if got := uris(t, mustOpen(t, c.options, "s3://logs")); len(got) != c.want {
			t.Errorf("%s: %d keys, want %d", name, len(got), c.want)
		}
	}
}

// TestWherePrefixesPoint: whatever part of the layout a prefix names, what is
// below it is found, and what is no log of CloudTrail's is not looked at.
func TestWherePrefixesPoint(t *testing.T) {
	server := s3Server(t)
	put := func(keys ...string) {
		for _, key := range keys {
			server.Put(key, []byte("x"), nil)
		}
	}
	day := func(prefix, account, region string) string {
		return prefix + keyAt(false, account, region, suiteDay, 1)
	}
	put(day("", "111122223333", "eu-west-1"), day("", "111122223333", "us-east-1"), day("team/a/", "111122223333", "eu-west-1"))
	put(keyAt(true, "444455556666", "eu-west-1", suiteDay, 1), "flat/x.json.gz", "flat/deep/y.json")
	put(day("CloudTrail/", "111122223333", "eu-west-1"), day("CloudTrail-logs/", "111122223333", "eu-west-1"))
	put("AWSLogs/111122223333/Config/eu-west-1/2026/10/20/c.json.gz", "AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/2026/10/20/i.json.gz",
		"AWSLogs/111122223333/elasticloadbalancing/eu-west-1/2026/10/20/l.gz", "readme.txt")
	for prefix, want := range map[string]int{
		"": 8, "CloudTrail": 1, "CloudTrail-logs": 1, "AWSLogs": 3, "AWSLogs/": 3, "team": 1, "team/a/AWSLogs": 1, "AWSLogs/o-abc123": 1, "AWSLogs/111122223333": 2,
		"AWSLogs/111122223333/CloudTrail": 2, "AWSLogs/111122223333/CloudTrail/eu-west-1/": 1,
		"AWSLogs/111122223333/CloudTrail/eu-west-1/2026": 1, "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/10/20": 1,
		"flat": 2, "flat/x.json.gz": 1, "nothing": 0,
	} {
		if got := uris(t, mustOpen(t, SourceOptions{}, "s3://logs/"+prefix)); len(got) != want {
			t.Errorf("%q: %v, want %d", prefix, got, want)
		}
	}
}

func TestS3Errors(t *testing.T) {
	for name, c := range map[string]struct {
		uri    string
		faults s3test.Faults
		want   string
	}{
		"no bucket":    {"s3://other/p", s3test.Faults{}, "there is no bucket other"},
		"no listing":   {"s3://logs/p", s3test.Faults{Deny: map[string]string{"ListObjectsV2": ""}}, "the credentials need s3:ListBucket on arn:aws:s3:::logs"},
		"no account":   {"s3://logs/p", s3test.Faults{Deny: map[string]string{"ListObjectsV2": "p/AWSLogs/o-abc123/"}}, "the credentials need s3:ListBucket on arn:aws:s3:::logs"},
		"no reading":   {"s3://logs/p", s3test.Faults{Deny: map[string]string{"GetObject": ""}}, "12 objects could not be fetched; all others are kept, the next run reads these"},
		"reading what": {"s3://logs/p", s3test.Faults{Deny: map[string]string{"GetObject": ""}}, "the credentials need s3:GetObject on arn:aws:s3:::logs/p/*"},
		"always 503":   {"s3://logs/p", s3test.Faults{SlowDownNth: 1}, "SlowDown"},
		"always cut":   {"s3://logs/p", s3test.Faults{InternalNth: 1}, "InternalError"},
	} {
		t.Run(name, func(t *testing.T) {
			server := s3Server(t)
			n := fill(rig{put: func(key string, data []byte) { server.Put("p/"+key, data, nil) }}, 1, 2)
			server.SetFaults(c.faults)
			st := suiteStore(t)
			options := SourceOptions{Backoff: time.Millisecond}
			_, err := Run(context.Background(), st, []Source{mustOpen(t, options, c.uri)}, Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want %q", err, c.want)
			}
			if strings.Contains(c.uri, "logs") {
				server.SetFaults(s3test.Faults{})
				got, err := Run(context.Background(), st, []Source{mustOpen(t, options, c.uri)}, Options{})
				if total := got.Objects + got.Skipped; err != nil || total != int64(n) {
					t.Errorf("afterwards %+v, %v", got, err)
				}
			}
		})
	}
}

// TestUnreachable: a request that nobody answers says where it went.
func TestUnreachable(t *testing.T) {
	server := s3Server(t)
	server.Close()
	for _, uri := range []string{"s3://logs", "event-history"} {
		t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
		_, err := Run(context.Background(), suiteStore(t), []Source{mustOpen(t, SourceOptions{Backoff: time.Millisecond}, uri)}, Options{})
		if err == nil || !strings.Contains(err.Error(), "the endpoint cannot be reached (dial tcp "+strings.TrimPrefix(server.URL, "http://")) {
			t.Errorf("%s: %v", uri, err)
		}
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		_, err = Run(context.Background(), suiteStore(t), []Source{mustOpen(t, SourceOptions{Backoff: time.Millisecond}, uri)}, Options{})
		if err == nil || !strings.Contains(err.Error(), "no credentials; set AWS_PROFILE") {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

// TestOtherRegion: a bucket of another region is asked there.
func TestOtherRegion(t *testing.T) {
	server := s3Server(t)
	server.Put("AWSLogs/x.json.gz", []byte("x"), nil)
	server.SetFaults(s3test.Faults{Region: "ap-southeast-2"})
	if got := uris(t, mustOpen(t, SourceOptions{}, "s3://logs")); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

// TestContinues: a second run asks for little.
func TestContinues(t *testing.T) {
	server := s3Server(t)
	for n := range 80 * 15 {
		at := suiteDay.AddDate(0, 0, -n/15).Add(time.Duration(n%15) * time.Hour)
		server.Put(keyAt(false, "111122223333", "eu-west-1", at, n), oneEvent("111122223333", "eu-west-1", at, n), nil)
	}
	st := suiteStore(t)
	options := SourceOptions{Now: suiteDay, Window: 90}
	runSuite(t, st, mustOpen(t, options, "s3://logs"), 1200, 1200, 0)
	before := server.Count("ListObjectsV2")
	got, err := Run(context.Background(), st, []Source{mustOpen(t, options, "s3://logs/")}, Options{})
	if requests := server.Count("ListObjectsV2") - before; err != nil || requests > 8 || got.Skipped > 4 {
		t.Errorf("%d requests, %+v, %v", requests, got, err)
	}
	// A wider window is listed whole.
	old := suiteDay.AddDate(0, 0, -100)
	server.Put(keyAt(false, "111122223333", "eu-west-1", old, 1), oneEvent("111122223333", "eu-west-1", old, 5000), nil)
	runSuite(t, st, mustOpen(t, options, "s3://logs"), 0, 0, 0)
	options.Window = 120
	runSuite(t, st, mustOpen(t, options, "s3://logs"), 1, 1, 0)
}

// TestBrokenBodies: every first answer breaks off; what arrives is whole.
func TestBrokenBodies(t *testing.T) {
	server := s3Server(t)
	want := strings.Repeat("0123456789", 1000)
	server.Put("x.json", []byte(want), nil)
	server.SetFaults(s3test.Faults{CutNth: 1})
	src := mustOpen(t, SourceOptions{Backoff: time.Millisecond}, "s3://logs/")
	body, err := src.Open(context.Background(), Object{URI: "s3://logs/x.json"})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if got, err := io.ReadAll(body); err != nil || string(got) != want {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	_, err = src.Open(context.Background(), Object{URI: "s3://logs/gone.json"})
	var away *unavailableError
	if err == nil || errors.As(err, &away) {
		t.Errorf("what is gone for good is no reason to try again: %v", err)
	}
}

// TestDigestsOfBucket: signatures come from the metadata.
func TestDigestsOfBucket(t *testing.T) {
	server := s3Server(t)
	d := &deliverer{bucket: newBucket(), account: "111122223333", region: "eu-west-1", key: testKeys()[0]}
	for n := range 5 {
		d.hour(n)
	}
	for key, data := range d.objects {
		var metadata map[string]string
		if signature := d.signatures[key]; signature != nil {
			metadata = map[string]string{"signature": string(signature)}
		}
		server.Put(key, data, metadata)
	}
	keys, err := LoadKeys(keyFile(t, testKeys()[0]))
	if err != nil {
		t.Fatal(err)
	}
	st := suiteStore(t)
	src := mustOpen(t, SourceOptions{Window: 90}, "s3://logs")
	if _, err := Run(context.Background(), st, []Source{src}, Options{Digest: true}); err != nil {
		t.Fatal(err)
	}
	got, err := CheckDigests(context.Background(), st, []Source{src}, keys)
	if err != nil || got.Digests != 5 || got.Logs != 10 {
		t.Errorf("%s, %v", fmt.Sprintf("%+v", got), err)
	}
}

// TestHostileKeys: whoever may write to a bucket may call an object anything,
// and where it stands says nothing of who wrote it. Each is listed and read, and
// none keeps the others from it.
func TestHostileKeys(t *testing.T) {
	server, st := s3Server(t), openStore(t)
	day := strings.TrimSuffix(keyAt(false, "111122223333", "eu-west-1", suiteDay, 1), "x")
	day = day[:strings.LastIndexByte(day, '/')+1]
	keys := []string{
		day + "../../x.json.gz", day + "./y.json", day + "a//b.json", day + "new\nline.json", day + "\x1b[31m\x01\x7f.json", day + "sp ace+plus%20%zz.json", day + "ü\u202e.json",
		day + "<&>\"'.json", day + ".json", day + "q?versionId=1#f.json", day + strings.Repeat("k", 1000-len(day)) + ".json", "../up.json", "/lead.json", "..//\x02/.json",
	}
	for i, key := range keys {
		server.Put(key, event("111122223333", "eu-west-1", fmt.Sprint(i), suiteDay), nil)
	}
	for prefix, want := range map[string]int{"": len(keys), "AWSLogs": len(keys) - 3, "..": 2, "../": 2} {
		if got := uris(t, mustOpen(t, SourceOptions{}, "s3://logs/"+prefix)); len(got) != want {
			t.Errorf("%q: %d keys, want %d: %v", prefix, len(got), want, got)
		}
	}
	got, err := Run(context.Background(), st, []Source{mustOpen(t, SourceOptions{}, "s3://logs")}, Options{})
	if err != nil || got.Events != int64(len(keys)) || got.Rejected != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if again, err := Run(context.Background(), st, []Source{mustOpen(t, SourceOptions{}, "s3://logs")}, Options{}); err != nil || again.Objects != 0 {
		t.Errorf("again %+v, %v", again, err)
	}
}
