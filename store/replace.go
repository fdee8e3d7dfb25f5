package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// What stands beside a store: DuckDB's log of what was committed since its last
// checkpoint, the logs that it makes where a checkpoint is under way or was cut
// off, and the [undo].
const (
	logSuffix  = ".wal"
	undoSuffix = ".undo"
)

var besideStore = []string{logSuffix, ".wal.checkpoint", ".wal.recovery", undoSuffix}

// Remove removes the store at path with all that stands beside it, if it is there.
func Remove(path string) error {
	if err := remove(path); err != nil {
		return err
	}
	return removeBeside(path)
}

func removeBeside(path string) (err error) {
	for _, suffix := range besideStore {
		err = errors.Join(err, remove(path+suffix))
	}
	return err
}

func remove(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Replace puts the store at from in the place of the one at path, which nobody may
// have open. Whatever happens on the way, one of the two is there. It refuses one
// that closing did not make whole, as on a full disk.
func Replace(from, path string) error {
	if _, err := os.Stat(from + logSuffix); err == nil {
		return fmt.Errorf("put %s in the place of %s: not all of it is written yet: %w", from, path, ErrFull)
	}
	if err := removeBeside(path); err != nil {
		return err
	}
	return os.Rename(from, path)
}
