package synth

import (
	"slices"
	"testing"

	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
)

func parsed(t *testing.T, document string) *iam.Policy {
	t.Helper()
	p, err := iam.ParsePolicy([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func quotaSynthesizer() *synthesizer {
	in := Inputs{Catalog: testCatalog, Engine: eval.New(testCatalog)}
	return &synthesizer{Inputs: in, catalog: testCatalog}
}

const everyQueue = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"},{"Effect":"Allow","Action":["iam:Get*","iam:List*","iam:CreateRole","iam:CreateUser"],"Resource":"*"}]}`

// TestFit: what gives way costs the least that makes the document fit, a verb
// before a service, and nothing that was not granted.
func TestFit(t *testing.T) {
	s := quotaSynthesizer()
	old := parsed(t, everyQueue)
	smaller := parsed(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["sqs:GetQueueAttributes","sqs:GetQueueUrl","sqs:ListQueues","sqs:ListQueueTags","sqs:DeleteQueue"],"Resource":"*"},
		{"Effect":"Allow","Action":["iam:GetRole","iam:GetUser","iam:CreateRole","iam:CreateUser"],"Resource":"*"}]}`)
	full := eval.Size(smaller)
	all := [2][]iam.Pattern{{"sqs:*"}, {"iam:CreateRole", "iam:CreateUser", "iam:Get*"}} // iam:Create* was not granted
	least := eval.Size(&iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{
		{Effect: iam.Allow, Action: all[0], Resource: []iam.Pattern{"*"}}, {Effect: iam.Allow, Action: all[1], Resource: []iam.Pattern{"*"}},
	}})
	for _, test := range []struct {
		limit int
		want  [2][]iam.Pattern
	}{
		{full, [2][]iam.Pattern{
			{"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueues", "sqs:ListQueueTags", "sqs:DeleteQueue"},
			{"iam:GetRole", "iam:GetUser", "iam:CreateRole", "iam:CreateUser"},
		}},
		{full - 1, [2][]iam.Pattern{ // no other action begins so
			{"sqs:DeleteQueue", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueue*"},
			{"iam:GetRole", "iam:GetUser", "iam:CreateRole", "iam:CreateUser"},
		}},
		{least, all},
	} {
		got := s.fitted(old, smaller, test.limit)
		if size := eval.Size(got); size > test.limit {
			t.Errorf("%d characters, %d are allowed", size, test.limit)
		}
		if !s.contained(old, got) {
			t.Errorf("%+v is wider than what was granted", got)
		}
		for i, want := range test.want {
			if !slices.Equal(got.Statements[i].Action, want) {
				t.Errorf("within %d: %q, want %q", test.limit, got.Statements[i].Action, want)
			}
		}
	}
}

// TestFitNeverPastTheGrant: iam:Create* would be shorter and was never granted.
func TestFitNeverPastTheGrant(t *testing.T) {
	s := quotaSynthesizer()
	old := parsed(t, everyQueue)
	smaller := parsed(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GetRole","iam:GetUser","iam:CreateRole","iam:CreateUser"],"Resource":"*"}]}`)
	got := s.fitted(old, smaller, 1) // cannot fit
	if want := []iam.Pattern{"iam:CreateRole", "iam:CreateUser", "iam:Get*"}; !slices.Equal(got.Statements[0].Action, want) {
		t.Errorf("%q, want %q", got.Statements[0].Action, want)
	}
}

// TestFitByResource: a wildcard that was granted on other resources only is no
// way to make a document shorter.
func TestFitByResource(t *testing.T) {
	s := quotaSynthesizer()
	old := parsed(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["sqs:GetQueueUrl","sqs:GetQueueAttributes","sqs:List*"],"Resource":"*"},
		{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:eu-west-1:111122223333:jobs"}]}`)
	smaller := parsed(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:GetQueueUrl","sqs:GetQueueAttributes","sqs:ListQueues","sqs:ListQueueTags"],"Resource":"*"}]}`)
	got := s.fitted(old, smaller, 1)
	if want := []iam.Pattern{"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueue*"}; !slices.Equal(got.Statements[0].Action, want) {
		t.Errorf("%q, want %q", got.Statements[0].Action, want)
	}
	if !s.contained(old, got) {
		t.Error("wider than what was granted")
	}
}
