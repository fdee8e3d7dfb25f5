package ingest

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pruner/pruner/trail"
)

// Object is one log object of a source.
type Object struct {
	URI     string // what names it for ever: a path, s3://bucket/key
	Size    int64
	ETag    string // changes when the content does
	Changed time.Time
}

// Source is where log objects come from.
type Source interface {
	// List yields each object once.
	List(ctx context.Context) iter.Seq2[Object, error]
	// Open reads one.
	Open(ctx context.Context, o Object) (io.ReadCloser, error)
}

// Open finds the source that a URI names: a folder or a file.
func Open(uri string) (Source, error) {
	if scheme, _, ok := strings.Cut(uri, "://"); ok {
		return nil, fmt.Errorf("logs %s: %s is not supported by this version; name a folder", uri, scheme)
	}
	if uri == "-" || uri == "event-history" {
		return nil, fmt.Errorf("logs %s: not supported by this version; name a folder", uri)
	}
	if _, err := os.Stat(uri); err != nil {
		return nil, fmt.Errorf("logs: %w; name a folder that exists", err)
	}
	return folderSource{uri}, nil
}

// folderSource is a folder of log objects, read recursively. Digest files are
// not log objects.
type folderSource struct{ dir string }

func (s folderSource) List(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == "CloudTrail-Digest" {
				return filepath.SkipDir
			}
			if name, _ := trail.ParseObjectName(filepath.ToSlash(path)); !d.Type().IsRegular() || !isLog(path) || name.Digest {
				return ctx.Err()
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			if !yield(objectOf(path, info), nil) {
				return filepath.SkipAll
			}
			return ctx.Err()
		})
		if err != nil {
			yield(Object{}, fmt.Errorf("list %s: %w", s.dir, err))
		}
	}
}

func objectOf(path string, info fs.FileInfo) Object {
	return Object{
		URI: filepath.ToSlash(path), Size: info.Size(),
		ETag: fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano()), Changed: info.ModTime(),
	}
}

func isLog(path string) bool {
	for _, suffix := range []string{".json.gz", ".json", ".jsonl", ".ndjson", ".gz"} {
		if strings.HasSuffix(path, suffix) {
			return true
		}
	}
	return false
}

func (s folderSource) Open(_ context.Context, o Object) (io.ReadCloser, error) {
	return os.Open(filepath.FromSlash(o.URI))
}
