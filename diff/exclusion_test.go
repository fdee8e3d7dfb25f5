package diff

import (
	"strings"
	"testing"

	"github.com/pruner/pruner/iam"
)

const exclusionTemplate = `Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reader
      Policies:
        - PolicyName: reads
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                NotAction: [iam:*, organizations:*]
                Resource: "*"
`

func exclusionPolicy(t *testing.T, element, actions string) *iam.Policy {
	return parsePolicy(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","`+element+`":[`+actions+`],"Resource":"*"}]}`)
}

// TestExclusionProposed: the account's grant of all but some actions, which it
// lists in its own order, is named where the code has it, and read again the
// account's proposal is what the code says. One block for two accounts is left
// alone, with the reason.
func TestExclusionProposed(t *testing.T) {
	dir := writeRepo(t, map[string]string{"t.yaml": exclusionTemplate})
	old := exclusionPolicy(t, "NotAction", `"organizations:*","iam:*"`)
	one := inlineOf(roleOne, old, exclusionPolicy(t, "Action", `"s3:GetObject","logs:PutLogEvents"`))
	repo, err := Match(dir, proposals(one))
	if err != nil {
		t.Fatal(err)
	}
	patch, edits := repo.ForProposal(accept(t, one))
	want := strings.Replace(exclusionTemplate, "NotAction: [iam:*, organizations:*]", "Action: [s3:GetObject, logs:PutLogEvents]", 1)
	if edits[0].Reason != "" || len(patch.Files) != 1 || string(patch.Files[0].After) != want {
		t.Fatalf("%+v\n%s", edits, patch.Unified())
	}
	two := inlineOf(roleTwo, old, exclusionPolicy(t, "Action", `"s3:GetObject"`))
	if repo, err = Match(dir, proposals(one, two)); err != nil {
		t.Fatal(err)
	}
	clean := accept(t, one)
	repo.Accept(clean)
	repo.Accept(accept(t, two))
	if patch, edits := repo.ForProposal(clean); !patch.Empty() || !strings.Contains(edits[0].Reason, "made positive only in a block that makes one policy") {
		t.Errorf("%+v\n%s", edits, patch.Unified())
	}
}

// TestTurned: what an exclusion names cannot be what stays of it.
func TestTurned(t *testing.T) {
	a := exclusionPolicy(t, "NotAction", `"iam:*"`).Statements[0]
	for actions, want := range map[string]bool{`"s3:Get*"`: true, `"s3:Get*","IAM:PassRole"`: false, ``: false} {
		b := exclusionPolicy(t, "NotAction", `"iam:*"`).Statements[0]
		b.NotAction, b.Action = nil, exclusionPolicy(t, "Action", actions).Statements[0].Action
		if turned(&a, &b) != want {
			t.Errorf("[%s]: want %t", actions, want)
		}
	}
}
