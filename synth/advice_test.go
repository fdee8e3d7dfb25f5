package synth

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pruner/pruner/iam"
)

func TestAdvice(t *testing.T) {
	sc := newScenario(t, txtar.Parse([]byte(`
-- roles/idle/inline/p.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:*","Resource":"*"}]}
-- roles/ci/trust.json --
{"Version":"2012-10-17","Statement":[
 {"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity",
  "Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:acme/*"}}},
 {"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/eks"},"Action":"sts:AssumeRoleWithWebIdentity"},
 {"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:role/ops","arn:aws:iam::111122223333:role/app","AROADELETED"]},"Action":"sts:AssumeRole"}]}
-- roles/ci/inline/p.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:CreateAccessKey","iam:PutRolePolicy","iam:AttachRolePolicy","ecs:ListClusters"],"Resource":"*"}]}
-- events --
ci ecs ListClusters 1-90
ci iam CreateAccessKey 70 userName=u
ci iam PutRolePolicy 60-90/6 session=visitor roleName=r policyName=p
ci iam AttachRolePolicy 1-90/10 roleName=r policyArn=arn:aws:iam::111122223333:policy/x
ops sts AssumeRole 1-90/7 roleArn=arn:aws:iam::111122223333:role/ci
`)))
	proposals, err := Propose(sc.inputs(t))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range proposals {
		for _, a := range p.Advice {
			got = append(got, string(a.Kind)+" "+a.Role.Name()+" "+a.Subject+": "+a.Reason)
		}
	}
	want := []string{
		"suspicious ci iam:CreateAccessKey: a way to more privilege, kept because of 1 days of use; see whether that use was meant",
		"suspicious ci iam:PutRolePolicy: a way to more privilege, kept because of 6 days of use, none of it from where the role's steady work comes from; see whether that use was meant",
		"trust ci arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com: whoever has a token whose subject fits repo:acme/* may assume the role",
		"trust ci arn:aws:iam::111122223333:oidc-provider/eks: no condition on the token's subject: every client of the provider may assume the role",
		"trust ci arn:aws:iam::111122223333:role/app: may assume the role and did not in the window",
		"trust ci AROADELETED: the principal it trusts was deleted; IAM shows its unique ID",
		"quarantine idle : never seen: a boundary that denies everything takes its permissions away and is undone by one line; the role itself stays",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("advice (-want +got):\n%s", diff)
	}
}

func TestQuarantine(t *testing.T) {
	if s := Quarantine().Statements; len(s) != 1 || s[0].Effect != iam.Deny || s[0].Action[0] != "*" {
		t.Errorf("not a deny-all: %+v", s)
	}
}
