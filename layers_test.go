package pruner

import (
	"go/build"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/pruner/pruner/"

// layers is the architecture diagram: each room, and the rooms it may import.
var layers = map[string][]string{
	"iam":            {},
	"trail":          {},
	"catalog":        {"iam"},
	"account":        {"iam"},
	"store":          {"trail"},
	"ingest":         {"trail", "catalog", "store", "ingest/inflate"},
	"ingest/inflate": {},
	"ingest/s3test":  {},
	"interpret":      {"iam", "trail", "catalog"},
	"usage":          {"iam", "trail", "catalog", "account", "interpret"},
	"eval":           {"iam", "catalog"},
	"synth":          {"iam", "catalog", "account", "usage", "eval"},
	"diff":           {"iam", "synth", "eval"},
	"report":         {"iam", "usage", "synth", "eval"},
	"cmd/pruner":     {"iam", "trail", "catalog", "account", "store", "ingest", "interpret", "usage", "eval", "synth", "diff", "report"},
}

// homes names, for a technology, the only rooms that may touch it.
var homes = map[string][]string{
	"github.com/duckdb/":             {"store"},
	"github.com/apache/arrow-go/":    {"store"},
	"github.com/aws/aws-sdk-go-v2":   {"ingest", "account"},
	"github.com/aws/smithy-go":       {"ingest", "account"},
	"github.com/spf13/":              {"cmd/pruner"},
	"github.com/hashicorp/hcl/":      {"diff"},
	"github.com/zclconf/":            {"diff"},
	"go.yaml.in/yaml/":               {"diff", "cmd/pruner"},
	"github.com/klauspost/compress/": {"ingest"},
}

// pure rooms import nothing outside the standard library but other rooms.
var pure = []string{"iam", "trail", "ingest/inflate"}

func TestLayers(t *testing.T) {
	for _, dir := range goFolders(t) {
		if strings.HasPrefix(dir, "scripts/") {
			continue // developer programs, not part of the product
		}
		allowed, known := layers[dir]
		if !known {
			t.Errorf("%s is not in the layer table: give it a room or a place in one", dir)
			continue
		}
		for _, imported := range imports(t, dir) {
			checkImport(t, dir, imported, allowed)
		}
	}
}

func checkImport(t *testing.T, dir, imported string, allowed []string) {
	t.Helper()
	if room, ours := strings.CutPrefix(imported, module); ours {
		if !slices.Contains(allowed, room) {
			t.Errorf("%s imports %s; it may import %v", dir, room, allowed)
		}
		return
	}
	if slices.Contains(pure, dir) && strings.Contains(imported, ".") {
		t.Errorf("%s imports %s; it is to use the standard library only", dir, imported)
	}
	for technology, rooms := range homes {
		if strings.HasPrefix(imported, technology) && !slices.Contains(rooms, dir) {
			t.Errorf("%s imports %s; only %v may", dir, imported, rooms)
		}
	}
}

func TestNoDrawers(t *testing.T) {
	for _, dir := range goFolders(t) {
		switch name := filepath.Base(dir); name {
		case "util", "utils", "common", "helpers", "misc", "shared":
			t.Errorf("%s: a package is a noun or a stage, never a drawer", dir)
		}
	}
}

// goFolders lists the folders below here that hold Go files, the root left out.
func goFolders(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if dir := filepath.Dir(path); strings.HasSuffix(path, ".go") && dir != "." {
			found[filepath.ToSlash(dir)] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for dir := range found {
		dirs = append(dirs, dir)
	}
	slices.Sort(dirs)
	return dirs
}

// imports lists what the package's own files import; tests may import what
// they need.
func imports(t *testing.T, dir string) []string {
	t.Helper()
	context := build.Default
	context.BuildTags = []string{"duckdb_arrow"}
	p, err := context.ImportDir(dir, 0)
	if err != nil {
		t.Fatalf("read %s: %v", dir, err)
	}
	return p.Imports
}
