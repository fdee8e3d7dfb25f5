package ingest

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// folderSource is a folder of log objects, read recursively, or one file.
// Digest files are not log objects.
type folderSource struct{ dir string }

// List yields the files of each folder in the order of their names. The size
// serves as ETag: copying changes a file's times.
func (s folderSource) List(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		info, err := os.Stat(s.dir)
		if err == nil {
			l := folderLister{ctx, yield}
			_, err = l.list(s.dir, info)
		}
		if err != nil {
			yield(Object{}, fmt.Errorf("list %s: %w", s.dir, err))
		}
	}
}

func fileObject(path string, info fs.FileInfo) Object {
	return Object{URI: filepath.ToSlash(path), Size: info.Size(), ETag: strconv.FormatInt(info.Size(), 10), Changed: info.ModTime()}
}

type folderLister struct {
	ctx   context.Context
	yield func(Object, error) bool
}

// list yields what lies at a path; it reports whether more is wanted.
func (l *folderLister) list(path string, info fs.FileInfo) (more bool, err error) {
	switch {
	case l.ctx.Err() != nil:
		return false, l.ctx.Err()
	case info.IsDir() && info.Name() == "CloudTrail-Digest":
		return true, nil
	case info.IsDir():
		return l.folder(path)
	case !info.Mode().IsRegular() || !isLog(path) || isDigest(path):
		return true, nil
	}
	return l.yield(fileObject(path, info), nil), nil
}

func (l *folderLister) folder(path string) (more bool, err error) {
	list, err := readFolder(path)
	if err != nil {
		return false, err
	}
	for _, info := range list {
		if more, err = l.list(filepath.Join(path, info.Name()), info); err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

// readFolder asks for the files' sizes by the open folder: the kernel finds
// each of hundreds of thousands by its name alone, and not by its path.
func readFolder(path string) ([]fs.FileInfo, error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	list, err := dir.Readdir(-1)
	slices.SortFunc(list, func(a, b fs.FileInfo) int { return strings.Compare(a.Name(), b.Name()) })
	return list, err
}

func (s folderSource) Open(_ context.Context, o Object) (io.ReadCloser, error) {
	return openFile(filepath.FromSlash(o.URI))
}
