package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// perFolder is how many files a root module of the repo has.
const perFolder = 10

// writeRepo writes the Terraform that made the roles, a root module for each,
// among others without any: files in all. The policies stand in the forms that
// real repos use most.
func (org *organisation) writeRepo(dir string, files int) error {
	for n := 0; n*perFolder < files; n++ {
		folder := filepath.Join(dir, fmt.Sprintf("teams/t%03d/s%05d", n%40, n))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		iam := "locals {\n  team = \"none\"\n}\n"
		if n < len(org.roles) {
			iam = org.roles[n].terraform(org)
		}
		texts := map[string]string{"iam.tf": iam}
		for i := range perFolder - 1 {
			texts[fmt.Sprintf("part%d.tf", i)] = part(n, i)
		}
		for name, text := range texts {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// part is a file that has nothing to do with permissions.
func part(n, i int) string {
	return fmt.Sprintf(`resource "aws_s3_bucket" "b%[2]d" {
  bucket = "part-%[1]d-%[2]d"
  tags = {
    Team = local.team
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
`, n, i)
}

// terraform is the role's blocks, with the policy of its team where the role is
// the first of it.
func (r *role) terraform(org *organisation) string {
	own := r.fill(r.kind.policy, 0, 0)
	var b strings.Builder
	fmt.Fprintf(&b, "locals {\n  team = %q\n}\n\nresource \"aws_iam_role\" \"this\" {\n  name = %q\n  assume_role_policy = %s\n}\n\n", r.team(), r.name, encoded(strings.ReplaceAll(trust, "SERVICE", r.kind.service)))
	policy, align := encoded(own), ""
	switch r.n % 3 {
	case 1:
		policy, align = "<<-EOT\n"+indented(own)+"\n  EOT", "  "
	case 2:
		b.WriteString(document("own", own))
		policy, align = "data.aws_iam_policy_document.own.json", "  "
	}
	fmt.Fprintf(&b, "resource \"aws_iam_role_policy\" \"own\" {\n  name%[1]s = \"own\"\n  role%[1]s = aws_iam_role.this.name\n  policy = %[2]s\n}\n", align, policy)
	if r.n%50 == 0 {
		fmt.Fprintf(&b, "\nresource \"aws_iam_role_policy_attachment\" \"all\" {\n  role       = aws_iam_role.this.name\n  policy_arn = %q\n}\n", administrator)
	}
	// Every other role has the policy of its team: the first of a team is even
	// or followed by one that is.
	if first := r.n / 5 * 5; r.n == first+first%2 {
		fmt.Fprintf(&b, "\nresource \"aws_iam_policy\" \"team\" {\n  name = %q\n  policy = %s\n}\n", r.team(), encoded(teamPolicy))
		for _, other := range org.roles[first:min(first+5, len(org.roles))] {
			if other.n%2 == 0 {
				fmt.Fprintf(&b, "\nresource \"aws_iam_role_policy_attachment\" \"team%d\" {\n  role       = %q\n  policy_arn = aws_iam_policy.team.arn\n}\n", other.n, other.name)
			}
		}
	}
	return b.String()
}

// encoded is a policy as a jsonencode call: JSON is an expression, too.
func encoded(policy string) string {
	return "jsonencode(" + strings.ReplaceAll(strings.TrimPrefix(indented(policy), "  "), `": `, `" : `) + ")"
}

func indented(policy string) string {
	var v any
	if err := json.Unmarshal([]byte(policy), &v); err != nil {
		panic(err) // the texts of this program
	}
	text, err := json.MarshalIndent(v, "  ", "  ")
	if err != nil {
		panic(err)
	}
	return "  " + string(text)
}

// document is a policy as an aws_iam_policy_document.
func document(label, policy string) string {
	var v struct {
		Statement []struct {
			Sid              string
			Action, Resource any
		}
	}
	if err := json.Unmarshal([]byte(policy), &v); err != nil {
		panic(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "data \"aws_iam_policy_document\" %q {\n", label)
	for i, s := range v.Statement {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString("  statement {\n")
		if s.Sid != "" {
			fmt.Fprintf(&b, "    sid       = %q\n", s.Sid)
		}
		fmt.Fprintf(&b, "    actions   = %s\n    resources = %s\n  }\n", list(s.Action), list(s.Resource))
	}
	b.WriteString("}\n\n")
	return b.String()
}

func list(v any) string {
	if _, is := v.([]any); !is {
		v = []any{v}
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return strings.ReplaceAll(string(text), `","`, `", "`)
}
