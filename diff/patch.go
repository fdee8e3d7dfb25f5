package diff

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Patch is edits of files of a repo.
type Patch struct {
	Files    []FileEdit
	Literals []string // ARNs written out where the policy names others by reference
}

// FileEdit is one file before and after; Path is relative to the repo.
type FileEdit struct {
	Path          string
	Before, After []byte
	edits         []edit // that make After of Before, alignment aside
}

// Join puts the edits of two patches together, those of one file into one. Two
// changes that touch the same bytes are an error, and p stays as it was.
func (p Patch) Join(q Patch) (Patch, error) {
	out := Patch{Files: slices.Clone(p.Files), Literals: slices.Concat(p.Literals, q.Literals)}
	for _, f := range q.Files {
		i := slices.IndexFunc(out.Files, func(have FileEdit) bool { return have.Path == f.Path })
		if i < 0 {
			out.Files = append(out.Files, f)
			continue
		}
		joined, err := out.Files[i].join(f)
		if err != nil {
			return p, fmt.Errorf("two changes of %s: %w", f.Path, err)
		}
		out.Files[i] = joined
	}
	return out, nil
}

func (f FileEdit) join(g FileEdit) (FileEdit, error) {
	if !bytes.Equal(f.Before, g.Before) {
		return f, errors.New("they start from different texts")
	}
	s := splicer{edits: slices.Clone(f.edits)}
	for _, e := range g.edits {
		if !slices.Contains(s.edits, e) { // a shared block is in several proposals
			s.edits = append(s.edits, e)
		}
	}
	edits, err := s.sorted()
	if err != nil {
		return f, err
	}
	after := tidy(f.Path, f.Before, apply(f.Before, edits))
	if err := parses(f.Path, f.Before, after); err != nil {
		return f, fmt.Errorf("together they do not parse: %w", err)
	}
	return FileEdit{f.Path, f.Before, after, edits}, nil
}

// parses checks that an edited file is still what it was: a .json file may be a
// template of Terraform's.
func parses(path string, before, after []byte) error {
	var readers []func([]byte) error
	switch filepath.Ext(path) {
	case ".tf":
		readers = append(readers, func(text []byte) error {
			if _, diags := hclsyntax.ParseConfig(text, path, hcl.InitialPos); diags.HasErrors() {
				return diags
			}
			return nil
		})
	case ".json":
		for _, templated := range []bool{false, true} {
			readers = append(readers, func(text []byte) error {
				_, err := parseJSON(trimBOM(text), 0, templated)
				return err
			})
		}
	case ".yaml", ".yml":
		readers = append(readers, func(text []byte) error {
			_, err := parseYAML(text, false)
			return err
		})
	}
	for _, read := range readers {
		if read(before) == nil {
			return read(after)
		}
	}
	return nil
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
