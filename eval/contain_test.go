package eval

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
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
			if quick := provedQuickly(t, e, older, newer, kind); quick != (reason == "quick") && want == string(Contained) {
				t.Errorf("proved statement by statement: %v\n%s", quick, f.Data)
			}
			if reason == "quick" {
				reason = ""
			}
			if string(got.Result) != want || !strings.Contains(got.Reason, reason) {
				t.Errorf("got %s (%s) by %+v, want %s\n%s", got.Result, got.Reason, got.Witness, want, f.Data)
			}
			if (got.Witness != nil) != (got.Result == Wider) {
				t.Errorf("%s with witness %+v", got.Result, got.Witness)
			}
			if got.Witness != nil {
				checkWitness(t, got.Witness, kind)
			}
		})
	}
}

// provedQuickly: statements cover statements, and nothing is searched.
func provedQuickly(t *testing.T, e *Engine, older, newer []Named, kind Kind) bool {
	t.Helper()
	c := &container{engine: e, kind: kind}
	var err1, err2 error
	c.old, err1 = e.Compile(older)
	c.new, err2 = e.Compile(newer)
	return err1 == nil && err2 == nil && c.prove() == ""
}

// checkWitness: it can be written, has no key without values, and says who
// calls once.
func checkWitness(t *testing.T, w *iam.Request, kind Kind) {
	t.Helper()
	if strings.ContainsRune(string(w.Action)+string(w.Resource), 0) {
		t.Errorf("witness %+v cannot be written", w)
	}
	caller := "arn:aws:iam::123456789012:role/sample"
	for _, a := range w.Context {
		if len(a.Values) == 0 {
			t.Errorf("witness %+v has a key without values", w)
		}
		if strings.EqualFold(a.Key, "aws:PrincipalArn") {
			caller = a.Values[0]
		}
	}
	if kind == IdentityPolicy && w.Principal.Value != caller {
		t.Errorf("witness %+v, want the caller %s", w, caller)
	}
}
