package diff

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/iam"
)

// findOnly gives what is found in one file, as "address kind roles".
func findOnly(t *testing.T, name, text string) []Found {
	t.Helper()
	found, err := Find(writeRepo(t, map[string]string{name: text}), FindOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func lines(found []Found) []string {
	var out []string
	for _, f := range found {
		line := f.Kind + " " + f.Address + " " + strings.Join(f.Roles, ",")
		if !f.Editable {
			line += " (" + f.Reason + ")"
		}
		out = append(out, line)
	}
	return out
}

const everyPlace = `Resources:
  Doc: &none
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement: { Effect: Allow, Action: s3:GetObject, Resource: "*" }
  Bound:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement: { Effect: Allow, Action: "*", Resource: "*" }
  App:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub '${AWS::StackName}-app'
      PermissionsBoundary: !Ref Bound
      ManagedPolicyArns: [!Ref Doc]
      AssumeRolePolicyDocument:
        Statement: [{ Effect: Allow, Action: sts:AssumeRole, Principal: { Service: ec2.amazonaws.com } }]
      Policies:
        - !If
          - Logs
          - PolicyName: logs
            PolicyDocument: { Statement: [{ Effect: Allow, Action: logs:PutLogEvents, Resource: "*" }] }
          - !Ref AWS::NoValue
        - !Ref Given
        - PolicyName: text
          PolicyDocument: !Sub '{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::${B}/*"}]}'
  More:
    Type: AWS::IAM::RolePolicy
    Properties:
      RoleName: !Ref App
      PolicyName: more
      PolicyDocument:
        Fn::Transform: { Name: AWS::Include, Parameters: { Location: s3://b/p.yaml } }
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - AWSLambdaBasicExecutionRole
        - !Ref Doc
        - Statement: [{ Effect: Allow, Action: s3:GetObject, Resource: "*" }]
        - S3CrudPolicy: { BucketName: !Ref B }
  Queue:
    Type: AWS::SQS::QueuePolicy
    Properties:
      PolicyDocument:
        Statement: [{ Effect: Allow, Action: sqs:SendMessage, Principal: "*", Resource: "*" }]
  Org:
    Type: AWS::Organizations::Policy
    Properties:
      Type: SERVICE_CONTROL_POLICY
      Content:
        Statement: [{ Effect: Deny, Action: s3:DeleteBucket, Resource: "*" }]
  Set:
    Type: AWS::SSO::PermissionSet
    Properties:
      Name: Developer
      InlinePolicy:
        Statement: [{ Effect: Allow, Action: s3:GetObject, Resource: "*" }]
  Fn::ForEach::Each:
    - Name
    - [a, b]
    - P${Name}:
        Type: AWS::IAM::Policy
        Properties:
          PolicyName: !Ref Name
          Roles: [!Ref App]
          PolicyDocument:
            Statement: [{ Effect: Allow, Action: s3:GetObject, Resource: "*" }]
`

// TestEveryPlace: each place of a template that holds a policy is listed, with
// its kind, who holds it, and why it is not edited.
func TestEveryPlace(t *testing.T) {
	want := []string{
		"identity cfn:t.yaml#Doc/PolicyDocument ${AWS::StackName}-app,*-FnRole-*",
		"boundary cfn:t.yaml#Bound/PolicyDocument ",
		"trust cfn:t.yaml#App/AssumeRolePolicyDocument ${AWS::StackName}-app",
		"identity cfn:t.yaml#App/Policies/0/Fn::If/1 ${AWS::StackName}-app",
		"identity cfn:t.yaml#App/Policies/1 ${AWS::StackName}-app (the policy is made by an expression: ${Given})",
		"identity cfn:t.yaml#App/Policies/2 ${AWS::StackName}-app (the policy is JSON in a text)",
		"identity cfn:t.yaml#More/PolicyDocument ${AWS::StackName}-app (the policy is made by an expression: ${Fn::Transform: { Name: AWS::Include, Parameters: { Locatio…)",
		"identity cfn:t.yaml#Fn/Policies/2 *-FnRole-*",
		"identity cfn:t.yaml#Fn/Policies/3 *-FnRole-* (a SAM policy template: S3CrudPolicy)",
		"resource cfn:t.yaml#Queue/PolicyDocument ",
		"scp cfn:t.yaml#Org/Content ",
		"identity cfn:t.yaml#Set/InlinePolicy ",
		"identity cfn:t.yaml#Fn::ForEach::Each/P${Name}/PolicyDocument ${AWS::StackName}-app (Fn::ForEach makes several policies of it)",
	}
	if d := cmp.Diff(want, lines(findOnly(t, "t.yaml", everyPlace))); d != "" {
		t.Error(d)
	}
}

// TestPlainKinds: JSON policies without a resource around them are told apart
// by who they name and by their path.
func TestPlainKinds(t *testing.T) {
	const allow, trust = `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, `{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}}`
	dir := writeRepo(t, map[string]string{
		"a.json": allow, "boundary.json": allow, "scp/deny.json": allow, "trust.json": trust,
		"many.json":   `{"Policies":[{"a/b":` + allow + `},` + trust + `]}`,
		"bucket.json": `{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Principal":"*","Resource":"*"}]}`,
		"other.json":  `{"Statement":"none"}`, "broken.json": `{"Statement":[`,
	})
	found, err := Find(dir, FindOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"identity json:a.json# ", "boundary json:boundary.json# ", "resource json:bucket.json# ",
		"identity json:many.json#/Policies/0/a~1b ", "trust json:many.json#/Policies/1 ", "scp json:scp/deny.json# ", "trust json:trust.json# ",
	}
	if d := cmp.Diff(want, lines(found)); d != "" {
		t.Error(d)
	}
}

// TestServerlessFramework: its statements and resources are read, and a "${"
// of a name would be its variable.
func TestServerlessFramework(t *testing.T) {
	const text = `service: shop
provider:
  name: aws
  iam:
    role:
      statements:
        - Effect: Allow
          Action: [s3:GetObject, s3:PutObject]
          Resource: arn:aws:s3:::${self:custom.bucket}/*
resources:
  Resources:
    P:
      Type: AWS::IAM::ManagedPolicy
      Properties:
        PolicyDocument: { Statement: [{ Effect: Allow, Action: s3:GetObject, Resource: "*" }] }
`
	dir := writeRepo(t, map[string]string{"serverless.yml": text})
	found, err := Find(dir, FindOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"identity cfn:serverless.yml#provider/iam/role/statements *-lambdaRole", "identity cfn:serverless.yml#P/PolicyDocument "}
	if d := cmp.Diff(want, lines(found)); d != "" {
		t.Fatal(d)
	}
	p := *found[0].Policy
	p.Statements = []iam.Statement{p.Statements[0]}
	p.Statements[0].Resource = []iam.Pattern{"arn:aws:s3:::${self:custom.bucket}/a/*"}
	patch, err := Rewrite(dir, found[0].Address, &p)
	if err != nil || !strings.Contains(string(patch.Unified()), "+          Resource: arn:aws:s3:::${self:custom.bucket}/a/*\n") {
		t.Errorf("%v\n%s", err, patch.Unified())
	}
	p.Statements[0].Resource = []iam.Pattern{"arn:aws:s3:::${aws:username}/*"}
	if patch, err := Rewrite(dir, found[0].Address, &p); err == nil {
		t.Errorf("a policy variable became a variable of the framework:\n%s", patch.Unified())
	}
}

// around is a template around one statement.
const around = `Resources:
  B: { Type: AWS::S3::Bucket }
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: s3:GetObject
            Resource: `

// TestTextsOfTemplates: what a template's functions say is read as text, and
// an edit changes one literal in the way that it is written.
func TestTextsOfTemplates(t *testing.T) {
	for _, c := range []struct{ name, written, read, want, after string }{
		{"plain", `arn:aws:s3:::b/*`, "arn:aws:s3:::b/*", "arn:aws:s3:::b/a/*", `arn:aws:s3:::b/a/*`},
		{"single", `'arn:aws:s3:::b/*' # why`, "arn:aws:s3:::b/*", "arn:aws:s3:::b/it's/*", `'arn:aws:s3:::b/it''s/*' # why`},
		{"double", `"arn:aws:s3:::b/*"`, "arn:aws:s3:::b/*", "arn:aws:s3:::b/a/*", `"arn:aws:s3:::b/a/*"`},
		{"sub", `!Sub 'arn:aws:s3:::${B}/*'`, "arn:aws:s3:::${B}/*", "arn:aws:s3:::${B}/${aws:username}/*", `!Sub 'arn:aws:s3:::${B}/${!aws:username}/*'`},
		{"sub plain", `!Sub arn:aws:s3:::${B}/*`, "arn:aws:s3:::${B}/*", "arn:aws:s3:::${B}/a b/*", `!Sub "arn:aws:s3:::${B}/a b/*"`},
		{"variable", `!Sub "${B.Arn}/${!aws:username}/*"`, "${B.Arn}/${aws:username}/*", "${B.Arn}/${aws:username}/a/*", `!Sub "${B.Arn}/${!aws:username}/a/*"`},
		{"sub map", `!Sub ['arn:aws:s3:::${x}/*', { x: !ImportValue b }]`, "arn:aws:s3:::${!ImportValue b}/*", "arn:aws:s3:::${!ImportValue b}/a/*", `!Sub ['arn:aws:s3:::${x}/a/*', { x: !ImportValue b }]`},
		{"join", `!Join ['', ['arn:aws:s3:::', !Ref B, '/*']]`, "arn:aws:s3:::${B}/*", "arn:aws:s3:::${B}/a/*", `!Join ['', ['arn:aws:s3:::', !Ref B, '/a/*']]`},
		{"join by", `!Join [/, [!GetAtt B.Arn, "*"]]`, "${B.Arn}/*", "${B.Arn}/a/*", `!Join [/, [!GetAtt B.Arn, "a/*"]]`},
		{"long", `{ "Fn::Sub": "arn:aws:s3:::${B}/*" }`, "arn:aws:s3:::${B}/*", "arn:aws:s3:::${B}/a/*", `{ "Fn::Sub": "arn:aws:s3:::${B}/a/*" }`},
		{"to literal", `!GetAtt B.Arn`, "${B.Arn}", "arn:aws:s3:::c", `arn:aws:s3:::c`},
		{"no sub", `!ImportValue b`, "${!ImportValue b}", "${!ImportValue b}/*", ""},
		{"if", `!If [X, a, b]`, "${!If [X, a, b]}", "arn:aws:s3:::b", `arn:aws:s3:::b`},
		{"folded", ">-\n              arn:aws:s3:::b/*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/a", `"arn:aws:s3:::b/a"`},
		{"two lines", "'arn:aws:s3:::b/*\n              c'", "arn:aws:s3:::b/* c", "arn:aws:s3:::b/a c", `'arn:aws:s3:::b/a c'`},
		{"word", `'*'`, "*", "yes", `'yes'`},
		{"anchor", `&r 'arn:aws:s3:::b/*'`, "arn:aws:s3:::b/*", "arn:aws:s3:::b/a/*", `&r 'arn:aws:s3:::b/a/*'`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := writeRepo(t, map[string]string{"t.yaml": around + c.written + "\n"})
			found, err := Find(dir, FindOptions{})
			if err != nil || len(found) != 1 || found[0].Policy == nil {
				t.Fatalf("found %v, %v", lines(found), err)
			}
			if got := string(found[0].Policy.Statements[0].Resource[0]); got != c.read {
				t.Fatalf("read as %q", got)
			}
			patch, err := Rewrite(dir, found[0].Address, withResource(c.want))
			if c.after == "" {
				if err == nil {
					t.Fatalf("not declined:\n%s", patch.Unified())
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(around+c.after+"\n", string(patch.Files[0].After)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestAnchors: what an anchor shares is read in both places and edited in
// neither; an alias itself can go.
func TestAnchors(t *testing.T) {
	const text = `Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - &read
            Effect: Allow
            Action: &acts [s3:GetObject, s3:PutObject]
            Resource: &all "*"
          - { <<: *read, Action: [sqs:SendMessage, sqs:PurgeQueue] }
          - Effect: Allow
            Action: *acts
            Resource: [*all, arn:aws:s3:::b]
`
	dir := writeRepo(t, map[string]string{"t.yaml": text})
	found, err := Find(dir, FindOptions{})
	if err != nil || len(found) != 1 || !found[0].Editable {
		t.Fatalf("%v %v", lines(found), err)
	}
	policy := func() *iam.Policy {
		p := *found[0].Policy
		p.Statements = append([]iam.Statement{}, p.Statements...)
		return &p
	}
	if p := policy(); len(p.Statements) != 3 || p.Statements[1].Resource[0] != "*" || p.Statements[2].Action[1] != "s3:PutObject" {
		t.Fatalf("read as %+v", p)
	}
	for i := range 3 {
		p := policy()
		p.Statements[i].Action = p.Statements[i].Action[:1]
		patch, err := Rewrite(dir, found[0].Address, p)
		if shared := i != 1; shared != (err != nil) {
			t.Errorf("statement %d: %v\n%s", i, err, patch.Unified())
		}
	}
	p := policy()
	p.Statements[2].Resource = p.Statements[2].Resource[1:]
	patch, err := Rewrite(dir, found[0].Address, p)
	if err != nil || !strings.Contains(string(patch.Unified()), "+            Resource: [arn:aws:s3:::b]\n") {
		t.Errorf("%v\n%s", err, patch.Unified())
	}
}

// TestAliasBomb: aliases of aliases end in a bounded tree.
func TestAliasBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("Resources:\n  A: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 12 {
		b.WriteString("  A" + itoa(i+1) + ": &a" + itoa(i+1) + " [" + strings.TrimSuffix(strings.Repeat("*a"+itoa(i)+", ", 10), ", ") + "]\n")
	}
	b.WriteString("  P: { Type: AWS::IAM::ManagedPolicy, Properties: { PolicyDocument: { Statement: [{ Effect: Allow, Action: *a12, Resource: x }] } } }\n")
	if found := findOnly(t, "t.yaml", b.String()); len(found) != 1 {
		t.Errorf("found %v", lines(found))
	}
}

// TestDashAbove: a statement goes with its dash, wherever that stands.
func TestDashAbove(t *testing.T) {
	const text = `Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          -
            Effect: Allow
            Action: s3:GetObject
            Resource: "*"
          -
            # no more
            Effect: Allow
            Action: s3:PutObject
            Resource: "*"
`
	dir := writeRepo(t, map[string]string{"t.yaml": text})
	patch, err := Rewrite(dir, "cfn:t.yaml#P/PolicyDocument", withResource("*"))
	if err != nil {
		t.Fatal(err)
	}
	if want := text[:strings.LastIndex(text, "          -\n")]; string(patch.Files[0].After) != want {
		t.Errorf("got\n%s", patch.Files[0].After)
	}
}
