package interpret_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
)

// TestPrincipal: who made a call, for each kind of caller.
func TestPrincipal(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/app/App"
	session := func(issuer, provider string) trail.Identity {
		return trail.Identity{
			Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/App/s", ID: "AROA1", Account: account,
			IssuerARN: issuer, IssuerID: "AROA1", Provider: provider,
		}
	}
	of := func(arn iam.ARN, kind, how string) interpret.Principal {
		return interpret.Principal{ARN: arn, ID: "AROA1", Account: account, Kind: kind, How: how}
	}
	slr := "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
	sso := "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef"
	for _, c := range []struct {
		why  string
		id   trail.Identity
		want interpret.Principal
	}{
		{"a role", session(role, ""), of(role, "role", "")},
		{"a session without its issuer", session("", ""), of("arn:aws:iam::111122223333:role/App", "role", "")},
		{"a service account of EKS", session(role, "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"), of(role, "role", "irsa")},
		{"a workflow of GitHub", session(role, "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"), of(role, "role", "github_oidc")},
		{"another web identity", session(role, "accounts.google.com"), of(role, "role", "web_identity")},
		{"SAML", session(role, "arn:aws:iam::111122223333:saml-provider/okta"), of(role, "role", "saml")},
		{"a permission set", session(sso, ""), of(iam.ARN(sso), "permission_set", "")},
		{"a service-linked role", session(slr, ""), of(iam.ARN(slr), "service_linked", "")},
		{
			"a user",
			trail.Identity{Type: "IAMUser", ARN: "arn:aws:iam::111122223333:user/u", ID: "AIDA1", Account: account},
			interpret.Principal{ARN: "arn:aws:iam::111122223333:user/u", ID: "AIDA1", Account: account, Kind: "user"},
		},
		{
			"the root user",
			trail.Identity{Type: "Root", ARN: "arn:aws:iam::111122223333:root", ID: account, Account: account},
			interpret.Principal{ARN: "arn:aws:iam::111122223333:root", ID: account, Account: account, Kind: "root"},
		},
		{"a service", trail.Identity{Type: "AWSService", InvokedBy: "lambda.amazonaws.com"}, interpret.Principal{ID: "lambda.amazonaws.com", Kind: "service"}},
		{"another account", trail.Identity{Type: "AWSAccount", ID: "AIDA2", Account: "444455556666"}, interpret.Principal{ID: "AIDA2", Account: "444455556666", Kind: "account"}},
		{"nobody known", trail.Identity{Type: "AWSAccount", Account: "ANONYMOUS_PRINCIPAL"}, interpret.Principal{Kind: "anonymous"}},
		{"a federated user", trail.Identity{Type: "FederatedUser", ID: "111122223333:bob", Account: account}, interpret.Principal{ID: "111122223333:bob", Account: account, Kind: "federated"}},
	} {
		o := trail.Observation{Fact: trail.Fact{EventSource: "s3.amazonaws.com", EventName: "ListBuckets", EventType: "AwsApiCall", Account: account, Identity: c.id}}
		got := interpret.New(catalog.Default()).Interpret(&o)
		if diff := cmp.Diff(c.want, got.Principal); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}
