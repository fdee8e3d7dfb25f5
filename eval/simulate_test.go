package eval

import (
	"slices"
	"strings"
	"testing"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// TestSimulate is about the lines around a decision; decisions themselves are
// in testdata/cases.
func TestSimulate(t *testing.T) {
	const role, everything = `"principal":"arn:aws:iam::1:role/r","action":"s3:GetObject","resource":"arn:aws:s3:::b/k"`, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	odd := strings.Replace(everything, `"Resource":"*"`, `"Resource":"*","Condition":{"StringIs":{"a":"b"}}`, 1)
	for _, test := range []struct {
		name, line string
		want       iam.Outcome
		by, wrong  string
		agrees     string
	}{
		{"named policy", `{"name":"n","request":{` + role + `},"identityPolicies":[{"name":"mine","policy":` + everything + `}]}`, iam.Allowed, "mine", "", ""},
		{"as expected", `{"name":"n","request":{` + role + `},"identityPolicies":[` + everything + `],"expected":"Allowed"}`, iam.Allowed, "identity[0]", "", "true"},
		{"not as expected", `{"name":"n","request":{` + role + `},"expected":"Allowed"}`, iam.ImplicitlyDenied, "", "", "false"},
		{"an error never agrees", `{"name":"n","request":{` + role + `},"identityPolicies":[` + odd + `],"expected":"Unknown"}`, iam.Unknown, "", `condition operator "StringIs" is not one of IAM's`, "false"},
		{"null for a policy", `{"name":"n","request":{` + role + `},"identityPolicies":[null,` + everything + `]}`, iam.Allowed, "identity[1]", "", ""},
		{"a policy that is none", `{"name":"n","request":{` + role + `},"identityPolicies":[{"Statement":[{"Effect":"Maybe"}]}]}`, iam.Unknown, "", `Effect "Maybe"`, ""},
		{"a policy that is a text", `{"name":"n","request":{` + role + `},"identityPolicies":["x"]}`, iam.Unknown, "", "cannot unmarshal", ""},
		{"no JSON", `{"name":`, iam.Unknown, "", "unexpected end", ""},
		{"no word of a principal", `{"name":"n","request":{"action":"s3:GetObject","resource":"*"}}`, iam.Unknown, "", "request: no principal", ""},
		{"no principal", `{"name":"n","request":{"principal":null,"action":"s3:GetObject","resource":"*"}}`, iam.Unknown, "", "request: no principal", ""},
		{"a principal that is a number", `{"name":"n","request":{"principal":7}}`, iam.Unknown, "", "cannot unmarshal", ""},
		{"a service by its name", `{"name":"n","request":{"principal":"s3.amazonaws.com","action":"s3:GetObject","resource":"arn:aws:s3:::b/k"},"resourcePolicy":{"Statement":{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"*","Resource":"*"}}}`, iam.Allowed, "resource[0]", "", ""},
		{"an action said to take no resource", `{"name":"n","request":{` + role + `,"wildcardOnlyAction":true},"identityPolicies":[{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/k"}}]}`, iam.ImplicitlyDenied, "", "", ""},
		{"an action said to take one", `{"name":"n","request":{"principal":"arn:aws:iam::1:role/r","action":"ec2:DescribeInstances","resource":"arn:aws:ec2:r:1:instance/i","wildcardOnlyAction":false},"identityPolicies":[{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:ec2:*:*:instance/*"}}]}`, iam.Allowed, "identity[0]", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := New(catalog.Default()).Simulate([]byte(test.line))
			if got.Decision != test.want || got.By.Policy != test.by || !strings.Contains(got.Error, test.wrong) || test.wrong == "" && got.Error != "" {
				t.Errorf("got %+v", got)
			}
			agrees := ""
			if got.Agrees != nil {
				agrees = map[bool]string{true: "true", false: "false"}[*got.Agrees]
			}
			if agrees != test.agrees {
				t.Errorf("agrees %q, want %q", agrees, test.agrees)
			}
		})
	}
}

// TestSimulateNamesProblems in the policies of every layer.
func TestSimulateNamesProblems(t *testing.T) {
	const none = `{"Version":"2012-10-17","Statement":[]}`
	got := New(nil).Simulate([]byte(`{"name":"n","request":{"principal":"arn:aws:iam::1:role/r","action":"s3:GetObject","resource":"arn:aws:s3:::b/k"},
		"identityPolicies":[` + none + `],"boundaryPolicies":[` + none + `],"sessionPolicies":[` + none + `],"endpointPolicies":[` + none + `],
		"scps":[[` + none + `]],"rcps":[[` + none + `]],"resourcePolicy":` + none + `}`))
	for _, policy := range []string{"identity[0]", "boundary[0]", "session[0]", "endpoint[0]", "scp[0][0]", "rcp[0][0]", "resource[0]"} {
		if !slices.Contains(got.Problems, policy+": the document has no statement") {
			t.Errorf("%s is missing in %q", policy, got.Problems)
		}
	}
}

// TestNoCatalog: without one, every action may take a resource.
func TestNoCatalog(t *testing.T) {
	in := &Input{
		Request:  iam.Request{Principal: iam.Principal{Type: iam.PrincipalAWS, Value: "arn:aws:iam::1:role/r"}, Action: "ec2:DescribeInstances", Resource: "arn:aws:ec2:r:1:instance/i"},
		Identity: document(t, "allow * on arn:aws:ec2:*:*:instance/*"),
	}
	if d, err := New(nil).Decide(in); err != nil || d.Outcome != iam.Allowed {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestSize(t *testing.T) {
	p, err := iam.ParsePolicy([]byte(`{ "Version": "2012-10-17",  "Statement": { "Sid": "é é", "Effect": "Allow", "Action": [ "*" ], "Resource": "*" } }`))
	if err != nil {
		t.Fatal(err)
	}
	// White space in the Sid counts, the brackets that are written count too.
	if got, want := Size(p), len(`{"Version":"2012-10-17","Statement":[{"Sid":"e e","Effect":"Allow","Action":"*","Resource":"*"}]}`); got != want {
		t.Errorf("got %d, want %d", got, want)
	}
}
