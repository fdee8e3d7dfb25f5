//go:build unix

package ingest

import (
	"io"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"
)

// folderFiles opens files to be read once from their start, one at a time. What
// [os.Open] adds, to wait for what is no file and to close what was forgotten,
// takes as long as a log of ten events takes to read; and so does the way to the
// folder, which is walked once for all files of it.
type folderFiles struct {
	file openedFile

	folder string // with the slash behind it
	dir    int    // the folder's descriptor; it is open if folder is not ""
}

// open opens a file, which is closed before the next one is opened.
func (f *folderFiles) open(path string) (io.ReadCloser, error) {
	at, name := f.near(path)
	fd, err := openAt(at, name)
	if err != nil && at != unix.AT_FDCWD { // another folder may be in its place
		f.close()
		fd, err = openAt(unix.AT_FDCWD, path)
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	f.file = openedFile{path, fd}
	return &f.file, nil
}

func openAt(dir int, name string) (fd int, err error) {
	return uninterrupted(func() (int, error) { return unix.Openat(dir, name, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
}

// near gives the descriptor of the file's folder and its name there. Of a folder
// that cannot be opened, as one that may be passed and not read, the files are
// opened by their paths.
func (f *folderFiles) near(path string) (at int, name string) {
	n := strings.LastIndexByte(path, '/') + 1
	if n == 0 {
		return unix.AT_FDCWD, path
	}
	if folder := path[:n]; folder != f.folder {
		f.close()
		fd, err := uninterrupted(func() (int, error) { return unix.Open(folder, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0) })
		if err != nil {
			return unix.AT_FDCWD, path
		}
		f.folder, f.dir = folder, fd
	}
	return f.dir, path[n:]
}

// close gives back what is kept open. More files may be opened after it.
func (f *folderFiles) close() {
	if f.folder != "" {
		unix.Close(f.dir)
		f.folder = ""
	}
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
	n, err := uninterrupted(func() (int, error) { return unix.Read(f.fd, p) })
	switch {
	case err != nil:
		return 0, &fs.PathError{Op: "read", Path: f.path, Err: err}
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Close gives the descriptor back: nothing else does.
func (f *openedFile) Close() error { return unix.Close(f.fd) }

// uninterrupted calls f again where a signal interrupted it.
func uninterrupted(f func() (int, error)) (n int, err error) {
	for {
		if n, err = f(); err != unix.EINTR {
			return n, err
		}
	}
}
