package synth

import (
	"encoding/json"
	"errors"
	"testing"
)

// taken is what one proposal comes to.
func taken(got *Proved) (string, error) {
	text, err := json.Marshal(struct {
		Findings []Finding
		Policies []*PolicyChange
		Verdict  Verdict
		Clean    bool
	}{got.Proposal.Findings, got.Proposal.Policies, got.Verdict, got.Clean != nil})
	return string(text), err
}

// TestWorkers: how many work side by side decides nothing, neither of the
// proposals nor of their order nor of a rehearsal.
func TestWorkers(t *testing.T) {
	split := testWindow.From.AddDate(0, 0, 60)
	for seed := range uint64(20) {
		var outputs, rehearsals [2]string
		for i, workers := range []int{1, 4} {
			err := ProveEach(randomInputs(seed, true), workers, taken, func(text string) error {
				outputs[i] += text + "\n"
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			rows, err := Rehearse(randomInputs(seed, false), workers, split)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(rows)
			if err != nil {
				t.Fatal(err)
			}
			rehearsals[i] = string(text)
		}
		if outputs[0] != outputs[1] || rehearsals[0] != rehearsals[1] {
			t.Fatalf("seed %d: four workers give\n%s\n%s\none gives\n%s\n%s", seed, outputs[1], rehearsals[1], outputs[0], rehearsals[0])
		}
	}
}

// TestProveEachEnds: an error of whoever takes or is handed ends it.
func TestProveEachEnds(t *testing.T) {
	wrong := errors.New("wrong")
	fails := func(*Proved) (string, error) { return "", wrong }
	if err := ProveEach(randomInputs(1, true), 3, fails, func(string) error { return nil }); !errors.Is(err, wrong) {
		t.Errorf("the taker's error is %v", err)
	}
	if err := ProveEach(randomInputs(1, true), 3, taken, func(string) error { return wrong }); !errors.Is(err, wrong) {
		t.Errorf("the error of whom it is handed is %v", err)
	}
}

// TestForget: the yield of a proposal that was forgotten is what it was.
func TestForget(t *testing.T) {
	for seed := range uint64(20) {
		in := randomInputs(seed, true)
		proposals, err := Propose(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range proposals {
			if _, _, err := Check(in.Engine, p); err != nil {
				t.Fatal(err)
			}
			var before, after []Yield
			for _, h := range p.Holders {
				before = append(before, h.Yield(testCatalog, p))
			}
			p.Forget(testCatalog)
			for _, h := range p.Holders {
				after = append(after, h.Yield(testCatalog, p))
				if h.Uses != nil || h.stays != nil {
					t.Error("something is not forgotten")
				}
			}
			x, _ := json.Marshal(before)
			y, _ := json.Marshal(after)
			if string(x) != string(y) {
				t.Errorf("seed %d: yield %s before and %s after", seed, x, y)
			}
		}
	}
}
