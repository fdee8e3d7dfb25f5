package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/synth"
	"github.com/pruner/pruner/usage"
)

// published is what a stranger reads of a role: the fields of the JSON report
// that a replay needs.
type published struct {
	Principal struct {
		ARN iam.ARN `json:"arn"`
	} `json:"principal"`
	Granted, Proposed struct{ Weight int }
	Policies          []publishedPolicy `json:"policies"`
	Backtest          *struct{ Calls, Denied int }
}

type publishedPolicy struct {
	Name, Kind string
	Replaces   iam.ARN
	Old, New   json.RawMessage
}

// step is how far the proposal has been carried out.
type step struct {
	name string
	done bool // AWS-managed policies whose replacement is added are detached
}

var steps = []step{{"first step", false}, {"every step", true}}

// documents are the policies before and after.
func (p *published) documents(done bool) (before, after []eval.Named, err error) {
	replaced := map[string]bool{}
	for _, added := range p.Policies {
		if added.Replaces != "" && null(added.Old) {
			replaced[added.Replaces.Name()] = true
		}
	}
	for _, c := range p.Policies {
		if before, err = parsed(before, c.Name, c.Old); err != nil {
			return nil, nil, err
		}
		if done && c.Kind == "aws-managed" && replaced[c.Name] {
			continue
		}
		if after, err = parsed(after, c.Name, c.New); err != nil {
			return nil, nil, err
		}
	}
	return before, after, nil
}

func null(document json.RawMessage) bool { return len(document) == 0 || string(document) == "null" }

func parsed(to []eval.Named, name string, document json.RawMessage) ([]eval.Named, error) {
	if null(document) {
		return to, nil
	}
	p, err := iam.ParsePolicy(document)
	if err != nil {
		return to, fmt.Errorf("policy %s of a report: %w", name, err)
	}
	return append(to, eval.Named{Name: name, Policy: p}), nil
}

// replayReports replays the known future against the policies of JSON reports,
// as somebody would who has nothing but what `pruner report --format json`
// prints.
func replayReports(path string, known *truth, w io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	c := catalog.Default()
	engine := eval.New(c)
	sums := make([]synth.StrategyRow, len(steps))
	dec := json.NewDecoder(file)
	for {
		var p published
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		later := known.futureOf(p.Principal.ARN)
		for i, s := range steps {
			if err := p.replay(engine, s, later, &sums[i], w); err != nil {
				return err
			}
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "by the reports\tchanged\twith denials\t%\tcalls\tdenied\t%\tweight\tremoved\t%\t")
	for i, s := range sums {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.2f\t%d\t%d\t%.3f\t%d\t%d\t%.1f\t\n", steps[i].name, s.Changed, s.RolesDenied, share(s.RolesDenied, s.Changed),
			s.Calls, s.Denied.Total(), share(s.Denied.Total(), s.Calls), s.Granted, s.Removed, share(s.Removed, s.Granted))
	}
	return t.Flush()
}

func (p *published) replay(engine *eval.Engine, s step, later []usage.Use, sum *synth.StrategyRow, w io.Writer) error {
	before, after, err := p.documents(s.done)
	if err != nil {
		return fmt.Errorf("%s: %w", p.Principal.ARN, err)
	}
	calls := make([]iam.Call, len(later))
	for i := range later {
		calls[i] = later[i].Call
	}
	replayed, err := engine.Replay(before, after, calls)
	if err != nil {
		return fmt.Errorf("%s: %w", p.Principal.ARN, err)
	}
	_, _, granted := synth.Privilege(catalog.Default(), policies(before))
	_, _, kept := synth.Privilege(catalog.Default(), policies(after))
	if granted != p.Granted.Weight || !s.done && kept != p.Proposed.Weight {
		fmt.Fprintf(w, "%s: the report says weight %d and then %d, its policies weigh %d and %d\n", p.Principal.ARN, p.Granted.Weight, p.Proposed.Weight, granted, kept)
	}
	denied := 0
	for i, r := range replayed {
		sum.Calls += len(later[i].Days)
		if r.State == eval.DeniedNow || r.State == eval.NotProved {
			denied += len(later[i].Days)
		}
	}
	sum.Granted, sum.Removed, sum.Denied.NewAction = sum.Granted+granted, sum.Removed+granted-kept, sum.Denied.NewAction+denied
	if granted != kept {
		sum.Changed++
		if denied > 0 {
			sum.RolesDenied++
		}
	}
	return nil
}

func policies(named []eval.Named) []*iam.Policy {
	out := make([]*iam.Policy, len(named))
	for i := range named {
		out[i] = named[i].Policy
	}
	return out
}
