//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// ignoreFileLimit lets a write past the limit on a file's size (ulimit -f) fail
// with an error, as one on a full disk does. The signal that goes with it would
// end the program without a word where it meets a thread of DuckDB's.
func ignoreFileLimit() { signal.Ignore(syscall.SIGXFSZ) }
