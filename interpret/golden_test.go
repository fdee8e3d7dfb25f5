package interpret_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/ingest"
	"github.com/pruner/pruner/interpret"
)

type goldenAction struct {
	Action    string              `json:"action"`
	Resources []string            `json:"resources"`
	Accept    map[string][]string `json:"accept"`
	Also      []string            `json:"also"`
	Kind      string              `json:"kind"`
	match     string
}

type goldenCase struct {
	ID     string          `json:"id"`
	Event  json.RawMessage `json:"event"`
	Expect struct {
		Class       string         `json:"class"`
		ClassAccept []string       `json:"class_accept"`
		Outcome     string         `json:"outcome"`
		Actions     []goldenAction `json:"actions"`
		Match       string         `json:"match"`
		Optional    []goldenAction `json:"optional"`
	} `json:"expect"`
}

// TestGolden measures the interpreter on documented events. The floors are
// near what it reaches, above the goals: 98 % of actions right, 93 % of
// resources exact and at most 0.5 % wrong.
func TestGolden(t *testing.T) {
	f, err := os.Open("../../shared/golden/interpret.jsonl")
	if err != nil {
		t.Skip("the golden cases are not here: ", err)
	}
	defer f.Close()
	c := catalog.Default()
	in := interpret.New(c)
	var cases, actions, resources, exact, wrong int
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var g goldenCase
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		cases++
		got := interpretOne(t, in, c, g.Event)
		if sameActions(&g, &got) {
			actions++
		} else {
			t.Logf("%s: actions %v, class %s; want %v", g.ID, names(got.Calls), got.Class, g.Expect.Actions)
		}
		for _, want := range g.Expect.Actions {
			resources++
			want.match = g.Expect.Match
			switch judge(want, got.Calls) {
			case "exact":
				exact++
			case "wrong":
				wrong++
				t.Logf("%s: %s on %v; want %v", g.ID, want.Action, resourcesOf(got.Calls, want.Action), want.Resources)
			}
		}
	}
	t.Logf("%d cases: actions right %.1f %%, resources exact %.1f %%, wrong %.1f %%", cases,
		percent(actions, cases), percent(exact, resources), percent(wrong, resources))
	if percent(actions, cases) < 99 || percent(exact, resources) < 98 || percent(wrong, resources) > 0.5 {
		t.Error("worse than it was")
	}
}

func percent(part, whole int) float64 { return 100 * float64(part) / float64(whole) }

func interpretOne(t *testing.T, in *interpret.Interpreter, c *catalog.Catalog, event []byte) interpret.Interpretation {
	t.Helper()
	for r, err := range ingest.Records(bytes.NewReader(event), "golden", ingest.RecordOptions{Params: c.Param, Below: c.ParamBelow, Cut: c.Cut}) {
		if err != nil {
			t.Fatal(err)
		}
		o := r.Observe(true)
		return in.Interpret(&o)
	}
	t.Fatal("no record")
	return interpret.Interpretation{}
}

// sameActions: every expected action is there, and with match "exact" no other
// than the optional ones.
func sameActions(g *goldenCase, got *interpret.Interpretation) bool {
	if string(got.Class) != g.Expect.Class && !slices.Contains(g.Expect.ClassAccept, string(got.Class)) {
		return false
	}
	have := map[string]bool{}
	for _, n := range names(got.Calls) {
		have[strings.ToLower(n)] = true
	}
	for _, a := range g.Expect.Actions {
		if !have[strings.ToLower(a.Action)] {
			return false
		}
		delete(have, strings.ToLower(a.Action))
	}
	if g.Expect.Match != "exact" {
		return true
	}
	for _, o := range g.Expect.Optional {
		delete(have, strings.ToLower(o.Action))
	}
	return len(have) == 0
}

func names(calls []iam.Call) []string {
	var out []string
	for _, c := range calls {
		out = append(out, string(c.Action))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func resourcesOf(calls []iam.Call, action string) []string {
	var out []string
	for _, c := range calls {
		if strings.EqualFold(string(c.Action), action) && c.Resolution != iam.None {
			for _, r := range c.Resources {
				out = append(out, string(r))
			}
		}
	}
	return out
}

// judge says exact, partial, none or wrong for one expected action. A resource
// that the case does not list, nor covers, is wrong.
func judge(want goldenAction, calls []iam.Call) string {
	got := resourcesOf(calls, want.Action)
	if len(got) == 0 {
		return "none"
	}
	verdict := "exact"
	extra := slices.Clone(got)
	drop := func(fits func(g string) bool) bool {
		n := len(extra)
		extra = slices.DeleteFunc(extra, fits)
		return len(extra) < n
	}
	for _, w := range want.Resources {
		accept := append([]string{w}, want.Accept[w]...)
		if drop(func(g string) bool { return slices.Contains(accept, g) }) || slices.ContainsFunc(got, func(g string) bool { return slices.Contains(accept, g) }) {
			continue
		}
		if !drop(func(g string) bool {
			return strings.Contains(g, "*") && slices.ContainsFunc(accept, func(a string) bool { return iam.Pattern(g).CoversARN(iam.Pattern(a)) })
		}) {
			return "wrong"
		}
		verdict = "partial"
	}
	extra = slices.DeleteFunc(extra, func(g string) bool { return slices.Contains(want.Also, g) })
	if len(extra) > 0 && want.match == "exact" {
		return "wrong"
	}
	return verdict
}
