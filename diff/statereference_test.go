package diff

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/pruner/pruner/iam"
)

const namesByState = `resource "aws_s3_bucket" "made" {
  bucket_prefix = "made"
}

resource "aws_sqs_queue" "many" {
  for_each = toset(["a", "b"])
}

resource "aws_kms_key" "circle" {
  description = aws_iam_role_policy.p.id
}

resource "aws_iam_role_policy" "p" {
  name = "reads"
  role = "reader"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "*"
      Resource = ["${var.any}"]
    }]
  })
}
`

// changeOf edits the one policy of a repo with a state in it.
func changeOf(t *testing.T, where string, files map[string]string, old, new *iam.Policy) (string, Edit) {
	t.Helper()
	dir := writeRepo(t, files)
	state, err := ReadState(where, filepath.Join(dir, "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	c := inlineOf(roleOne, old, new)
	repo, err := Match(dir, proposals(c), state)
	if err != nil {
		t.Fatal(err)
	}
	patch, edits := repo.ForProposal(accept(t, c))
	if edits[0].Reason != "" {
		t.Fatal(edits[0].Reason)
	}
	return string(patch.Files[0].After), edits[0]
}

// TestReferencesOutOfState: an ARN that a state gives to a resource of the
// policy's module is written as the reference to it, and no other one is.
func TestReferencesOutOfState(t *testing.T) {
	state := `{"values":{"root_module":{"resources":[
		{"type":"aws_s3_bucket","address":"aws_s3_bucket.made","values":{"arn":"arn:aws:s3:::made2024"}},
		{"type":"aws_sqs_queue","address":"aws_sqs_queue.many[\"a\"]","values":{"arn":"arn:aws:sqs:eu-west-1:111122223333:a"}},
		{"type":"aws_kms_key","address":"aws_kms_key.circle","values":{"arn":"arn:aws:kms:eu-west-1:111122223333:key/k"}},
		{"type":"aws_sns_topic","address":"module.m.aws_sns_topic.t","values":{"arn":"arn:aws:sns:eu-west-1:111122223333:t"}}]}}}`
	new := "arn:aws:s3:::made2024/in/* arn:aws:s3:::made20245 arn:aws:sqs:eu-west-1:111122223333:a arn:aws:kms:eu-west-1:111122223333:key/k arn:aws:sns:eu-west-1:111122223333:t"
	after, e := changeOf(t, ".", map[string]string{"main.tf": namesByState, "state.json": state}, oneStatement(t, "*", "*"), oneStatement(t, "*", new))
	for _, want := range []string{`"${aws_s3_bucket.made.arn}/in/*"`, `"arn:aws:s3:::made20245"`, `aws_sqs_queue.many["a"].arn,`, `"arn:aws:kms:eu-west-1:111122223333:key/k"`, `"arn:aws:sns:eu-west-1:111122223333:t"`} {
		if !strings.Contains(after, want) {
			t.Errorf("want %s in\n%s", want, after)
		}
	}
	if len(e.Literals) != 3 {
		t.Errorf("flagged: %q", e.Literals)
	}
}

// TestReferencesOutOfStack: in a template they are written as Fn::Sub, but not to
// what rests on the role itself.
func TestReferencesOutOfStack(t *testing.T) {
	text := strings.Replace(sharedTemplate, "'arn:aws:s3:::logs-${AWS::AccountId}/*'", "'${Any}'", 1) + `  Data:
    Type: AWS::S3::Bucket
  Told:
    Type: AWS::SNS::Topic
    Properties:
      DisplayName: !GetAtt Role.Arn
  Topic:
    Type: AWS::SNS::Topic
`
	state := `{"StackResources":[{"ResourceType":"AWS::IAM::Role","LogicalResourceId":"Role","PhysicalResourceId":"reader"},
		{"ResourceType":"AWS::S3::Bucket","LogicalResourceId":"Data","PhysicalResourceId":"data-1"},
		{"ResourceType":"AWS::SNS::Topic","LogicalResourceId":"Told","PhysicalResourceId":"arn:aws:sns:eu-west-1:111122223333:told"},
		{"ResourceType":"AWS::SNS::Topic","LogicalResourceId":"Topic","PhysicalResourceId":"arn:aws:sns:eu-west-1:111122223333:topic"}]}`
	actions := "s3:Get* sqs:ReceiveMessage sqs:PurgeQueue"
	after, e := changeOf(t, "t.yaml", map[string]string{"t.yaml": text, "state.json": state}, oneStatement(t, actions, "* arn:aws:sqs:*:*:jobs"),
		oneStatement(t, actions, "arn:aws:s3:::data-1/* arn:aws:sns:eu-west-1:111122223333:told arn:aws:sns:eu-west-1:111122223333:topic arn:aws:sqs:*:*:jobs"))
	for _, want := range []string{"- !Sub '${Data.Arn}/*'\n", "- !Sub '${Topic}'\n", "- 'arn:aws:sns:eu-west-1:111122223333:told'\n"} {
		if !strings.Contains(after, want) {
			t.Errorf("want %s in\n%s", want, after)
		}
	}
	if len(e.Literals) != 1 {
		t.Errorf("flagged: %q", e.Literals)
	}
}
