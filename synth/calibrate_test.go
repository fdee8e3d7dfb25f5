package synth

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

const calibrated = `
-- roles/a/inline/p.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:*","glue:GetJob","sqs:*"],"Resource":"*"}]}
-- roles/b/inline/p.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:*","glue:DeleteJob"],"Resource":"*"}]}
-- roles/young/inline/p.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:ListClusters","Resource":"*"}]}
-- roles/young/created --
50
-- events --
a ecs ListClusters 1-90
b ecs ListClusters 1-90
a glue CreateJob 10-20 name=j
b glue CreateJob 10-20 name=j
b glue DeleteJob 10-20 jobName=j
young ecs DeleteCluster 10 cluster=c
b ecs ListTasks 30 error=AccessDenied named=ecs:ListTasks|*|identity-based
b sqs CreateQueue 30 queueName=q error=AccessDenied named=sqs:CreateQueue|arn:aws:sqs:us-east-1:111122223333:q|identity-based
b ecs CreateCluster 30 clusterName=c error=AccessDenied named=ecs:PutClusterCapacityProviders|arn:aws:ecs:us-east-1:111122223333:cluster/c|session
`

// Successes that no policy explains, denials that our engine would have let
// through, and actions that AWS names and we do not read are each told; what
// happened before the last change of the policies is not.
func TestCalibrate(t *testing.T) {
	got, err := Calibrate(newScenario(t, txtar.Parse([]byte(calibrated))).inputs(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []Agreement{
		{Service: "ecs", Successes: Tally{2, 2}, Named: Tally{2, 1}, Denials: Tally{1, 0}},
		{Service: "glue", Successes: Tally{3, 1}, Gate: "AWS allowed 2 of 3 calls of glue that no policy explains: our reading of it is not trusted"},
		{Service: "sqs", Named: Tally{1, 1}, Denials: Tally{1, 1}},
	}
	if diff := cmp.Diff(want, got.Services); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	var told []string
	for _, d := range got.Disagreements {
		told = append(told, d.Role.Name()+" "+string(d.Action)+": "+d.AWS+"; "+d.Ours)
	}
	if diff := cmp.Diff([]string{
		"b ecs:ListTasks: denied by a policy of type identity-based; those policies allow it",
		"b ecs:PutClusterCapacityProviders: named the action in a denial; the event CreateCluster of ecs.amazonaws.com is read as ecs:CreateCluster",
		"a glue:CreateJob: allowed; no policy of the role allows it",
		"b glue:CreateJob: allowed; no policy of the role allows it",
	}, told); diff != "" {
		t.Errorf("disagreements (-want +got):\n%s", diff)
	}
}

// A service whose calls are not explained, and an action that AWS reads where
// we do not, are kept by everybody.
func TestCalibrationGates(t *testing.T) {
	sc := newScenario(t, txtar.Parse([]byte(calibrated+`
-- roles/c/inline/p.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:ListClusters","ecs:PutClusterCapacityProviders","ecs:DeleteCluster","glue:DeleteJob"],"Resource":"*"}]}
-- stay --
c ecs:PutClusterCapacityProviders *
c glue:DeleteJob *
-- gone --
c ecs:DeleteCluster arn:aws:ecs:us-east-1:111122223333:cluster/c
`)))
	sc.files["events"] += "c ecs ListClusters 1-90\n"
	sc.check(t, false)
}
