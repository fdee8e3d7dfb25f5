package ingest

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestFolderFiles opens files of one folder after another, of none, and of one
// that another took the place of.
func TestFolderFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	put := func(path string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, []byte("in "+path))
	}
	var f folderFiles
	defer f.close()
	opens := func(path, want string) {
		t.Helper()
		r, err := f.open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if got, err := io.ReadAll(r); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	for _, path := range []string{"plain", "a/x", "a/y", "b/x", "a/b/x", "a/z"} {
		put(path)
	}
	for _, path := range []string{"plain", "a/x", "a/y", "b/x", "a/b/x", "a/z", "plain"} {
		opens(path, "in "+path)
	}
	opens("a/x", "in a/x")
	for _, path := range []string{"a/no", "no/x", "no"} {
		if _, err := f.open(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", path, err)
		}
	}
	opens("a/y", "in a/y")
	if err := os.Rename("a", "gone"); err != nil {
		t.Fatal(err)
	}
	put("a/new")
	opens("a/new", "in a/new")
}
