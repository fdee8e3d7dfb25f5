package ingest

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// folderSource is a folder of log objects, read recursively, or one file.
// Digest files are not log objects.
type folderSource struct{ dir string }

// List yields the files of each folder in the order of their names. It asks for
// none of them: their size is known when they are read.
func (s folderSource) List(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		info, err := os.Stat(s.dir)
		if err == nil {
			l := folderLister{ctx, yield}
			_, err = l.list(s.dir, fs.FileInfoToDirEntry(info))
		}
		if err != nil {
			yield(Object{}, fmt.Errorf("list %s: %w", s.dir, err))
		}
	}
}

type folderLister struct {
	ctx   context.Context
	yield func(Object, error) bool
}

// list yields what lies at a path; it reports whether more is wanted.
func (l *folderLister) list(path string, entry fs.DirEntry) (more bool, err error) {
	switch {
	case l.ctx.Err() != nil:
		return false, l.ctx.Err()
	case entry.IsDir() && entry.Name() == "CloudTrail-Digest":
		return true, nil
	case entry.IsDir():
		return l.folder(path)
	case !entry.Type().IsRegular() || !isLog(path) || isDigest(path):
		return true, nil
	}
	return l.yield(Object{URI: filepath.ToSlash(path)}, nil), nil
}

func (l *folderLister) folder(path string) (more bool, err error) {
	list, err := os.ReadDir(path)
	if err != nil {
		return false, err
	}
	within := strings.TrimSuffix(filepath.Join(path, "x"), "x") // joined once: these are many
	for _, entry := range list {
		if more, err = l.list(within+entry.Name(), entry); err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

// Open opens a file as it lies there.
func (s folderSource) Open(_ context.Context, o Object) (io.ReadCloser, error) {
	return os.Open(s.path(o))
}

// path is where a file lies.
func (s folderSource) path(o Object) string { return filepath.FromSlash(o.URI) }

// ETag is the file's size: copying changes its times.
func (s folderSource) ETag(o Object) (string, error) {
	info, err := os.Stat(s.path(o))
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(info.Size(), 10), nil
}
