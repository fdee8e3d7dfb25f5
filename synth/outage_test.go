package synth

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
)

// TestOutages runs every known way in which a pruned policy broke production.
// A scenario is a txtar of an account and its events, see scenario_test.go; its
// comment names the source and the day on which it was looked up; where no report
// was found it says so, and from what the outage is reasoned. Lines of `stay`
// must be allowed by the new policies of both grades, lines of `stay-safe` by the
// safe ones, lines of `gone` must not be allowed by the safe ones, so that a
// scenario cannot pass by nothing being pruned.
func TestOutages(t *testing.T) {
	files, err := filepath.Glob("testdata/outages/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			archive := txtar.Parse(data)
			if c := string(archive.Comment); !strings.Contains(c, "Source: ") || !strings.Contains(c, "\nLooked up ") {
				t.Error("the scenario names no source that somebody looked up")
			}
			sc := newScenario(t, archive)
			for _, later := range []bool{false, true} {
				sc.check(t, later)
			}
		})
	}
}

func (sc *scenario) check(t *testing.T, later bool) {
	t.Helper()
	in := sc.inputs(t)
	in.Options.Later = later
	proposals := sc.propose(t, in)
	for _, line := range sc.lines("stay") {
		if got := sc.decide(t, proposals, line, true); got != iam.Allowed {
			t.Errorf("later=%v: %s is %s now", later, line, got)
		}
	}
	if later {
		return
	}
	for _, line := range sc.lines("stay-safe") {
		if got := sc.decide(t, proposals, line, true); got != iam.Allowed {
			t.Errorf("%s is %s now", line, got)
		}
	}
	for _, line := range sc.lines("gone") {
		if got := sc.decide(t, proposals, line, false); got != iam.Allowed {
			t.Errorf("%s was not granted in the first place", line)
		}
		if got := sc.decide(t, proposals, line, true); got == iam.Allowed {
			t.Errorf("%s is still allowed", line)
		}
	}
}

// propose makes the proposals and demands that each is proved.
func (sc *scenario) propose(t *testing.T, in Inputs) []*Proposal {
	t.Helper()
	proposals, err := Propose(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range proposals {
		v, clean, err := Check(in.Engine, p)
		if err != nil {
			t.Fatal(err)
		}
		if clean == nil {
			t.Errorf("not clean: %+v", v)
		}
	}
	return proposals
}

func (sc *scenario) decide(t *testing.T, proposals []*Proposal, line string, after bool) iam.Outcome {
	t.Helper()
	fields := strings.Fields(line)
	role := sc.roleARN(fields[0])
	if user, ok := strings.CutPrefix(fields[0], "user:"); ok {
		role = iam.ARN("arn:aws:iam::" + testAccount + ":user/" + user)
	}
	for _, p := range proposals {
		for h := range p.all() {
			if h.Role.ARN != role {
				continue
			}
			documents := named(h.Policies, func(c *PolicyChange) *iam.Policy { return c.Document })
			if after {
				documents = named(h.Policies, func(c *PolicyChange) *iam.Policy { return c.New })
			}
			return decideWith(t, documents, role, fields[1:])
		}
	}
	t.Fatalf("no proposal covers %s", role)
	return ""
}

func decideWith(t *testing.T, documents []eval.Named, role iam.ARN, fields []string) iam.Outcome {
	t.Helper()
	set, err := eval.New(testCatalog).Compile(documents)
	if err != nil {
		t.Fatal(err)
	}
	r := iam.Request{
		Principal: iam.Principal{Type: iam.PrincipalAWS, Value: string(role)},
		Action:    iam.Action(fields[0]), Resource: iam.ARN(fields[1]),
	}
	for _, f := range fields[2:] {
		key, value, ok := strings.Cut(f, "=")
		if !ok {
			t.Fatal(fmt.Errorf("%q is no key=value", f))
		}
		r.Context = r.Context.Set(key, value)
	}
	return set.Decide(&r).Outcome
}
