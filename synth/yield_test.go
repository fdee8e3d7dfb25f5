package synth

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// Every permission is accounted for: what goes and what each blocker keeps add
// up to what was granted.
func TestYieldAddsUp(t *testing.T) {
	files, err := filepath.Glob("testdata/outages/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	removed := 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sc := newScenario(t, archive)
		for _, p := range sc.propose(t, sc.inputs(t)) {
			var y Yield
			for _, h := range p.Holders {
				y.Add(h.Yield(testCatalog, p))
			}
			sum := y.Removed
			for _, r := range y.Rows {
				sum += r.Weight
				if r.Blocker == BlockSpell {
					t.Errorf("%s: nothing tells what keeps %d actions", file, r.Actions)
				}
			}
			if sum != y.Granted {
				t.Errorf("%s: %d of the weight %d is accounted for", file, sum, y.Granted)
			}
			removed += y.Removed
		}
	}
	if removed == 0 {
		t.Error("nothing was removed anywhere")
	}
}

// What keeps a permission is named by the strongest reason.
func TestYieldNamesBlockers(t *testing.T) {
	for file, want := range map[string][]Blocker{
		"data-events-off": {BlockData, BlockUsed},
		"grant-last-week": {BlockYoung, BlockUsed},
		"passrole-gone":   {BlockUsed},
		"boundary":        {BlockUsed, BlockReport},
	} {
		data, err := os.ReadFile("testdata/outages/" + file + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		sc := newScenario(t, txtar.Parse(data))
		var y Yield
		for _, p := range sc.propose(t, sc.inputs(t)) {
			for _, h := range p.Holders {
				y.Add(h.Yield(testCatalog, p))
			}
		}
		var got []Blocker
		for _, r := range y.Rows {
			got = append(got, r.Blocker)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}
