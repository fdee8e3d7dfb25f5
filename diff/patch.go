package diff

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Patch is edits of files of a repo.
type Patch struct{ Files []FileEdit }

// FileEdit is one file before and after; Path is relative to the repo.
type FileEdit struct {
	Path          string
	Before, After []byte
}

// Empty reports whether the patch changes nothing.
func (p Patch) Empty() bool { return len(p.Files) == 0 }

// Unified is the patch as a unified diff that git apply accepts, files in
// order of their paths.
func (p Patch) Unified() []byte {
	files := slices.Clone(p.Files)
	slices.SortFunc(files, func(a, b FileEdit) int { return strings.Compare(a.Path, b.Path) })
	var out bytes.Buffer
	for _, f := range files {
		out.WriteString("diff --git a/" + f.Path + " b/" + f.Path + "\n")
		out.WriteString(udiff.Unified("a/"+f.Path, "b/"+f.Path, string(f.Before), string(f.After)))
	}
	return out.Bytes()
}

// Write writes the edited files below dir.
func (p Patch) Write(dir string) error {
	for _, f := range p.Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, f.After, info.Mode().Perm()); err != nil {
			return err
		}
	}
	return nil
}
