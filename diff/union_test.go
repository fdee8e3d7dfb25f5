package diff

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/synth"
)

const calledModule = `variable "env" {}

resource "aws_iam_role" "app" {
  name               = "app-${var.env}"
  assume_role_policy = "{}"
}

resource "aws_iam_role_policy" "reads" {
  name = "reads"
  role = aws_iam_role.app.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Action = [
          "s3:Get*", # what it reads
          "sqs:SendMessage",
          "sqs:PurgeQueue",
        ]
        Resource = ["arn:aws:s3:::${var.env}-data/*", "arn:aws:sqs:*:*:${var.env}-jobs"]
      },
      {
        Effect   = "Allow"
        Action   = ["sns:Publish"]
        Resource = "*"
      },
    ]
  })
}
`

func calls(envs ...string) string {
	var b strings.Builder
	for _, env := range envs {
		b.WriteString("module \"" + env + "\" {\n  source = \"../modules/app\"\n  env    = \"" + env + "\"\n}\n")
	}
	return b.String()
}

// reading is the policy of the module in an environment, and what it is to be.
func reading(t *testing.T, env, actions, resources string, publishes bool) *iam.Policy {
	t.Helper()
	statement := func(actions, resources string) string {
		return `{"Effect":"Allow","Action":["` + strings.ReplaceAll(actions, " ", `","`) + `"],"Resource":["` + strings.ReplaceAll(strings.ReplaceAll(resources, "ENV", env), " ", `","`) + `"]}`
	}
	text := statement(actions, resources)
	if publishes {
		text += "," + statement("sns:Publish", "*")
	}
	return parsePolicy(t, `{"Version":"2012-10-17","Statement":[`+text+`]}`)
}

const (
	allActions   = "s3:Get* sqs:SendMessage sqs:PurgeQueue"
	allResources = "arn:aws:s3:::ENV-data/* arn:aws:sqs:*:*:ENV-jobs"
)

// environment is the change of one environment's policy.
func environment(t *testing.T, role, env string, new *iam.Policy) *synth.PolicyChange {
	return inlineOf(role, reading(t, env, allActions, allResources, true), new)
}

// editAll accepts the proposals and gives the patch of all and the reasons why
// not.
func editAll(t *testing.T, files map[string]string, changes ...*synth.PolicyChange) (Patch, []string) {
	t.Helper()
	repo, err := Match(writeRepo(t, files), proposals(changes...))
	if err != nil {
		t.Fatal(err)
	}
	var cleans []*synth.Clean
	for _, c := range changes {
		cleans = append(cleans, accept(t, c))
		repo.Accept(cleans[len(cleans)-1])
	}
	var all Patch
	var reasons []string
	for _, clean := range cleans {
		patch, edits := repo.ForProposal(clean)
		for _, e := range edits {
			if e.Reason != "" {
				reasons = append(reasons, e.Reason)
			}
		}
		if all, err = all.Join(patch); err != nil {
			t.Fatal(err)
		}
	}
	return all, reasons
}

// TestModuleCalledTwice: the text of a module that is called for each
// environment changes to what all environments need together. What they name
func TestModuleCalledTwice(t *testing.T) {
	dev, prod := "arn:aws:iam::111122223333:role/app-dev", "arn:aws:iam::222233334444:role/app-prod"
	want := strings.Replace(calledModule, "${var.env}-data/*", "${var.env}-data/in/*", 1)
	want = strings.Replace(want, `"s3:Get*", # what it reads`, `"s3:GetObject", # what it reads`, 1)
	want = strings.Replace(want, "          \"sqs:PurgeQueue\",\n", "", 1)
	want = strings.Replace(want, `      {
        Effect   = "Allow"
        Action   = ["sns:Publish"]
        Resource = "*"
      },
`, "", 1)
	for name, files := range map[string]map[string]string{
		"one root":  {"modules/app/main.tf": calledModule, "live/main.tf": calls("dev", "prod")},
		"two roots": {"modules/app/main.tf": calledModule, "dev/main.tf": calls("dev"), "prod/main.tf": calls("prod")},
	} {
		patch, reasons := editAll(t, files,
			environment(t, dev, "dev", reading(t, "dev", "s3:GetObject", "arn:aws:s3:::ENV-data/in/*", false)),
			environment(t, prod, "prod", reading(t, "prod", "s3:GetObject sqs:SendMessage", "arn:aws:s3:::ENV-data/in/* arn:aws:sqs:*:*:ENV-jobs", false)))
		if len(reasons) > 0 || len(patch.Files) != 1 {
			t.Fatalf("%s: %q\n%s", name, reasons, patch.Unified())
		}
		if d := cmp.Diff(want, string(patch.Files[0].After)); d != "" {
			t.Errorf("%s: (-want +got):\n%s", name, d)
		}
	}
}

// TestModuleCalledAgain: of two roots that call the module alike it does not
// matter which is the role's.
func TestModuleCalledAgain(t *testing.T) {
	one, two := "arn:aws:iam::111122223333:role/app-dev", "arn:aws:iam::222233334444:role/app-dev"
	files := map[string]string{"modules/app/main.tf": calledModule, "one/main.tf": calls("dev"), "two/main.tf": calls("dev")}
	less := reading(t, "dev", "s3:Get* sqs:SendMessage", allResources, true)
	patch, reasons := editAll(t, files, environment(t, one, "dev", less), environment(t, two, "dev", less))
	if want := strings.Replace(calledModule, "          \"sqs:PurgeQueue\",\n", "", 1); len(reasons) > 0 || len(patch.Files) != 1 || string(patch.Files[0].After) != want {
		t.Errorf("%q\n%s", reasons, patch.Unified())
	}
}

// TestModuleCalledUnseen: a text stays while it makes a policy that no account
// shows, one without a proposal, or one that needs all of it.
func TestModuleCalledUnseen(t *testing.T) {
	files := map[string]string{"modules/app/main.tf": calledModule, "live/main.tf": calls("dev", "prod")}
	dev, prod := "arn:aws:iam::111122223333:role/app-dev", "arn:aws:iam::222233334444:role/app-prod"
	change := environment(t, dev, "dev", reading(t, "dev", "s3:GetObject", allResources, false))
	if patch, reasons := editAll(t, files, change); !patch.Empty() || !strings.Contains(reasons[0], "module.prod.aws_iam_role_policy.reads, which is no policy that an account shows") {
		t.Errorf("%q\n%s", reasons, patch.Unified())
	}
	all := environment(t, prod, "prod", reading(t, "prod", allActions, allResources, true))
	repo, err := Match(writeRepo(t, files), proposals(change, all))
	if err != nil {
		t.Fatal(err)
	}
	clean := accept(t, change)
	repo.Accept(clean)
	if patch, edits := repo.ForProposal(clean); !patch.Empty() || !strings.Contains(edits[0].Reason, "no proved proposal") {
		t.Errorf("%+v", edits)
	}
	if patch, reasons := editAll(t, files, change, all); !patch.Empty() || !strings.Contains(reasons[0], "together they need all of it") {
		t.Errorf("%q\n%s", reasons, patch.Unified())
	}
}

// TestModuleCalledApart: what the environments need each of its own stays as it
// is for all.
func TestModuleCalledApart(t *testing.T) {
	dev, prod := "arn:aws:iam::111122223333:role/app-dev", "arn:aws:iam::222233334444:role/app-prod"
	files := map[string]string{"modules/app/main.tf": calledModule, "live/main.tf": calls("dev", "prod")}
	for prodNeeds, stays := range map[string]string{"out/*": `"arn:aws:s3:::${var.env}-data/in/*", "arn:aws:s3:::${var.env}-data/out/*", `, "*": `"arn:aws:s3:::${var.env}-data/*", `} {
		patch, reasons := editAll(t, files,
			environment(t, dev, "dev", reading(t, "dev", "s3:GetObject", "arn:aws:s3:::ENV-data/in/*", false)),
			environment(t, prod, "prod", reading(t, "prod", "s3:GetObject sqs:SendMessage", "arn:aws:s3:::ENV-data/"+prodNeeds+" arn:aws:sqs:*:*:ENV-jobs", true)))
		if len(reasons) > 0 || len(patch.Files) != 1 || !strings.Contains(string(patch.Files[0].After), stays) {
			t.Errorf("%q\n%s", reasons, patch.Unified())
		}
	}
}

// TestTemplateTwice: two policies of one template of Terraform's, which is no
// JSON before it is filled in, are edited together.
func TestTemplateTwice(t *testing.T) {
	template := `{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ${jsonencode(buckets)}}
]}
`
	policy := func(name string) string {
		return "resource \"aws_iam_role_policy\" \"" + name + "\" {\n  name = \"reads\"\n  role = \"" + name + "\"\n  policy = templatefile(\"${path.module}/p.json\", { buckets = var." + name + " })\n}\n"
	}
	change := func(role string) *synth.PolicyChange {
		return inlineOf("arn:aws:iam::111122223333:role/"+role, oneStatement(t, "s3:GetObject s3:PutObject", "arn:aws:s3:::"+role), oneStatement(t, "s3:GetObject", "arn:aws:s3:::"+role))
	}
	patch, reasons := editAll(t, map[string]string{"main.tf": policy("one") + policy("two"), "p.json": template}, change("one"), change("two"))
	if want := strings.Replace(template, `, "s3:PutObject"`, "", 1); len(reasons) > 0 || len(patch.Files) != 1 || string(patch.Files[0].After) != want {
		t.Errorf("%q\n%s", reasons, patch.Unified())
	}
}
