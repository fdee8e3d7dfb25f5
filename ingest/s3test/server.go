// Package s3test is an S3 server for tests: it answers ListObjectsV2,
// GetObject and HeadObject over HTTP as S3 does, and can be slow, throttle, fail
// and cut bodies short on demand. Nothing but tests uses it.
package s3test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Faults are what goes wrong. Requests are numbered from 1; a fault with
// number n strikes each n-th of them, 0 none.
type Faults struct {
	Latency     time.Duration     // before each answer
	InternalNth int               // 500 InternalError
	SlowDownNth int               // 503 SlowDown
	CutNth      int               // GetObject: the connection breaks in the middle of the body
	ShortNth    int               // GetObject: the body ends in its middle, and its length is said to be that
	NoRanges    bool              // GetObject: ranges are not heeded
	Deny        map[string]string // operation (ListObjectsV2, GetObject) → the key prefix it is denied below
	Region      string            // where the bucket is; requests signed for another are redirected; "" anywhere
}

// Server serves one bucket.
type Server struct {
	URL    string
	Bucket string

	http    *httptest.Server
	mu      sync.Mutex
	faults  Faults
	objects map[string]object
	keys    []string // sorted; nil after a change
	count   map[string]int
	serial  int
	asked   *sync.Cond
}

type object struct {
	data     []byte
	etag     string
	changed  time.Time
	metadata map[string]string
}

// New starts a server with an empty bucket on a free port of 127.0.0.1. Call
// Close when done.
func New(bucket string) *Server {
	s := &Server{Bucket: bucket, objects: map[string]object{}, count: map[string]int{}}
	s.asked = sync.NewCond(&s.mu)
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL
	return s
}

// Close stops the server.
func (s *Server) Close() { s.http.Close() }

// SetFaults decides what goes wrong from now on.
func (s *Server) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// Put stores an object; metadata are x-amz-meta- headers without that prefix.
func (s *Server) Put(key string, data []byte, metadata map[string]string) {
	sum := md5.Sum(data)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[key] = object{data, `"` + hex.EncodeToString(sum[:]) + `"`, time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), metadata}
	s.keys = nil
}

// Load stores every file below a folder, its path as the key.
func (s *Server) Load(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		key, err := filepath.Rel(dir, path)
		s.Put(filepath.ToSlash(key), data, nil)
		return err
	})
}

// Count tells how many requests of an operation were made.
func (s *Server) Count(operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count[operation]
}

// Await returns once n requests of an operation were made.
func (s *Server) Await(operation string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.count[operation] < n {
		s.asked.Wait()
	}
}

// ServeHTTP answers a request, path-style or not signed as it may be.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	operation, below := "GetObject", key
	if key == "" {
		operation, below = "ListObjectsV2", r.URL.Query().Get("prefix")
	}
	faults, n := s.begin(operation)
	select {
	case <-time.After(faults.Latency):
	case <-r.Context().Done():
		return
	}
	denied, denies := faults.Deny[operation]
	switch {
	case hits(faults.InternalNth, n):
		fail(w, r, http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again.")
	case hits(faults.SlowDownNth, n):
		fail(w, r, http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	case bucket != s.Bucket:
		fail(w, r, http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	case faults.Region != "" && !strings.Contains(r.Header.Get("Authorization"), "/"+faults.Region+"/s3/"):
		w.Header().Set("X-Amz-Bucket-Region", faults.Region)
		fail(w, r, http.StatusMovedPermanently, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.")
	case denies && strings.HasPrefix(below, denied):
		fail(w, r, http.StatusForbidden, "AccessDenied", "User: arn:aws:iam::111122223333:user/u is not authorized to perform this")
	case key == "":
		s.list(w, r)
	default:
		if faults.NoRanges {
			r.Header.Del("Range")
		}
		s.get(w, r, key, hits(faults.CutNth, n), hits(faults.ShortNth, n))
	}
}

func hits(nth, n int) bool { return nth > 0 && n%nth == 0 }

func (s *Server) begin(operation string) (Faults, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count[operation]++
	s.serial++
	s.asked.Broadcast()
	return s.faults, s.serial
}

func fail(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		fmt.Fprintf(w, "%s<Error><Code>%s</Code><Message>%s</Message><RequestId>1</RequestId></Error>", xml.Header, code, message)
	}
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, key string, cut, short bool) {
	s.mu.Lock()
	o, found := s.objects[key]
	s.mu.Unlock()
	if !found {
		fail(w, r, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
		return
	}
	w.Header().Set("ETag", o.etag)
	w.Header().Set("Content-Type", "application/json")
	if strings.HasSuffix(key, ".gz") {
		w.Header().Set("Content-Encoding", "gzip") // as CloudTrail stores them
	}
	if short && len(o.data) > 1 {
		o.data = o.data[:len(o.data)/2]
	}
	if r.Header.Get("Range") == "" {
		w.Header().Set("Content-Length", fmt.Sprint(len(o.data)))
	}
	for name, value := range o.metadata {
		w.Header()["x-amz-meta-"+name] = []string{value} // in lower case, which some clients rely on
	}
	if cut && r.Header.Get("Range") == "" && len(o.data) > 1 {
		w.Write(o.data[:len(o.data)/2])
		panic(http.ErrAbortHandler)
	}
	http.ServeContent(w, r, "", o.changed, bytes.NewReader(o.data))
}

// sorted gives the keys in order.
func (s *Server) sorted() []string {
	if s.keys == nil {
		for key := range s.objects {
			s.keys = append(s.keys, key)
		}
		slices.Sort(s.keys)
	}
	return s.keys
}
