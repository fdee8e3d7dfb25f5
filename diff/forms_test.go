package diff

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/pruner/pruner/iam"
)

var update = flag.Bool("update", false, "rewrite what the cases in testdata want")

// archives runs a test for each case of a folder: files of a repo, and beside
// them what is wanted.
func archives(t *testing.T, pattern string, wants []string, run func(t *testing.T, dir string, extra map[string][]byte) map[string][]byte) {
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases in %s: %v", pattern, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			dir, extra := unpack(t, a, wants)
			got := run(t, dir, extra)
			for i, f := range a.Files {
				out, made := got[f.Name]
				switch {
				case !made:
				case *update:
					a.Files[i].Data = out
				default:
					if d := cmp.Diff(string(f.Data), string(out)); d != "" {
						t.Errorf("%s: %s (-want +got):\n%s", path, f.Name, d)
					}
				}
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(a), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// unpack writes the files of a repo into a folder and gives the others.
func unpack(t *testing.T, a *txtar.Archive, wants []string) (dir string, extra map[string][]byte) {
	dir, extra = t.TempDir(), map[string][]byte{}
	for _, f := range a.Files {
		if strings.HasPrefix(f.Name, "want") || strings.Contains(strings.Join(wants, " "), f.Name) {
			extra[f.Name] = f.Data
			continue
		}
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, extra
}

// TestTerraformRead: what is found in each case, a line for each policy.
func TestTerraformRead(t *testing.T) {
	archives(t, "testdata/terraform/*.txtar", nil, func(t *testing.T, dir string, _ map[string][]byte) map[string][]byte {
		found, err := Find(dir, FindOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		for _, f := range found {
			if err := enc.Encode(f); err != nil {
				t.Fatal(err)
			}
		}
		return map[string][]byte{"want": out.Bytes()}
	})
}

// TestTerraformRewritten: the patch for each case, or why there is none. The
// patched repo says what was wanted, so that a second rewrite changes nothing.
func TestTerraformRewritten(t *testing.T) {
	archives(t, "testdata/rewrite/*.txtar", []string{"address", "policy"}, func(t *testing.T, dir string, extra map[string][]byte) map[string][]byte {
		policy, err := iam.ParsePolicy(extra["policy"])
		if err != nil {
			t.Fatal(err)
		}
		address := strings.TrimSpace(string(extra["address"]))
		patch, err := Rewrite(dir, address, policy)
		if err != nil {
			return map[string][]byte{"want": []byte(err.Error() + "\n")}
		}
		if err := patch.Write(dir); err != nil {
			t.Fatal(err)
		}
		if len(policy.Statements) == 0 {
			return map[string][]byte{"want": patch.Unified()} // it is gone
		}
		again, err := Rewrite(dir, address, policy)
		if err != nil || !again.Empty() {
			t.Errorf("the second rewrite: %v\n%s", err, again.Unified())
		}
		return map[string][]byte{"want": patch.Unified()}
	})
}
