package diff

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/synth"
)

func writeRepo(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// oneStatement is a policy of one statement.
func oneStatement(t testing.TB, actions, resources string) *iam.Policy {
	t.Helper()
	quote := func(s string) string { return `"` + strings.ReplaceAll(s, " ", `","`) + `"` }
	return parsePolicy(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[`+quote(actions)+`],"Resource":[`+quote(resources)+`]}]}`)
}

// inlineOf is the change of an inline policy "reads" of a role.
func inlineOf(role string, old, new *iam.Policy) *synth.PolicyChange {
	c := &synth.PolicyChange{New: new, Limit: 10240}
	c.Name, c.Kind, c.Owner, c.Document = "reads", synth.Inline, iam.ARN(role), old
	return c
}

// accept proves a proposal of one policy.
func accept(t testing.TB, c *synth.PolicyChange) *synth.Clean {
	t.Helper()
	_, clean, err := synth.Check(eval.New(nil), &synth.Proposal{Policies: []*synth.PolicyChange{c}})
	if err != nil || clean == nil {
		t.Fatalf("the proposal is not clean: %v", err)
	}
	return clean
}

const sharedTemplate = `Resources:
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
                Action: # what the reader reads
                  - s3:Get*
                  - sqs:ReceiveMessage
                  - sqs:PurgeQueue
                Resource:
                  - !Sub 'arn:aws:s3:::logs-${AWS::AccountId}/*'
                  - arn:aws:sqs:*:*:jobs
`

const (
	roleOne = "arn:aws:iam::111122223333:role/reader"
	roleTwo = "arn:aws:iam::222233334444:role/reader"
)

func proposals(changes ...*synth.PolicyChange) []*synth.Proposal {
	var out []*synth.Proposal
	for _, c := range changes {
		out = append(out, &synth.Proposal{Policies: []*synth.PolicyChange{c}})
	}
	return out
}

// TestSharedBlock: a block that makes a policy in two accounts is narrowed to
// what both use, once, when both proposals are proved.
func TestSharedBlock(t *testing.T) {
	dir := writeRepo(t, map[string]string{"t.yaml": sharedTemplate})
	actions := "s3:Get* sqs:ReceiveMessage sqs:PurgeQueue"
	one := inlineOf(roleOne, oneStatement(t, actions, "arn:aws:s3:::logs-111122223333/* arn:aws:sqs:*:*:jobs"),
		oneStatement(t, "s3:GetObject", "arn:aws:s3:::logs-111122223333/*"))
	two := inlineOf(roleTwo, oneStatement(t, actions, "arn:aws:s3:::logs-222233334444/* arn:aws:sqs:*:*:jobs"),
		oneStatement(t, "s3:GetBucketTagging sqs:ReceiveMessage", "arn:aws:s3:::logs-222233334444/* arn:aws:sqs:*:*:jobs"))
	repo, err := Match(dir, proposals(one, two))
	if err != nil {
		t.Fatal(err)
	}
	cleanOne := accept(t, one)
	repo.Accept(cleanOne)
	if patch, edits := repo.ForProposal(cleanOne); !patch.Empty() || !strings.Contains(edits[0].Reason, "no proved proposal") {
		t.Errorf("edited for one account alone: %+v\n%s", edits, patch.Unified())
	}
	cleanTwo := accept(t, two)
	repo.Accept(cleanTwo)
	var all Patch
	for _, clean := range []*synth.Clean{cleanOne, cleanTwo} {
		patch, edits := repo.ForProposal(clean)
		if edits[0].Reason != "" || len(edits[0].With) != 1 {
			t.Fatalf("%+v", edits)
		}
		if all, err = all.Join(patch); err != nil {
			t.Fatal(err)
		}
	}
	want := strings.Replace(sharedTemplate, "- s3:Get*\n", "- s3:GetObject\n                  - s3:GetBucketTagging\n", 1)
	want = strings.Replace(want, "                  - sqs:PurgeQueue\n", "", 1)
	if got := string(all.Files[0].After); got != want {
		t.Errorf("got\n%s", got)
	}
}

// TestSharedBlockApart: what one account uses by its own name is not given to
// the other, whose policy never allowed it.
func TestSharedBlockApart(t *testing.T) {
	dir := writeRepo(t, map[string]string{"t.yaml": strings.Replace(sharedTemplate, "logs-${AWS::AccountId}/*", "${Names}", 1)})
	actions := "s3:Get* sqs:ReceiveMessage sqs:PurgeQueue"
	one := inlineOf(roleOne, oneStatement(t, actions, "arn:aws:s3:::one-* arn:aws:sqs:*:*:jobs"),
		oneStatement(t, actions, "arn:aws:s3:::one-a arn:aws:sqs:*:*:jobs"))
	two := inlineOf(roleTwo, oneStatement(t, actions, "arn:aws:s3:::two-* arn:aws:sqs:*:*:jobs"),
		oneStatement(t, "sqs:ReceiveMessage", "arn:aws:sqs:*:*:jobs"))
	repo, err := Match(dir, proposals(one, two))
	if err != nil {
		t.Fatal(err)
	}
	clean := accept(t, one)
	repo.Accept(clean)
	repo.Accept(accept(t, two))
	patch, edits := repo.ForProposal(clean)
	if !patch.Empty() || !strings.Contains(edits[0].Reason, "together they need all of it") || len(edits[0].Literals) > 0 {
		t.Errorf("%+v\n%s", edits, patch.Unified())
	}
}

const twins = `resource "aws_iam_role" "a" {
  name = var.name
  assume_role_policy = "{}"
}
resource "aws_iam_role_policy" "a" {
  name   = "reads"
  role   = aws_iam_role.a.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = ["*"] }]
  })
}
`

// TestState: two blocks fit a policy by their names; only a state tells which
// made it.
func TestState(t *testing.T) {
	dir := writeRepo(t, map[string]string{
		"one/main.tf": twins, "two/main.tf": twins,
		"state.json": `{"values":{"root_module":{"child_modules":[{"resources":[
			{"type":"aws_iam_role_policy","address":"aws_iam_role_policy.a[\"x\"]","values":{"id":"reader:reads","name":"reads","policy":"ignored"}}]}]}}}`,
	})
	c := inlineOf(roleOne, oneStatement(t, "s3:GetObject s3:PutObject", "*"), oneStatement(t, "s3:GetObject", "*"))
	clean := accept(t, c)
	repo, err := Match(dir, proposals(c))
	if err != nil {
		t.Fatal(err)
	}
	if _, edits := repo.ForProposal(clean); !strings.HasPrefix(edits[0].Reason, "ambiguous") {
		t.Errorf("without a state: %+v", edits)
	}
	state, err := ReadState("./two/", filepath.Join(dir, "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	if repo, err = Match(dir, proposals(c), state); err != nil {
		t.Fatal(err)
	}
	patch, edits := repo.ForProposal(clean)
	if edits[0].Reason != "" || len(patch.Files) != 1 || patch.Files[0].Path != "two/main.tf" {
		t.Errorf("%+v\n%s", edits, patch.Unified())
	}
}

// TestStateOfStack: the resources of a stack are read as CloudFormation lists
// them.
func TestStateOfStack(t *testing.T) {
	dir := writeRepo(t, map[string]string{
		"a.yaml":     strings.Replace(sharedTemplate, "RoleName: reader", "RoleName: !Ref Name", 1),
		"b.yaml":     strings.Replace(sharedTemplate, "RoleName: reader", "RoleName: !Ref Name", 1),
		"stack.json": `{"StackResources":[{"ResourceType":"AWS::IAM::Role","LogicalResourceId":"Role","PhysicalResourceId":"reader"}]}`,
	})
	old := oneStatement(t, "s3:Get* sqs:ReceiveMessage sqs:PurgeQueue", "arn:aws:s3:::logs-111122223333/* arn:aws:sqs:*:*:jobs")
	c := inlineOf(roleOne, old, oneStatement(t, "s3:Get*", "arn:aws:s3:::logs-111122223333/* arn:aws:sqs:*:*:jobs"))
	state, err := ReadState("b.yaml", filepath.Join(dir, "stack.json"))
	if err != nil {
		t.Fatal(err)
	}
	repo, err := Match(dir, proposals(c), state)
	if err != nil {
		t.Fatal(err)
	}
	patch, edits := repo.ForProposal(accept(t, c))
	if edits[0].Reason != "" || len(patch.Files) != 1 || patch.Files[0].Path != "b.yaml" {
		t.Errorf("%+v\n%s", edits, patch.Unified())
	}
}

// TestDrift: code that the account does not have is left alone.
func TestDrift(t *testing.T) {
	dir := writeRepo(t, map[string]string{"t.yaml": sharedTemplate})
	c := inlineOf(roleOne, oneStatement(t, "s3:Get*", "*"), oneStatement(t, "s3:GetObject", "*"))
	repo, err := Match(dir, proposals(c))
	if err != nil {
		t.Fatal(err)
	}
	if patch, edits := repo.ForProposal(accept(t, c)); !patch.Empty() || !strings.HasPrefix(edits[0].Reason, "drift: ") || !edits[0].Drift {
		t.Errorf("%+v", edits)
	}
}

// TestDriftOfWhatStays: a policy that no proposal changes drifts too, if the
// block is sure to be its.
func TestDriftOfWhatStays(t *testing.T) {
	drifted := oneStatement(t, "s3:Get*", "*")
	same := oneStatement(t, "s3:Get* sqs:ReceiveMessage sqs:PurgeQueue", "arn:aws:s3:::logs-111122223333/* arn:aws:sqs:*:*:jobs")
	for name, c := range map[string]struct {
		text string
		live *iam.Policy
		want int
	}{
		"drifted":   {sharedTemplate, drifted, 1},
		"as it is":  {sharedTemplate, same, 0},
		"not sure":  {strings.Replace(sharedTemplate, "RoleName: reader", "RoleName: !Ref Name", 1), drifted, 0},
		"not there": {strings.Replace(sharedTemplate, "PolicyName: reads", "PolicyName: writes", 1), drifted, 0},
	} {
		change := inlineOf(roleOne, c.live, c.live)
		repo, err := Match(writeRepo(t, map[string]string{"t.yaml": c.text}), proposals(change))
		if err != nil {
			t.Fatal(err)
		}
		_, made := repo.ForProposal(accept(t, change))
		for _, edits := range [][]Edit{made, repo.Drifts(proposals(change)[0])} {
			if len(edits) != c.want || c.want == 1 && (!edits[0].Drift || !edits[0].Unchanged || edits[0].File != "t.yaml") {
				t.Errorf("%s: %+v", name, edits)
			}
		}
	}
}

// TestReadStateSays: a file that is no state is named.
func TestReadStateSays(t *testing.T) {
	dir := writeRepo(t, map[string]string{"a.json": "{}", "b.json": "["})
	for _, name := range []string{"a.json", "b.json", "c.json"} {
		if _, err := ReadState("prod", filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), "prod") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
