package diff

import (
	"fmt"
	"os"
	"path/filepath"
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
	if patch, edits := repo.ForProposal(clean); !patch.Empty() || !strings.Contains(edits[0].Reason, "what a grant excludes is changed only in a block that makes one policy") {
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

// TestExcludes: what grants all actions, or all but some, is made to exclude
// more, in every form.
func TestExcludes(t *testing.T) {
	const terraform = `data "aws_iam_policy_document" "p" {
  statement {
    effect    = "Allow"
    %s = [%s]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "p" {
  name   = "p"
  policy = data.aws_iam_policy_document.p.json
}
`
	const encoded = `resource "aws_iam_policy" "p" {
  name = "p"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      %s   = %s
      Resource = "*"
    }]
  })
}
`
	const document = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "%s": %s, "Resource": "*"}]}`
	yaml := strings.Replace(exclusionTemplate, "NotAction: [iam:*, organizations:*]", "%s: %s", 1)
	for name, c := range map[string]struct {
		file, text string
		all, one   [2]string // name and elements of the list before
	}{
		"policy document": {"p.tf", terraform, [2]string{"actions  ", `"*"`}, [2]string{"not_actions", `"iam:*"`}},
		"jsonencode":      {"p.tf", encoded, [2]string{"Action", `"*"`}, [2]string{"NotAction", `["iam:*"]`}},
		"json":            {"p.json", document, [2]string{"Action", `"*"`}, [2]string{"NotAction", `["iam:*"]`}},
		"yaml":            {"t.yaml", yaml, [2]string{"Action", `"*"`}, [2]string{"NotAction", `["iam:*"]`}},
	} {
		for _, from := range [][2]string{c.all, c.one} {
			t.Run(name+" "+from[0], func(t *testing.T) {
				dir := writeRepo(t, map[string]string{c.file: fmt.Sprintf(c.text, from[0], from[1])})
				found, err := Find(dir, FindOptions{})
				if err != nil || len(found) != 1 {
					t.Fatalf("%d policies, %v", len(found), err)
				}
				want := exclusionPolicy(t, "NotAction", `"iam:*","sqs:*"`)
				patch, err := Rewrite(dir, found[0].Address, want)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, c.file), patch.Files[0].After, 0o666); err != nil {
					t.Fatal(err)
				}
				if again, err := Rewrite(dir, found[0].Address, want); err != nil || !again.Empty() {
					t.Errorf("a second time: %v\n%s", err, again.Unified())
				}
				text := string(patch.Files[0].After)
				if strings.Count(text, "iam:*") != 1 || strings.Count(text, "sqs:*") != 1 || strings.Count(text, `"*"`) != 1 {
					t.Errorf("not what was wanted:\n%s", text)
				}
			})
		}
	}
}
