package diff

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/iam"
)

const removable = `Resources:
  App:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
      ManagedPolicyArns:
        - !Ref Reads
        - arn:aws:iam::aws:policy/ReadOnlyAccess
      # what it does
      Policies:
        # the first
        - PolicyName: one
          PolicyDocument: &doc
            Version: "2012-10-17"
            Statement: [{ Effect: Allow, Action: s3:GetObject, Resource: "*" }]
        - PolicyName: two
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{ Effect: Allow, Action: s3:PutObject, Resource: "*" }]

  # reads
  Reads:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Action: sqs:ReceiveMessage, Resource: "*" }]

  Named:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Action: sqs:SendMessage, Resource: "*" }]
Outputs:
  Arn: { Value: !Sub '${Named}' }
`

// TestRemoved: with its last statement a policy goes, with what attaches it,
// or the edit says what names it still.
func TestRemoved(t *testing.T) {
	empty := &iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{}}
	cut := func(text, from, to string) string {
		i := strings.Index(text, from)
		return text[:i] + text[i+strings.Index(text[i:], to):]
	}
	json := `{
  "Resources": {
    "R": {"Type": "AWS::IAM::Role", "Properties": {"Path": "/", "Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}}]}},
    "P": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "Roles": [{"Ref": "R"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}}}
  }
}
`
	for _, c := range []struct{ name, file, text, address, after, why string }{
		{"first item", "t.yaml", removable, "cfn:t.yaml#App/Policies/0", cut(removable, "        # the first\n", "        - PolicyName: two"), ""},
		{"attached", "t.yaml", removable, "cfn:t.yaml#Reads/PolicyDocument", strings.Replace(cut(removable, "\n  # reads", "\n  Named:"), "        - !Ref Reads\n", "", 1), ""},
		{"named", "t.yaml", removable, "cfn:t.yaml#Named/PolicyDocument", "", "/Outputs/Arn/Value names it"},
		{
			"only item", "t.yaml", cut(removable, "        - PolicyName: two", "\n  # reads"), "cfn:t.yaml#App/Policies/0",
			cut(removable, "      # what it does", "\n  # reads"), "",
		},
		{"JSON item", "t.json", json, "cfn:t.json#R/Policies/0", cut(json, `, "Policies"`, `}},`+"\n    \"P\""), ""},
		{"JSON resource", "t.json", json, "cfn:t.json#P/PolicyDocument", cut(json, ",\n    \"P\"", "\n  }\n}"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := writeRepo(t, map[string]string{c.file: c.text})
			patch, err := Rewrite(dir, c.address, empty)
			if c.why != "" {
				if err == nil || !strings.Contains(err.Error(), c.why) {
					t.Errorf("%v\n%s", err, patch.Unified())
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.after, string(patch.Files[0].After)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestSaidAlready: what an earlier run wrote is not written again.
func TestSaidAlready(t *testing.T) {
	dir := writeRepo(t, map[string]string{"t.yaml": strings.Replace(sharedTemplate, "                  - sqs:PurgeQueue\n", "", 1)})
	resources := "arn:aws:s3:::logs-111122223333/* arn:aws:sqs:*:*:jobs"
	c := inlineOf(roleOne, oneStatement(t, "s3:Get* sqs:ReceiveMessage sqs:PurgeQueue", resources), oneStatement(t, "s3:Get* sqs:ReceiveMessage", resources))
	repo, err := Match(dir, proposals(c))
	if err != nil {
		t.Fatal(err)
	}
	if patch, edits := repo.ForProposal(accept(t, c)); !patch.Empty() || edits[0].Reason != saysAlready {
		t.Errorf("%+v\n%s", edits, patch.Unified())
	}
}
