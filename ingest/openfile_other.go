//go:build !unix

package ingest

import (
	"io"
	"os"
)

// openFile opens a file to be read once from its start.
func openFile(path string) (io.ReadCloser, error) { return os.Open(path) }
