package synth

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pruner/pruner/usage"
)

const grownLater = `
-- roles/steady/inline/p.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:ListClusters","ecs:DeleteCluster"],"Resource":"*"}]}
-- roles/late/inline/p.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:ListClusters","ecs:DeleteCluster"],"Resource":"*"}]}
-- roles/idle/inline/p.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:DeleteCluster","Resource":"*"}]}
-- accessed --
steady ecs 90
-- events --
steady ecs ListClusters 1-90
late ecs ListClusters 1-90
late ecs DeleteCluster 70,75 cluster=c
`

func backtested(t *testing.T, future Future) *BacktestResult {
	t.Helper()
	in := newScenario(t, txtar.Parse([]byte(grownLater))).inputs(t)
	split := testWindow.From.AddDate(0, 0, 60)
	got, err := BacktestAgainst(in, split, future)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// What a role starts to do after the split is denied, counted by day, and what
// was removed from it does not hold.
func TestBacktest(t *testing.T) {
	got := backtested(t, nil)
	one := Weight(testCatalog, "ecs:DeleteCluster")
	list := Weight(testCatalog, "ecs:ListClusters")
	want := StrategyRow{
		Strategy: StrategySafe, Changed: 2, RolesDenied: 1, Calls: 30 + 30 + 2, Denied: Denials{NewAction: 2},
		Granted: 3*one + 2*list, Removed: 2 * one, Held: one,
	}
	if diff := cmp.Diff(want, got.Strategies[0]); diff != "" {
		t.Errorf("safe (-want +got):\n%s", diff)
	}
	if old := got.Strategies[len(got.Strategies)-1]; old.Strategy != StrategyOld || old.Removed != 0 || old.Denied.Total() != 0 {
		t.Errorf("the old policies deny or remove something: %+v", old)
	}
	if got.Yield.Removed != 2*one || got.Yield.Rows[0].Blocker != BlockRole || got.Yield.Rows[0].Weight != one {
		t.Errorf("yield %+v; want the idle role's weight kept for its quarantine", got.Yield)
	}
}

// A future known from elsewhere takes the observed one's place.
func TestBacktestAgainst(t *testing.T) {
	got := backtested(t, func(*Holder) []usage.Use { return nil })
	if row := got.Strategies[0]; row.Calls != 0 || row.RolesDenied != 0 || row.Held != row.Removed {
		t.Errorf("%+v; want no calls, and all that was removed held", row)
	}
}

func TestBacktestSplit(t *testing.T) {
	in := newScenario(t, txtar.Parse([]byte(grownLater))).inputs(t)
	if _, err := Backtest(in, testWindow.To); err == nil {
		t.Error("a split at the window's end leaves nothing to replay and was accepted")
	}
}

// A role that no event shows lives if IAM says that it was used: its policies
// are narrowed, not put in quarantine. One that was only ever denied lives too.
func TestBlindRoleIsNotIdle(t *testing.T) {
	sc := newScenario(t, txtar.Parse([]byte(`
-- roles/reader/inline/p.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","ecs:DeleteCluster"],"Resource":"*"}]}
-- roles/refused/inline/p.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:CreateQueue","ecs:DeleteCluster"],"Resource":"*"}]}
-- accessed --
reader s3 89
-- events --
refused ecs ListClusters 5 error=AccessDenied
-- stay --
reader s3:GetObject arn:aws:s3:::b/k
-- gone --
reader ecs:DeleteCluster arn:aws:ecs:us-east-1:111122223333:cluster/c
refused ecs:DeleteCluster arn:aws:ecs:us-east-1:111122223333:cluster/c
`)))
	sc.check(t, false)
	for _, p := range sc.propose(t, sc.inputs(t)) {
		if len(p.Advice) > 0 {
			t.Errorf("advice for %s: %+v", p.Holders[0].Role.Name, p.Advice)
		}
	}
}
