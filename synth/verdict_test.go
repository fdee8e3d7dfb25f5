package synth

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pruner/pruner/iam"
)

const twoPolicies = `
-- roles/r/inline/a.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:ListClusters","ecs:DeleteCluster"],"Resource":"*"}]}
-- roles/r/inline/b.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:ListQueues","sqs:PurgeQueue"],"Resource":"*"}]}
-- events --
r ecs ListClusters 1-90
r sqs ListQueues 1-90
`

func (p *Proposal) policy(name string) *PolicyChange {
	for _, c := range p.Policies {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// TestOneFailureTakesOneBack: whatever fails of one policy, the other's change
// is made.
func TestOneFailureTakesOneBack(t *testing.T) {
	for name, spoil := range map[string]func(a *PolicyChange){
		"quota":       func(a *PolicyChange) { a.Limit, a.Size = 1, 1000 },
		"wider":       func(a *PolicyChange) { a.New = clonePolicy(a.New); a.New.Statements[0].Action = []iam.Pattern{"ecs:*"} },
		"not allowed": func(a *PolicyChange) { a.New = nil },
	} {
		t.Run(name, func(t *testing.T) {
			sc := newScenario(t, txtar.Parse([]byte(twoPolicies)))
			in := sc.inputs(t)
			p := sc.propose(t, in)[0]
			spoil(p.policy("a"))
			v, clean, err := Check(in.Engine, p)
			if err != nil {
				t.Fatal(err)
			}
			if clean == nil || v.Denied > 0 || v.Containment != "proved" || v.Quota != "ok" {
				t.Fatalf("not clean: %+v", v)
			}
			if p.policy("a").Changed() || !p.policy("b").Changed() {
				t.Errorf("a is changed: %v, b: %v; want b alone", p.policy("a").Changed(), p.policy("b").Changed())
			}
			for _, f := range p.FindingsOf(p.Holders[0]) {
				if f.Finding == Removed && strings.HasPrefix(f.Blocker, notProved) != (f.Policy == "a") {
					t.Errorf("finding %+v", f)
				}
			}
			y := p.Holders[0].Yield(testCatalog, p)
			if len(y.Rows) != 2 || y.Removed == 0 || y.HeldBack() == 0 {
				t.Errorf("yield %+v, want something of b removed and something of a held back", y)
			}
		})
	}
}

// TestNothingLeft: where every change fails the whole is withdrawn.
func TestNothingLeft(t *testing.T) {
	sc := newScenario(t, txtar.Parse([]byte(twoPolicies)))
	in := sc.inputs(t)
	p := sc.propose(t, in)[0]
	for _, c := range p.Policies {
		c.Limit, c.Size = 1, 1000
	}
	v, clean, err := Check(in.Engine, p)
	if err != nil || clean != nil || v.Quota == "ok" || len(p.Blockers) != 1 {
		t.Errorf("%+v, clean %v, blockers %q, %v", v, clean, p.Blockers, err)
	}
}
