package synth

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

func trust(t *testing.T, document string) *Holder {
	t.Helper()
	p, err := iam.ParsePolicy([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return &Holder{Role: &account.Role{Trust: p}}
}

const lambdaTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

func TestBaseline(t *testing.T) {
	n := &narrower{synthesizer: &synthesizer{catalog: testCatalog}, holders: []*Holder{trust(t, lambdaTrust)}}
	for action, want := range map[iam.Action]string{
		"ec2:CreateNetworkInterface": "lambda.amazonaws.com",
		"logs:PutLogEvents":          "lambda.amazonaws.com",
		"ec2:RunInstances":           "",
		"s3:GetObject":               "",
	} {
		if got := n.baseline(action); got != want {
			t.Errorf("%s: needed by %q, want %q", action, got, want)
		}
	}
}

func TestOutsider(t *testing.T) {
	s := &synthesizer{Inputs: Inputs{Org: &account.Organization{Accounts: []*account.Account{{ID: "111122223333"}}}}}
	trusting := func(principal string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}]}`
	}
	for principal, want := range map[string]string{
		`{"AWS":"arn:aws:iam::111122223333:root"}`:       "",
		`{"AWS":"111122223333"}`:                         "",
		`{"AWS":"arn:aws:iam::999988887777:role/x"}`:     "arn:aws:iam::999988887777:role/x",
		`{"AWS":"999988887777"}`:                         "999988887777",
		`{"AWS":"*"}`:                                    "*",
		`"*"`:                                            "*",
		`{"AWS":"AROAEXAMPLEID"}`:                        "",
		`{"Service":"lambda.amazonaws.com"}`:             "",
		`{"Federated":"arn:aws:iam::1:oidc-provider/x"}`: "",
	} {
		if got := s.outsider(trust(t, trusting(principal))); got != want {
			t.Errorf("%s: outsider %q, want %q", principal, got, want)
		}
	}
}

func TestRelevant(t *testing.T) {
	c := catalog.Default()
	granted := []iam.Pattern{"arn:aws:s3:::b", "arn:aws:s3:::b/*"}
	for action, want := range map[iam.Action][]iam.Pattern{
		"s3:GetObject":         {"arn:aws:s3:::b/*"},
		"s3:NoSuchActionAtAll": granted,
		"sqs:SendMessage":      granted, // fits neither: all are judged
	} {
		if diff := cmp.Diff(want, relevant(c, action, granted)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", action, diff)
		}
	}
}
