package diff

import (
	"fmt"
	"testing"

	"github.com/pruner/pruner/synth"
)

// monorepo writes a repo of Terraform files: modules of ten files, each with a
// network, a bucket, a queue and so on, and in some of them a role that calls
// for a policy in one of three forms, through a local module in every fourth.
func monorepo(t testing.TB, files, roles int) (string, []*synth.PolicyChange) {
	t.Helper()
	repo := map[string]string{
		"modules/role/main.tf": `variable "name" {}
variable "policy" {}
resource "aws_iam_role" "this" {
  name               = var.name
  assume_role_policy = "{}"
}
resource "aws_iam_role_policy" "this" {
  name   = "reads"
  role   = aws_iam_role.this.name
  policy = var.policy
}
`,
	}
	var changes []*synth.PolicyChange
	for i := 0; len(repo) < files; i++ {
		folder := fmt.Sprintf("teams/t%03d/s%04d/", i%40, i)
		for j := range 9 {
			repo[folder+fmt.Sprintf("part%d.tf", j)] = monorepoPart(i, j)
		}
		text, arn := "locals {\n  team = \"quiet\"\n}\n", ""
		if len(changes) < roles {
			text, arn = monorepoRole(i)
			old := oneStatement(t, "s3:GetObject s3:PutObject s3:DeleteObject", fmt.Sprintf("arn:aws:s3:::data-%d/*", i))
			changes = append(changes, inlineOf(arn, old, oneStatement(t, "s3:GetObject", fmt.Sprintf("arn:aws:s3:::data-%d/*", i))))
		}
		repo[folder+"iam.tf"] = text
	}
	return writeRepo(t, repo), changes
}

func monorepoPart(i, j int) string {
	return fmt.Sprintf(`resource "aws_s3_bucket" "b%[2]d" {
  bucket = "part-%[1]d-%[2]d"
  tags = {
    Team = local.team
    Cost = "c%[1]d"
  }
}

resource "aws_security_group" "s%[2]d" {
  name   = "s-%[1]d-%[2]d"
  vpc_id = var.vpc

  dynamic "ingress" {
    for_each = var.ports
    content {
      from_port = ingress.value
      to_port   = ingress.value
      protocol  = "tcp"
    }
  }
}

output "bucket%[2]d" {
  value = aws_s3_bucket.b%[2]d.arn
}
`, i, j)
}

// monorepoRole is a role's file and the role's ARN.
func monorepoRole(i int) (text, arn string) {
	actions, resource := `["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]`, fmt.Sprintf("arn:aws:s3:::data-%d/*", i)
	document := fmt.Sprintf("data \"aws_iam_policy_document\" \"p\" {\n  statement {\n    actions   = %s\n    resources = [%q]\n  }\n}\n", actions, resource)
	name := fmt.Sprintf("role-%d", i)
	arn = "arn:aws:iam::111122223333:role/" + name
	role := fmt.Sprintf("locals {\n  team = \"t\"\n}\nresource \"aws_iam_role\" \"r\" {\n  name               = %q\n  assume_role_policy = \"{}\"\n}\n", name)
	policy := "resource \"aws_iam_role_policy\" \"p\" {\n  name   = \"reads\"\n  role   = aws_iam_role.r.name\n  policy = "
	switch i % 4 {
	case 0:
		return document + "module \"role\" {\n  source = \"../../../modules/role\"\n  name   = \"" + name + "\"\n  policy = data.aws_iam_policy_document.p.json\n}\n", arn
	case 1:
		return role + policy + "jsonencode({\n    Version = \"2012-10-17\"\n    Statement = [{\n      Effect   = \"Allow\"\n      Action   = " + actions + "\n      Resource = [\"" + resource + "\"]\n    }]\n  })\n}\n", arn
	}
	return role + document + policy + "data.aws_iam_policy_document.p.json\n}\n", arn
}

// TestMonorepo: every role of a small monorepo gets its edit.
func TestMonorepo(t *testing.T) {
	editMonorepo(t, 200, 20)
}

// BenchmarkMonorepo finds, matches, edits and verifies 100 roles in 10,000
// Terraform files: what `pruner diff` does behind the proofs.
func BenchmarkMonorepo(b *testing.B) {
	for b.Loop() {
		editMonorepo(b, 10_000, 100)
	}
}

func editMonorepo(t testing.TB, files, roles int) {
	t.Helper()
	if b, ok := t.(*testing.B); ok {
		b.StopTimer()
		defer b.StartTimer()
	}
	dir, changes := monorepo(t, files, roles)
	var cleans []*synth.Clean
	for _, c := range changes {
		cleans = append(cleans, accept(t, c))
	}
	if b, ok := t.(*testing.B); ok {
		b.StartTimer()
	}
	repo, err := Match(dir, proposals(changes...))
	if err != nil {
		t.Fatal(err)
	}
	for _, clean := range cleans {
		repo.Accept(clean)
	}
	var all Patch
	for i, clean := range cleans {
		patch, edits := repo.ForProposal(clean)
		if edits[0].Reason != "" {
			t.Fatalf("role %d: %+v", i, edits)
		}
		if all, err = all.Join(patch); err != nil {
			t.Fatal(err)
		}
	}
	if len(all.Files) != roles || len(all.Unified()) == 0 {
		t.Errorf("%d files of %d roles", len(all.Files), roles)
	}
}
