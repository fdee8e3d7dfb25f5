//go:build unix

package ingest

import (
	"io"
	"io/fs"
	"syscall"
)

// openFile opens a file to be read once from its start. What [os.Open] adds,
// to wait for what is no file and to close what was forgotten, takes as long as
// a log of ten events takes to read.
func openFile(path string) (io.ReadCloser, error) {
	fd, err := uninterrupted(func() (int, error) { return syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0) })
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return &openedFile{path, fd}, nil
}

// openedFile is a file by its descriptor.
type openedFile struct {
	path string
	fd   int
}

// Read reads on; see [io.Reader].
func (f *openedFile) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := uninterrupted(func() (int, error) { return syscall.Read(f.fd, p) })
	switch {
	case err != nil:
		return 0, &fs.PathError{Op: "read", Path: f.path, Err: err}
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Close gives the descriptor back: nothing else does.
func (f *openedFile) Close() error { return syscall.Close(f.fd) }

// uninterrupted calls f again where a signal interrupted it.
func uninterrupted(f func() (int, error)) (n int, err error) {
	for {
		if n, err = f(); err != syscall.EINTR {
			return n, err
		}
	}
}
