package diff

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/synth"
)

const attached = `resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}

# Everything in S3.
resource "aws_iam_role_policy_attachment" "s3" {
  role       = aws_iam_role.app.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AmazonS3FullAccess"
}
`

func parsePolicy(t testing.TB, text string) *iam.Policy {
	t.Helper()
	p, err := iam.ParsePolicy([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func repoOf(t *testing.T, files map[string]string) *Repo {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Match(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var fullAccess = account.Holding{
	Name: "AmazonS3FullAccess", Kind: synth.AWSManaged, ARN: "arn:aws:iam::aws:policy/AmazonS3FullAccess",
	Holders: []iam.ARN{"arn:aws:iam::111122223333:role/app"},
}

// TestManagedReplaced: the first step adds a policy in the style of the file
// beside the attachment, the second takes the attachment away.
func TestManagedReplaced(t *testing.T) {
	smaller := parsePolicy(t, `{"Version":"2012-10-17","Statement":[{"Sid":"S3","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b/${aws:username}/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}`)
	added := fullAccess
	added.Name, added.ARN, added.Kind = "app-AmazonS3FullAccess", "arn:aws:iam::111122223333:policy/app-AmazonS3FullAccess", synth.CustomerManaged
	for style, text := range map[string]string{
		"jsonencode": attached,
		"document":   strings.Replace(attached, `jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })`, `data.aws_iam_policy_document.trust.json`, 1) + "\ndata \"aws_iam_policy_document\" \"trust\" {\n}\n",
	} {
		for _, nl := range []string{"\n", "\r\n"} {
			r := repoOf(t, map[string]string{"main.tf": strings.ReplaceAll(text, "\n", nl)})
			patch, e := r.edit(&synth.PolicyChange{Holding: added, New: smaller, Replaces: fullAccess.ARN})
			if e.Reason != "" {
				t.Fatalf("%s: %s", style, e.Reason)
			}
			after := string(patch.Files[0].After)
			want := map[string]string{
				"jsonencode": `Resource = ["arn:aws:s3:::b/$${aws:username}/*"]`, "document": `resources = ["arn:aws:s3:::b/$${aws:username}/*"]`,
			}[style]
			if !strings.Contains(after, want) || strings.Count(after, nl) != strings.Count(after, "\n") {
				t.Errorf("%s: want %s in\n%s", style, want, after)
			}
			if !strings.Contains(after, "role       = aws_iam_role.app.name"+nl+"  policy_arn = aws_iam_policy.s3_narrowed.arn") {
				t.Errorf("%s: no attachment in\n%s", style, after)
			}
		}
	}
}

// TestManagedListed: an ARN in a list or set gets its replacement beside it,
// and leaves the list in the second step.
func TestManagedListed(t *testing.T) {
	smaller := parsePolicy(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`)
	added := fullAccess
	added.Name, added.ARN, added.Kind = "app-AmazonS3FullAccess", "arn:aws:iam::111122223333:policy/app-AmazonS3FullAccess", synth.CustomerManaged
	detached := &synth.PolicyChange{Holding: fullAccess}
	detached.Document = smaller
	role := attached[:strings.Index(attached, "}\n\n# Every")]
	for name, c := range map[string]struct{ text, first, second string }{
		"list": {
			role + "  managed_policy_arns = [\n    \"arn:aws:iam::aws:policy/AmazonS3FullAccess\",\n    \"arn:aws:iam::aws:policy/AmazonSQSFullAccess\",\n  ]\n}\n",
			"AmazonS3FullAccess\",\n    aws_iam_policy.app_narrowed.arn,\n", "= [\n    \"arn:aws:iam::aws:policy/AmazonSQSFullAccess\",\n  ]",
		},
		"set": {
			role + "}\n\nresource \"aws_iam_role_policy_attachment\" \"all\" {\n  for_each   = toset([\"arn:aws:iam::aws:policy/AmazonS3FullAccess\", \"arn:aws:iam::aws:policy/AmazonSQSFullAccess\"])\n  role       = aws_iam_role.app.name\n  policy_arn = each.value\n}\n",
			"policy_arn = aws_iam_policy.all_narrowed.arn", `toset(["arn:aws:iam::aws:policy/AmazonSQSFullAccess"])`,
		},
	} {
		r := repoOf(t, map[string]string{"main.tf": c.text})
		for change, want := range map[*synth.PolicyChange]string{{Holding: added, New: smaller, Replaces: fullAccess.ARN}: c.first, detached: c.second} {
			patch, e := r.edit(change)
			if e.Reason != "" {
				t.Errorf("%s: %s", name, e.Reason)
				continue
			}
			if after := string(patch.Files[0].After); !strings.Contains(after, want) {
				t.Errorf("%s: want %q in\n%s", name, want, after)
			}
		}
	}
}

func TestManagedDetached(t *testing.T) {
	r := repoOf(t, map[string]string{"main.tf": attached})
	c := &synth.PolicyChange{Holding: fullAccess}
	c.Document = parsePolicy(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`)
	patch, e := r.edit(c)
	if e.Reason != "" {
		t.Fatal(e.Reason)
	}
	if after := string(patch.Files[0].After); strings.Contains(after, "attachment") || strings.Contains(after, "Everything") || !strings.HasSuffix(after, "}\n") {
		t.Errorf("left is\n%s", after)
	}
}

// TestManagedReported: what is not one plain attachment is left with the reason.
func TestManagedReported(t *testing.T) {
	c := &synth.PolicyChange{Holding: fullAccess}
	c.Document = parsePolicy(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`)
	for text, reason := range map[string]string{
		strings.Replace(attached, "role       = aws", "count = 2\n  role       = aws", 1):               "is repeated",
		attached + strings.Replace(attached[strings.Index(attached, "# Every"):], `"s3"`, `"again"`, 1): "ambiguous",
		strings.Replace(attached, "AmazonS3FullAccess", "AmazonSQSFullAccess", 1):                       "no block",
		attached + "\noutput \"a\" {\n  value = aws_iam_role_policy_attachment.s3.id\n}\n":              "names aws_iam_role_policy_attachment.s3",
		attached[:strings.Index(attached, "# Every")] + "resource \"aws_iam_policy_attachment\" \"x\" {\n  name = \"x\"\n  roles = [\"app\", \"b\"]\n  policy_arn = \"arn:aws:iam::aws:policy/AmazonS3FullAccess\"\n}\n": "among others",
	} {
		r := repoOf(t, map[string]string{"main.tf": text})
		if _, e := r.edit(c); !strings.Contains(e.Reason, reason) {
			t.Errorf("want %q, got %q for\n%s", reason, e.Reason, text)
		}
	}
}

// TestReferencesFound: what is new is written with the expressions that stand
// there, else with the module's bucket of that name, else as it is, and said.
func TestReferencesFound(t *testing.T) {
	r := repoOf(t, map[string]string{"main.tf": `resource "aws_s3_bucket" "other" {
  bucket = "other"
}

resource "aws_iam_role_policy" "p" {
  name = "p"
  role = "app"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = ["${aws_s3_bucket.b.arn}/*", "arn:aws:s3:::other*", "arn:aws:sqs:${var.region}:${var.account}:all-*"]
    }]
  })
}
`})
	live := parsePolicy(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::made-up/*","arn:aws:s3:::other*","arn:aws:sqs:eu-west-1:111122223333:all-*"]}]}`)
	wanted := parsePolicy(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::made-up/in/*","arn:aws:s3:::other/x","arn:aws:s3:::others/y","arn:aws:sqs:eu-west-1:111122223333:all-of-it"]}]}`)
	c := &synth.PolicyChange{Holding: account.Holding{Name: "p", Kind: synth.Inline, Owner: "arn:aws:iam::111122223333:role/app", Document: live, Holders: fullAccess.Holders}, New: wanted}
	r.match(c)
	patch, e := r.edit(c)
	if e.Reason != "" {
		t.Fatal(e.Reason)
	}
	after := string(patch.Files[0].After)
	for _, want := range []string{`"${aws_s3_bucket.b.arn}/in/*"`, `"${aws_s3_bucket.other.arn}/x"`, `"arn:aws:s3:::others/y"`, `"arn:aws:sqs:${var.region}:${var.account}:all-of-it"`} {
		if !strings.Contains(after, want) {
			t.Errorf("want %s in\n%s", want, after)
		}
	}
	if len(e.Literals) != 1 || e.Literals[0] != "arn:aws:s3:::others/y" {
		t.Errorf("literals %q", e.Literals)
	}
}
