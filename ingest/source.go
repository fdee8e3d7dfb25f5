package ingest

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/pruner/pruner/trail"
)

// Object is one log object of a source.
type Object struct {
	URI     string // what names it for ever: a path, s3://bucket/key
	Size    int64  // 0 where the listing does not say
	ETag    string // changes when the content does; "" where the listing does not say, see [Versioned]
	Changed time.Time
}

// Versioned is a source whose listing says no ETags.
type Versioned interface {
	Source
	// ETag is that of an object that was read before. Of one that is being read
	// it is the number of bytes.
	ETag(o Object) (string, error)
}

// Source is where log objects come from.
type Source interface {
	// List yields each object once.
	List(ctx context.Context) iter.Seq2[Object, error]
	// Open reads one.
	Open(ctx context.Context, o Object) (io.ReadCloser, error)
}

// SourceOptions are how sources are read. The zero value works.
type SourceOptions struct {
	Window   int           // days that are read of S3 and the event history; 0 is all there is
	End      time.Time     // of the window; zero is the newest day there is
	Stdin    io.Reader     // what "-" reads; nil is nothing
	InFlight int           // objects fetched at a time; 0 is 128
	Now      time.Time     // zero is the clock's
	Backoff  time.Duration // the longest wait before a request is tried again; 0 is 20 s
}

func (o *SourceOptions) now() time.Time {
	if o.Now.IsZero() {
		return time.Now()
	}
	return o.Now
}

func (o *SourceOptions) maxBackoff() time.Duration {
	if o.Backoff <= 0 {
		return maxBackoff
	}
	return o.Backoff
}

// Open finds the source that a URI names, with the options' zero value.
func Open(uri string) (Source, error) { return SourceOptions{}.Open(uri) }

// Open finds the source that a URI names: a folder or a file, s3://bucket/prefix,
// event-history or event-history:region,…, or - for standard input. Nothing is
// asked of a network yet.
func (o SourceOptions) Open(uri string) (Source, error) {
	scheme, _, remote := strings.Cut(uri, "://")
	switch {
	case scheme == "s3" && remote:
		return newS3(uri, o)
	case uri == "-":
		return &stdinSource{in: o.Stdin}, nil
	case uri == "event-history", strings.HasPrefix(uri, "event-history:") && !remote:
		return newHistory(uri, o)
	case remote:
		return nil, fmt.Errorf("logs %s: %s is no source; write a folder, s3://bucket/prefix, event-history or -", uri, scheme)
	}
	if _, err := os.Stat(uri); err != nil {
		return nil, fmt.Errorf("logs: %w; name a folder that exists", err)
	}
	return folderSource{uri}, nil
}

// isDigest reports whether a key or path is that of a digest file.
func isDigest(path string) bool {
	if !strings.Contains(path, "_CloudTrail-Digest_") {
		return false // as nearly all
	}
	name, _ := trail.ParseObjectName(path)
	return name.Digest
}

func isLog(path string) bool {
	for _, suffix := range []string{".json.gz", ".json", ".jsonl", ".ndjson", ".gz"} {
		if strings.HasSuffix(path, suffix) {
			return true
		}
	}
	return false
}
