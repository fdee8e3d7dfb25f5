package diff

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/synth"
)

const listedYAML = `Resources:
  # what runs the app
  App:
    Type: AWS::IAM::Role
    Properties:
      RoleName: app
      AssumeRolePolicyDocument:
        Statement: [{ Effect: Allow, Action: sts:AssumeRole, Principal: { Service: ec2.amazonaws.com } }]
      ManagedPolicyArns:
        - !Sub arn:${AWS::Partition}:iam::aws:policy/AmazonS3FullAccess # all of it
        - arn:aws:iam::aws:policy/AmazonSQSFullAccess

  Key:
    Type: AWS::KMS::Key
`

const listedSAM = `Transform: AWS::Serverless-2016-10-31
Resources:
    Worker:
        Type: AWS::Serverless::Function
        Properties:
            Policies: AmazonS3FullAccess
`

const listedJSON = `{
  "Resources": {
    "App": {
      "Type": "AWS::IAM::Role",
      "Properties": {
        "RoleName": "app",
        "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]},
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]
      }
    }
  }
}
`

// narrowedChange is the first step for a role, detachedChange the second.
func narrowedChange(t *testing.T, role string) *synth.PolicyChange {
	added := fullAccess
	added.Name, added.ARN, added.Kind = "app-AmazonS3FullAccess", "arn:aws:iam::111122223333:policy/app-AmazonS3FullAccess", synth.CustomerManaged
	added.Holders = []iam.ARN{iam.ARN("arn:aws:iam::111122223333:role/" + role)}
	return &synth.PolicyChange{Holding: added, Replaces: fullAccess.ARN, New: parsePolicy(t, `{"Version":"2012-10-17","Statement":[
		{"Sid":"S3","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b/${aws:username}/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}`)}
}

func detachedChange(t *testing.T, role string) *synth.PolicyChange {
	c := &synth.PolicyChange{Holding: fullAccess}
	c.Holders = narrowedChange(t, role).Holders
	c.Document = parsePolicy(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`)
	return c
}

// TestManagedInTemplate: a template gets the narrowed policy as a resource below
// the role's, with a reference beside the policy that it is to replace; the
// second step takes that out of the list.
func TestManagedInTemplate(t *testing.T) {
	yamlPolicy := `  AppNarrowed:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: app-AmazonS3FullAccess
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: S3
            Effect: Allow
            Action:
              - s3:GetObject
              - s3:PutObject
            Resource: arn:aws:s3:::b/${aws:username}/*
            Condition:
              Bool:
                aws:SecureTransport: "true"

`
	for name, c := range map[string]struct{ file, role, text, first, second string }{
		"YAML": {
			"t.yaml", "app", listedYAML,
			strings.Replace(strings.Replace(listedYAML, "AmazonS3FullAccess # all of it\n", "AmazonS3FullAccess\n        - !Ref AppNarrowed # all of it\n", 1), "  Key:\n", yamlPolicy+"  Key:\n", 1),
			strings.Replace(listedYAML, "        - !Sub arn:${AWS::Partition}:iam::aws:policy/AmazonS3FullAccess # all of it\n", "", 1),
		},
		"SAM": {
			"t.yaml", "stack-WorkerRole-X", listedSAM,
			strings.Replace(listedSAM, " AmazonS3FullAccess\n", "\n              - AmazonS3FullAccess\n              - !Ref WorkerNarrowed\n", 1) + strings.ReplaceAll(`  WorkerNarrowed:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: app-AmazonS3FullAccess
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
`, "  ", "    ") + `                  - Sid: S3
                    Effect: Allow
                    Action:
                      - s3:GetObject
                      - s3:PutObject
                    Resource: arn:aws:s3:::b/${aws:username}/*
                    Condition:
                        Bool:
                            aws:SecureTransport: "true"
`, "",
		},
		"JSON": {
			"t.json", "app", listedJSON,
			strings.Replace(strings.Replace(listedJSON, `AmazonS3FullAccess"]`, `AmazonS3FullAccess", {"Ref": "AppNarrowed"}]`, 1), "\n    }\n  }\n}\n", `
    },
    "AppNarrowed": {
      "Type": "AWS::IAM::ManagedPolicy",
      "Properties": {
        "ManagedPolicyName": "app-AmazonS3FullAccess",
        "PolicyDocument": {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Sid": "S3",
              "Effect": "Allow",
              "Action": [
                "s3:GetObject",
                "s3:PutObject"
              ],
              "Resource": "arn:aws:s3:::b/${aws:username}/*",
              "Condition": {
                "Bool": {
                  "aws:SecureTransport": "true"
                }
              }
            }
          ]
        }
      }
    }
  }
}
`, 1),
			strings.Replace(listedJSON, ",\n        \"ManagedPolicyArns\": [\"arn:aws:iam::aws:policy/AmazonS3FullAccess\"]", "", 1),
		},
	} {
		for _, nl := range []string{"\n", "\r\n"} {
			r := repoOf(t, map[string]string{c.file: strings.ReplaceAll(c.text, "\n", nl)})
			for change, want := range map[*synth.PolicyChange]string{narrowedChange(t, c.role): c.first, detachedChange(t, c.role): c.second} {
				patch, e := r.edit(change)
				if e.Reason != "" {
					if want != "" {
						t.Errorf("%s: %s", name, e.Reason)
					}
					continue
				}
				if d := cmp.Diff(strings.ReplaceAll(want, "\n", nl), string(patch.Files[0].After)); d != "" {
					t.Errorf("%s (-want +got):\n%s", name, d)
				}
				var doc any
				if err := yaml.Unmarshal(patch.Files[0].After, &doc); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
}

// TestManagedInTemplateOfStack: where two roles fit by their names, the state of
// a stack tells which is meant.
func TestManagedInTemplateOfStack(t *testing.T) {
	text := strings.ReplaceAll(listedYAML, "RoleName: app", "RoleName: !Ref Name")
	dir := writeRepo(t, map[string]string{
		"a.yaml": text, "b.yaml": text,
		"stack.json": `{"StackResources":[{"ResourceType":"AWS::IAM::Role","LogicalResourceId":"App","PhysicalResourceId":"app"}]}`,
	})
	r, err := Match(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, e := r.edit(narrowedChange(t, "app")); !strings.HasPrefix(e.Reason, "ambiguous") {
		t.Errorf("without a state: %+v", e)
	}
	state, err := ReadState("b.yaml", filepath.Join(dir, "stack.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "stack.json")); err != nil {
		t.Fatal(err)
	}
	if r, err = Match(dir, nil, state); err != nil {
		t.Fatal(err)
	}
	if patch, e := r.edit(narrowedChange(t, "app")); e.Reason != "" || patch.Files[0].Path != "b.yaml" {
		t.Errorf("%+v", e)
	}
}
