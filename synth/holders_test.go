package synth

import (
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// A holder that nobody uses, or that is left alone, keeps its own policies and
// not those of others: what it shares is narrowed to what the others use, or
// stays because of it.
func TestOneHolderDoesNotBlockTheOthers(t *testing.T) {
	sc := newScenario(t, txtar.Parse([]byte(`
-- roles/busy/attached --
shared
guarded
-- roles/busy/inline/own.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:ListQueues","sqs:PurgeQueue"],"Resource":"*"}]}
-- roles/idle/attached --
shared
-- roles/idle/inline/own.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sns:DeleteTopic","Resource":"*"}]}
-- roles/cdk-deploy/attached --
guarded
-- managed/shared.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:ListClusters","ecs:DeleteCluster"],"Resource":"*"}]}
-- managed/guarded.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:ListKeys","kms:ScheduleKeyDeletion"],"Resource":"*"}]}
-- events --
busy ecs ListClusters 1-90
busy sqs ListQueues 1-90
busy kms ListKeys 1-90
cdk-deploy kms ListKeys 1-90
-- stay --
busy ecs:ListClusters *
busy sqs:ListQueues *
busy kms:ScheduleKeyDeletion arn:aws:kms:us-east-1:111122223333:key/k
idle sns:DeleteTopic arn:aws:sns:us-east-1:111122223333:t
-- gone --
busy ecs:DeleteCluster arn:aws:ecs:us-east-1:111122223333:cluster/c
busy sqs:PurgeQueue arn:aws:sqs:us-east-1:111122223333:q
idle ecs:DeleteCluster arn:aws:ecs:us-east-1:111122223333:cluster/c
`)))
	sc.check(t, false)
	for _, p := range sc.propose(t, sc.inputs(t)) {
		if len(p.Blockers) > 0 {
			t.Errorf("the whole proposal is blocked: %v", p.Blockers)
		}
		for _, f := range p.Findings {
			if f.Finding == Removed && (f.Policy == "guarded") != (f.Blocker == "cdk-deploy is on the protect list") && f.Policy != "own" {
				t.Errorf("finding %+v", f)
			}
		}
	}
}

// What people use is reported and not changed, whatever kind of policy it is
// and whether or not the permission sets are known.
func TestPeopleAreReportedOnly(t *testing.T) {
	sc := newScenario(t, txtar.Parse([]byte(`
-- roles/AWSReservedSSO_Dev_0123456789abcdef/inline/p.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:ListClusters","ecs:DeleteCluster"],"Resource":"*"}]}
-- roles/AWSReservedSSO_Dev_0123456789abcdef/attached --
arn:aws:iam::aws:policy/Some
-- aws/Some.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:ListQueues","sqs:PurgeQueue"],"Resource":"*"}]}
-- roles/staff/inline/p.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:ListClusters","ecs:DeleteCluster"],"Resource":"*"}]}
-- roles/staff/trust.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/company"},"Action":"sts:AssumeRoleWithSAML"}]}
-- events --
AWSReservedSSO_Dev_0123456789abcdef ecs ListClusters 1-90
staff ecs ListClusters 1-90
`)))
	reported := 0
	for _, p := range sc.propose(t, sc.inputs(t)) {
		for _, c := range p.Policies {
			if c.Changed() || c.Replaces != "" {
				t.Errorf("%s of %s is changed", c.Name, p.Holders[0].Role.Name)
			}
		}
		for _, f := range p.Findings {
			if f.Finding == Removed && f.Blocker == "people use it: report only by default" {
				reported++
			}
		}
	}
	if reported != 4 {
		t.Errorf("%d removals reported, want those of three policies: 4", reported)
	}
}

// A holder the log knows under no policy keeps nothing from being judged.
func TestBlockedByNobody(t *testing.T) {
	if why := blockedBy(nil); why != "" {
		t.Errorf("blocked by %q", why)
	}
	if why := blockedBy([]*Holder{{}, {blockers: []string{"a", "b"}}}); why != "a; b" {
		t.Errorf("blocked by %q, want both reasons", why)
	}
}
