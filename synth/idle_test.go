package synth

import (
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestYoungGrantIsNoQuarantine: a role that nobody used, and that was given
// something for work to come, is not shut off; what it has had for long and
// never used goes.
func TestYoungGrantIsNoQuarantine(t *testing.T) {
	for since, quarantined := range map[string]bool{"new 60": false, "new -200": true, "arn:aws:iam::aws:policy/Old 60": true} {
		sc := newScenario(t, txtar.Parse([]byte(`
-- roles/planned/attached --
new
arn:aws:iam::aws:policy/Old
-- roles/planned/inline/old.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:ListClusters","ecs:DeleteCluster"],"Resource":"*"}]}
-- aws/Old.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sns:DeleteTopic","Resource":"*"}]}
-- managed/new.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:PurgeQueue","Resource":"*"}]}
-- roles/busy/inline/p.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:ListClusters","Resource":"*"}]}
-- since --
`+since+`
-- events --
busy ecs ListClusters 1-90
-- stay --
planned sqs:PurgeQueue arn:aws:sqs:us-east-1:111122223333:q
`)))
		if !quarantined {
			sc.check(t, false)
		}
		for _, p := range sc.propose(t, sc.inputs(t)) {
			if p.Holders[0].Role.Name != "planned" {
				continue
			}
			got := false
			for _, a := range p.Advice {
				got = got || a.Kind == AdviceQuarantine
			}
			if got != quarantined {
				t.Errorf("since %q: quarantine %v, want %v", since, got, quarantined)
			}
			if old := p.policy("old"); old.Changed() == quarantined {
				t.Errorf("since %q: the old policy is changed: %v", since, old.Changed())
			}
		}
	}
}
