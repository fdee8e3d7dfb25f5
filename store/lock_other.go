//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package store

import (
	"errors"
	"os"
)

// lockFolder does nothing here: the system has no lock on a folder.
func lockFolder(string) (unlock func()) { return func() {} }

// lockFile fails here: the system's locks are not those of DuckDB, and keep a
// file from being opened twice.
func lockFile(*os.File) error { return errors.ErrUnsupported }

// syncFolder does nothing here: the system has no such call.
func syncFolder(string) error { return nil }
