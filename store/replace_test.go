package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestReplace: a store takes the place of another with nothing of the other left
// beside it, and does not while some of it is in its log.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	from, path := filepath.Join(dir, "from"), filepath.Join(dir, "s")
	fill := func(names ...string) {
		t.Helper()
		for _, name := range names {
			if err := os.WriteFile(name, []byte(name), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	fill(path, from, from+logSuffix)
	for _, suffix := range besideStore {
		fill(path + suffix)
	}
	if err := Replace(from, path); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != path {
		t.Errorf("the old store is %s, %v", data, err)
	}
	if err := os.Remove(from + logSuffix); err != nil {
		t.Fatal(err)
	}
	if err := Replace(from, path); err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if data, _ := os.ReadFile(path); err != nil || len(left) != 1 || string(data) != from {
		t.Errorf("%q are left, the store is %s", left, data)
	}
	fill(path+logSuffix, path+undoSuffix)
	for range 2 { // of nothing too
		if err := Remove(path); err != nil {
			t.Error(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
}
