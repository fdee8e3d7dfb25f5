package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/ingest/s3test"
)

// reads is every AWS API operation that the program may call; what snapshot
// calls stands in [account.Operations] and is held to reads there.
var reads = append([]string{"s3:GET", "s3:HEAD", "cloudtrail:LookupEvents", "sts:GetCallerIdentity"}, account.Operations...)

// recorder stands for all of AWS: a bucket behind it, the caller's identity, an
// empty event history, and a refusal of everything else. It notes what it is
// asked for.
type recorder struct {
	bucket http.Handler
	mu     sync.Mutex
	asked  map[string]bool
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	q.Body = io.NopCloser(bytes.NewReader(body))
	operation := operationOf(q, string(body))
	r.mu.Lock()
	r.asked[operation] = true
	r.mu.Unlock()
	switch {
	case strings.HasPrefix(operation, "s3:"):
		r.bucket.ServeHTTP(w, q)
	case operation == "sts:GetCallerIdentity":
		fmt.Fprint(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/u</Arn><UserId>AIDA</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	case operation == "cloudtrail:LookupEvents":
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		fmt.Fprint(w, `{"Events":[]}`)
	default:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"__type":"AccessDenied","message":"no"}`)
	}
}

// operationOf names a request by the protocols of AWS: the JSON one says it in a
// header, the Query one in the body, and S3 by method and path.
func operationOf(q *http.Request, body string) string {
	if prefix, name, ok := strings.Cut(q.Header.Get("X-Amz-Target"), "."); ok {
		service := map[string]string{"SWBExternalService": "sso", "AWSOrganizationsV20161128": "organizations"}[prefix]
		if service == "" {
			service = "cloudtrail"
		}
		return service + ":" + name[strings.LastIndexByte(name, '.')+1:]
	}
	form, err := url.ParseQuery(body)
	if action := form.Get("Action"); err == nil && action != "" {
		if form.Get("Version") == "2011-06-15" {
			return "sts:" + action
		}
		return "iam:" + action
	}
	return "s3:" + q.Method
}

// TestReadsOnly is the promise that pruner does not change AWS: whatever ingest
// and snapshot ask for is a read, or one of the few calls named beside them.
func TestReadsOnly(t *testing.T) {
	bucket := s3test.New("logs")
	t.Cleanup(bucket.Close)
	const key = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/10/01/111122223333_CloudTrail_eu-west-1_20261001T0000Z_abc.json"
	bucket.Put(key, []byte(`{"Records":[]}`), nil)
	r := &recorder{bucket: bucket, asked: map[string]bool{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	for name, value := range pointAt(bucket) {
		t.Setenv(name, value)
	}
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("PRUNER_WINDOW", "4d") // the event history is asked twice a second
	dir := t.TempDir()
	for _, args := range [][]string{
		{"ingest", "s3://logs", "--store", filepath.Join(dir, "s.duckdb")},
		{"ingest", "event-history:eu-west-1", "--store", filepath.Join(dir, "s.duckdb")},
		{"snapshot", filepath.Join(dir, "snapshot"), "--assume", "reader", "--accounts", "111122223333,444455556666"},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), args, streams{strings.NewReader(""), &out, &errs})
		if code != exitDone && args[0] != "snapshot" { // all it asks for is refused
			t.Fatalf("%v: exit code %d: %s", args, code, errs.String())
		}
	}
	for operation := range r.asked {
		if !slices.Contains(reads, operation) {
			t.Errorf("%s was called", operation)
		}
	}
	for _, want := range []string{"s3:GET", "cloudtrail:LookupEvents", "iam:GetAccountAuthorizationDetails", "sts:AssumeRole"} {
		if !r.asked[want] {
			t.Errorf("%s was not called: the test sees too little; it saw %v", want, slices.Sorted(maps.Keys(r.asked)))
		}
	}
}
