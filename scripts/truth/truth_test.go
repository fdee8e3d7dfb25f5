package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/synth"
)

// The page and the figure say what the results say, and the figure is well-formed.
func TestDocs(t *testing.T) {
	dir := t.TempDir()
	o := outcome{
		Organisation: "seed<1>",
		Strategies: []synth.StrategyRow{
			{Strategy: synth.StrategySafe, Changed: 100, RolesDenied: 1, Calls: 1000, Granted: 200, Removed: 180, Held: 170},
			{Strategy: synth.StrategyOld, Granted: 200},
		},
		Yield:  synth.Yield{Granted: 200, Removed: 180, Rows: []synth.YieldRow{{Blocker: synth.BlockYoung, Actions: 3, Weight: 20, Roles: 2}}},
		Oracle: oracleSum{Removed: 80, Quarantine: 10, Reported: 10, Perfect: 120, Blind: 20},
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	o.Organisation = "fresh-1"
	unseen, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	result, fresh := filepath.Join(dir, "r.json"), filepath.Join(dir, "f.json")
	for path, content := range map[string][]byte{result: text, fresh: unseen} {
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeDocs(dir, []string{result, fresh, fresh}); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "backtest.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| seed<1> | pruner, safe | 100 | 1 (1.00 %) | 1000 | 0 (0.000 %) | 90.0 % | 85.0 % |",
		"| seed<1> | 80 of 120 | 66.7 % | 10 | 75.0 % | 10 | 80.0 % | 10.0 % |",
		"Of 1 organisations the safe proposals are ahead of both simple strategies in\ndenials with 0, in what holds with 1 and in bare removal, breaking roles or\nnot, with 1.",
		"| seed<1> | young | 2 | 3 | 10.00 % |",
		"## 2 more, measured once\n",
		"| pruner, safe | 200 | 2 (1.00 %) | 2000 | 0 (0.000 %) | 90.0 % | 85.0 % |",
		"In 2 of them a safe proposal would have been denied a call later. Safe proposals\nremove 66.7 % of what the oracle would, 75.0 % with quarantine, and of the rest\n80.0 %, the least in one organisation being 80.0 %.",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	figure, err := os.Open(filepath.Join(dir, "backtest.svg"))
	if err != nil {
		t.Fatal(err)
	}
	defer figure.Close()
	for dec := xml.NewDecoder(figure); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// A reader of the reports sees both steps of a replacement.
func TestPublishedSteps(t *testing.T) {
	const all, some = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}`, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:ListQueues","Resource":"*"}]}`
	var p published
	if err := json.Unmarshal([]byte(`{"principal":{"arn":"arn:aws:iam::1:role/r"},"policies":[
		{"name":"SQS","kind":"aws-managed","old":`+all+`,"new":`+all+`},
		{"name":"r-SQS","kind":"managed","old":null,"new":`+some+`,"replaces":"arn:aws:iam::aws:policy/SQS"},
		{"name":"gone","kind":"inline","old":`+some+`,"new":null}]}`), &p); err != nil {
		t.Fatal(err)
	}
	names := func(list []eval.Named) string {
		var out []string
		for _, n := range list {
			out = append(out, n.Name)
		}
		return strings.Join(out, " ")
	}
	for done, want := range map[bool]string{false: "SQS r-SQS", true: "r-SQS"} {
		before, after, err := p.documents(done)
		if err != nil || names(before) != "SQS gone" || names(after) != want {
			t.Errorf("done %v: %q before, %q after, %v; want %q", done, names(before), names(after), err, want)
		}
	}
}
