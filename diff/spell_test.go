package diff

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pruner/pruner/iam"
)

const plainPolicy = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
`

func terraformPolicy(expression string) string {
	return "resource \"aws_iam_policy\" \"p\" {\n  name   = \"p\"\n  policy = " + expression + "\n}\n"
}

// forms holds one policy in every form, and the address it is found under.
var forms = []struct{ name, file, address, text, other string }{
	{"document", "main.tf", "tf:aws_iam_policy.p", `data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}

` + terraformPolicy("data.aws_iam_policy_document.d.json"), ""},
	{"jsonencode", "main.tf", "tf:aws_iam_policy.p", terraformPolicy(`jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }]
  })`), ""},
	{"heredoc", "main.tf", "tf:aws_iam_policy.p", terraformPolicy("<<EOF\n" + plainPolicy + "EOF"), ""},
	{"file", "main.tf", "tf:aws_iam_policy.p", terraformPolicy(`file("p.json")`), plainPolicy},
	{"templatefile", "main.tf", "tf:aws_iam_policy.p", terraformPolicy(`templatefile("p.json", {})`), plainPolicy},
	{"yaml", "t.yaml", "cfn:t.yaml#P/PolicyDocument", `Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: s3:GetObject
            Resource: "*"
`, ""},
	{"template", "t.json", "cfn:t.json#P/PolicyDocument", `{"Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": ` + plainPolicy + `}}}}`, ""},
	{"json", "p.json", "json:p.json#", plainPolicy, ""},
	{"string", "main.tf", "tf:aws_iam_policy.p", terraformPolicy(quotedHCL(plainPolicy)), ""},
	{"JSON document", "main.tf.json", "tf:aws_iam_policy.p", `{
  "data": {"aws_iam_policy_document": {"d": {"statement": [{"actions": ["s3:GetObject"], "resources": ["*"]}]}}},
  "resource": {"aws_iam_policy": {"p": {"name": "p", "policy": "${data.aws_iam_policy_document.d.json}"}}}
}
`, ""},
	{"JSON string", "main.tf.json", "tf:aws_iam_policy.p", jsonPolicy(plainPolicy), ""},
	{"JSON jsonencode", "main.tf.json", "tf:aws_iam_policy.p", jsonPolicy(`${jsonencode({Version = "2012-10-17", Statement = [{Effect = "Allow", Action = "s3:GetObject", Resource = "*"}]})}`), ""},
}

// jsonPolicy is a policy of the JSON syntax of Terraform.
func jsonPolicy(template string) string {
	quoted, err := quoteJSON(template)
	if err != nil {
		panic(err)
	}
	return `{"resource": {"aws_iam_policy": {"p": {"name": "p", "policy": ` + quoted + "}}}}\n"
}

// quotedHCL is a text as a quoted template that holds it.
func quotedHCL(text string) string {
	quoted, err := escapeHCL(text)
	if err != nil {
		panic(err)
	}
	return `"` + quoted + `"`
}

func writeForm(t testing.TB, i int, change func(string) string) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"p.json": forms[i].other}
	files[forms[i].file] = forms[i].text
	for name, text := range files {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(change(text)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func unchanged(s string) string { return s }

func withResource(resource string) *iam.Policy {
	return &iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{{
		Effect: iam.Allow, Action: []iam.Pattern{"s3:GetObject"}, Resource: []iam.Pattern{iam.Pattern(resource)},
	}}}
}

// hostile are names as an attacker would choose them.
var hostile = []string{
	"${file(\"/etc/passwd\")}", "%{ for x in y }", "$${a}", "%%{b}", "${!a}", "*alias", "&anchor", "!Sub x",
	"a: b", "a #b", "- a", "\"", "\\", "\\\"", "a\nb", "a\r\nb", "EOF\n", "\u2028", "\ufeff", "\x01", "\x7f", "</script>", "'", "yes",
	"~", "{}", "[]", "${AWS::AccountId}", "$", "%", "${", "%{", "$$", "é", "🙂", "a\tb", "? a", "| a", "> a", "@a", "`a", ": ", "\u0085", "a ", "e\u0301", "\n\u0327", "\u212b", "\u1100\u1161",
}

// TestHostileNames: whatever the name, it is read back as that text without a
// reference.
func TestHostileNames(t *testing.T) {
	for i, form := range forms {
		dir := writeForm(t, i, unchanged)
		for _, name := range hostile {
			for _, want := range []string{"arn:aws:s3:::b/" + name} {
				patch, err := Rewrite(dir, form.address, withResource(want))
				if composed(form.name) && keepsApart([]part{{text: want}}) != nil {
					if err == nil || !strings.Contains(err.Error(), errComposes.Error()) {
						t.Errorf("%s: %q is written, and Terraform would read it otherwise", form.name, want)
					}
					continue
				}
				if err != nil {
					t.Errorf("%s: %q: %v", form.name, want, err)
					continue
				}
				checkHostile(t, i, patch, want)
			}
		}
	}
}

func checkHostile(t *testing.T, i int, patch Patch, want string) {
	t.Helper()
	dir := writeForm(t, i, unchanged)
	if err := patch.Write(dir); err != nil {
		t.Fatal(err)
	}
	found, err := Find(dir, FindOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Address != forms[i].address {
			continue
		}
		if f.Policy == nil || string(f.Policy.Statements[0].Resource[0]) != want {
			t.Errorf("%s: %q is read back as %v", forms[i].name, want, f.Policy)
		}
		if len(f.Unknown) > 0 {
			t.Errorf("%s: %q became a reference: %q", forms[i].name, want, f.Unknown)
		}
		return
	}
	t.Errorf("%s: %q: the policy is not found any more", forms[i].name, want)
}

// FuzzHostileNames is [TestHostileNames] for any text; a name that a form
// cannot hold may be declined.
func FuzzHostileNames(f *testing.F) {
	for _, name := range hostile {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for i, form := range forms {
			dir := writeForm(t, i, unchanged)
			want := "arn:aws:s3:::b/" + name
			if patch, err := Rewrite(dir, form.address, withResource(want)); err == nil {
				checkHostile(t, i, patch, want)
			}
		}
	})
}

// TestApplied: git takes the patch of every form, with either line ending and
// without a newline at the end, and the second rewrite changes nothing.
func TestApplied(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git here")
	}
	endings := map[string]func(string) string{
		"unix":     unchanged,
		"no final": func(s string) string { return strings.TrimSuffix(s, "\n") },
		"dos":      func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"bom":      func(s string) string { return "\ufeff" + s },
	}
	for i, form := range forms {
		for _, ending := range sortedNames(endings) {
			t.Run(form.name+"/"+ending, func(t *testing.T) {
				checkApplied(t, writeForm(t, i, endings[ending]), form.address)
			})
		}
	}
}

func checkApplied(t *testing.T, dir, address string) {
	want := withResource("arn:aws:s3:::b/*")
	patch, err := Rewrite(dir, address, want)
	if err != nil {
		t.Fatal(err)
	}
	apply := exec.Command("git", "apply", "-")
	apply.Dir, apply.Stdin = dir, strings.NewReader(string(patch.Unified()))
	if out, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v\n%s\n%s", err, out, patch.Unified())
	}
	again, err := Rewrite(dir, address, want)
	if err != nil || !again.Empty() {
		t.Errorf("the second rewrite: %v\n%s", err, again.Unified())
	}
}

// TestReferencesKept: a new element that names an expression of the policy is
// written with it, beside a literal that only looks like one.
func TestReferencesKept(t *testing.T) {
	dir := t.TempDir()
	text := strings.Replace(forms[0].text, `["*"]`, `["${aws_s3_bucket.b.arn}/*"]`, 1)
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	patch, err := Rewrite(dir, "tf:aws_iam_policy.p", withResource("${aws_s3_bucket.b.arn}/${aws:username}/*"))
	if err != nil {
		t.Fatal(err)
	}
	if line := `["${aws_s3_bucket.b.arn}/$${aws:username}/*"]`; !strings.Contains(string(patch.Files[0].After), line) {
		t.Errorf("want %s in\n%s", line, patch.Files[0].After)
	}
}

// TestExpressionForList: what stands where a list is needed is replaced by a
// list.
func TestExpressionForList(t *testing.T) {
	dir := t.TempDir()
	text := strings.Replace(forms[0].text, `["*"]`, `local.buckets`, 1)
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	patch, err := Rewrite(dir, "tf:aws_iam_policy.p", withResource("arn:aws:s3:::b/*"))
	if err != nil {
		t.Fatal(err)
	}
	if line := `resources = ["arn:aws:s3:::b/*"]`; !strings.Contains(string(patch.Files[0].After), line) {
		t.Errorf("want %s in\n%s", line, patch.Files[0].After)
	}
}

// TestInlineEnd: a list on one line that loses its end leaves no comma and no
// space behind.
func TestInlineEnd(t *testing.T) {
	for i, text := range map[int]string{
		1: strings.Replace(forms[1].text, `"s3:GetObject"`, `["s3:GetObject", "s3:PutObject", "s3:PutObjectAcl"]`, 1),
		5: strings.Replace(forms[5].text, `s3:GetObject`, `["s3:GetObject", "s3:PutObject", "s3:PutObjectAcl"]`, 1),
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, forms[i].file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		patch, err := Rewrite(dir, forms[i].address, withResource("*"))
		if err != nil {
			t.Fatal(err)
		}
		if list := `["s3:GetObject"]`; !strings.Contains(string(patch.Files[0].After), list) {
			t.Errorf("%s: want %s in\n%s", forms[i].name, list, patch.Files[0].After)
		}
	}
}
