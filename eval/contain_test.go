package eval

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/pruner/pruner/catalog"
)

// TestContain runs testdata/contain.
func TestContain(t *testing.T) {
	a, err := txtar.ParseFile("testdata/contain/pairs.txtar")
	if err != nil {
		t.Fatal(err)
	}
	e := New(catalog.Default())
	for _, f := range a.Files {
		t.Run(f.Name, func(t *testing.T) {
			var older, newer []Named
			kind, want, reason := IdentityPolicy, "", ""
			for line := range strings.Lines(names.Replace(string(f.Data))) {
				word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
				switch word {
				case "kind":
					kind = ResourcePolicy
				case "old":
					older = append(older, document(t, rest)...)
				case "new":
					newer = append(newer, document(t, rest)...)
				case "":
				default:
					want, reason = word, rest
				}
			}
			got := e.Contain(older, newer, kind)
			if string(got.Result) != want || !strings.Contains(got.Reason, reason) {
				t.Errorf("got %s (%s) by %+v, want %s\n%s", got.Result, got.Reason, got.Witness, want, f.Data)
			}
			if (got.Witness != nil) != (got.Result == Wider) {
				t.Errorf("%s with witness %+v", got.Result, got.Witness)
			}
		})
	}
}
