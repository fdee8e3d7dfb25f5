//go:build !unix

package ingest

import (
	"io"
	"os"
)

// folderFiles opens files to be read once from their start.
type folderFiles struct{}

func (*folderFiles) open(path string) (io.ReadCloser, error) { return os.Open(path) }

func (*folderFiles) close() {}
