package ingest

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/ingest/s3test"
	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/trail"
)

// awsServer answers what `aws cloudtrail validate-logs` asks of S3 and
// CloudTrail. Source: Amazon S3 API Reference, ListObjects and
// GetBucketLocation; CloudTrail API Reference, ListPublicKeys.
type awsServer struct {
	bucket *s3test.Server
	keys   []*rsa.PrivateKey
}

func (s *awsServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	switch {
	case strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ListPublicKeys"):
		s.listPublicKeys(w)
	case q.Has("location"):
		w.Write([]byte(`<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-west-1</LocationConstraint>`))
	default: // ListObjects says marker where ListObjectsV2 says start-after
		q.Set("start-after", q.Get("marker"))
		r.URL.RawQuery = q.Encode()
		s.bucket.ServeHTTP(w, r)
	}
}

func (s *awsServer) listPublicKeys(w http.ResponseWriter) {
	list := []map[string]any{}
	for _, k := range s.keys {
		list = append(list, map[string]any{
			"Value": base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(&k.PublicKey)), "Fingerprint": fingerprint(k),
			"ValidityStartTime": monday.AddDate(0, -1, 0).Unix(), "ValidityEndTime": monday.AddDate(0, 2, 0).Unix(),
		})
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	json.NewEncoder(w).Encode(map[string]any{"PublicKeyList": list})
}

// validateLogs is what the AWS CLI says of a story's bucket.
func validateLogs(t *testing.T, s *story) string {
	t.Helper()
	server := &awsServer{bucket: s3Server(t)}
	known := testKeys()
	server.keys = known[:1]
	if s.keys != nil {
		server.keys = nil
		for _, i := range s.keys {
			server.keys = append(server.keys, known[i])
		}
	}
	for key, data := range s.objects {
		var metadata map[string]string
		if signature := s.signatures[key]; signature != nil {
			metadata = map[string]string{"signature": string(signature), "signature-algorithm": "SHA256withRSA"}
		}
		server.bucket.Put(key, data, metadata)
	}
	front := httptest.NewServer(server)
	defer front.Close()
	cmd := exec.Command("aws", "cloudtrail", "validate-logs", "--verbose", "--s3-bucket", "logs",
		"--trail-arn", "arn:aws:cloudtrail:eu-west-1:"+owner+":trail/main",
		"--start-time", monday.Truncate(time.Hour).Format(time.RFC3339), "--end-time", monday.AddDate(0, 0, 1).Format(time.RFC3339))
	empty := func(v string) bool { return strings.HasSuffix(v, "=") } // it takes an empty AWS_PROFILE for a name
	cmd.Env = append(slices.DeleteFunc(os.Environ(), empty), "AWS_ENDPOINT_URL="+front.URL, "AWS_DEFAULT_REGION=eu-west-1")
	out, err := cmd.CombinedOutput()
	if !strings.Contains(string(out), "Results requested for") && !strings.Contains(string(out), "No public keys found") {
		t.Fatalf("aws cloudtrail validate-logs: %v\n%s", err, out)
	}
	return string(out)
}

var (
	invalidLog    = regexp.MustCompile(`Log file\s+s3://logs/(\S+)\s+INVALID`)
	invalidDigest = regexp.MustCompile(`(?m)^Digest file\s+.*INVALID`)
)

// differences from the AWS CLI, by the name of the tampering. It looks at the
// digests between two times alone, and at logs that they list.
var differences = map[string]string{
	"planted log":                           "it does not look for logs that no digest lists",
	"planted log of no name":                "it does not look for logs that no digest lists",
	"oldest digest deleted":                 "it misses the digest that the oldest one names; we say its hours are not proved",
	"digest signed anew with the right key": "it follows the newest digest back to the one that names it, and never sees the other",
}

// sometimes is what some versions of the AWS CLI see and others do not.
var sometimes = map[string]string{
	"trailing gzip member": "1.45 hashes the first member alone, 1.46 all",
}

// TestAgreesWithTheAWSCLI: what is done to logs and digests is seen by `aws
// cloudtrail validate-logs` and by us, log by log.
func TestAgreesWithTheAWSCLI(t *testing.T) {
	if os.Getenv("PRUNER_LONG") == "" {
		t.Skip("starts the AWS CLI for each tampering: make validate-logs")
	}
	if out, err := exec.Command("aws", "--version").CombinedOutput(); err != nil {
		t.Skipf("the AWS CLI is not here (%v %s)", err, out)
	}
	for _, c := range tamperings {
		t.Run(c.name, func(t *testing.T) {
			s, st := newStory(12), openStore(t)
			c.do(s)
			out := validateLogs(t, s)
			got := s.check(t, st, true)
			var theirs []string
			for _, m := range invalidLog.FindAllStringSubmatch(out, -1) {
				theirs = append(theirs, trail.FileOf(m[1]))
			}
			diff := cmp.Diff(sortedSet(theirs), sortedSet(wrongLogs(t, st)))
			digests := got.Findings[store.Broken]+got.Findings[store.Chain]+got.Findings[store.Key] > 0
			if same := diff == "" && invalidDigest.MatchString(out) == digests; same != (differences[c.name] == "") && sometimes[c.name] == "" {
				t.Errorf("the same %v, digests %v\n%s\n%v\n%s", same, digests, diff, got.Findings, out)
			}
		})
	}
}

// wrongLogs are the log files that findings name.
func wrongLogs(t *testing.T, st *store.Store) (files []string) {
	t.Helper()
	list, err := st.Findings(context.Background(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if f.Kind == store.Edited || f.Kind == store.Deleted || f.Kind == store.Planted {
			files = append(files, trail.FileOf(f.Object))
		}
	}
	return files
}

func sortedSet(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
