package diff

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/pruner/pruner/iam"
)

// nasty are the words that some form reads as more than a text.
var nasty = []string{
	"${", "}", "%{", "$${", "%%{", "${!", "&{", "$", "%", "!", "&", "*", "#", " #", ": ", ":", "- ", "-", "?", "|", ">", "@", "`", "~", "\\", "\"", "'",
	"{", "[", "]", ",", "<<", "EOF", "\nEOF\n", "\n", "\r\n", "\t", "\x00", "\x07", "\x1b[2J", "\x7f", "\u0085", "\u2028", "\u2029", "\ufeff", "\u202e", "\u200b",
	"{{resolve:ssm:/x}}", "file(\"x\")", "${file(\"/etc/passwd\")}", "${AWS::AccountId}", "${aws:username}", "!Sub", "!Ref x", "*alias", "&anchor", "yes", "null", "0x1f", "1e3", "=",
	"é", "🙂", "漢", "a", "B", "7", "/", ".", "_", "arn:aws:s3:::", "</script>", "//", "/*", "*/", "\\u0041", "\\n", "\u0301",
}

// madeUp is a text of some nasty words and arbitrary characters.
func madeUp(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(8) {
		if r.IntN(6) > 0 {
			b.WriteString(nasty[r.IntN(len(nasty))])
			continue
		}
		c := rune(r.IntN(0x3000))
		if c >= 0xd800 && c < 0xe000 {
			c = 'x'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// hostileForms are [forms] and the ways in which a template writes a text.
// The element that is replaced stands behind a reference where there is one.
func hostileForms() []hostileForm {
	var out []hostileForm
	for i := range forms {
		files := map[string]string{forms[i].file: forms[i].text}
		if forms[i].other != "" {
			files["p.json"] = forms[i].other
		}
		out = append(out, hostileForm{name: forms[i].name, address: forms[i].address, files: files})
	}
	for name, written := range map[string]string{
		"plain": `arn:aws:s3:::b/*`, "single": `'arn:aws:s3:::b/*'`, "flow": `[arn:aws:s3:::b/*]`, "items": "\n              - arn:aws:s3:::b/*",
		"literal": "|-\n              arn:aws:s3:::b/*",
		"sub":     `!Sub 'arn:aws:s3:::${B}/*'`, "sub plain": `!Sub arn:aws:s3:::${B}/*`, "sub double": `!Sub "arn:aws:s3:::${B}/*"`,
		"join": `!Join ['', ['arn:aws:s3:::', !Ref B, '/*']]`, "long": `{ "Fn::Sub": "arn:aws:s3:::${B}/*" }`,
	} {
		before := "arn:aws:s3:::b/"
		if strings.Contains(written, "B") {
			before = "arn:aws:s3:::${B}/"
		}
		out = append(out, hostileForm{name: "yaml " + name, address: "cfn:t.yaml#P/PolicyDocument", before: before, files: map[string]string{"t.yaml": around + written + "\n"}})
	}
	return out
}

// declines: the form has no way to write the name. Finding it in a list would
// take long.
func (f *hostileForm) declines(name string) bool {
	open := strings.LastIndex(name, "${")
	return strings.HasPrefix(f.address, "cfn:") && strings.Contains(name, "{{resolve:") ||
		strings.HasSuffix(f.name, "document") && strings.Contains(name, "&{") ||
		composed(f.name) && keepsApart([]part{{text: name}}) != nil ||
		f.before != "" && open >= 0 && !strings.Contains(name[open:], "}")
}

// composed: Terraform makes the JSON of the form, and composes its characters.
func composed(form string) bool {
	return slices.Contains([]string{"document", "jsonencode", "JSON document", "JSON jsonencode"}, form)
}

type hostileForm struct {
	name, address, before string
	files                 map[string]string
}

// TestHostileGenerated: made-up names are read back as they are from every
// form, together in a list and alone in place of one. PRUNER_HOSTILE is how
// many; 100,000 take some minutes.
func TestHostileGenerated(t *testing.T) {
	count := 400
	if n, err := strconv.Atoi(os.Getenv("PRUNER_HOSTILE")); err == nil {
		count = n
	}
	for _, form := range hostileForms() {
		t.Run(form.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, 8))
			written, declined := 0, 0
			for done := 0; done < count; {
				batch := []string{madeUp(r)}
				if done%1000 > 20 {
					batch = nil
					for range 100 {
						if name := madeUp(r); !form.declines(name) {
							batch = append(batch, name)
						}
					}
				}
				done += max(len(batch), 1)
				w, d := form.write(t, batch)
				written, declined = written+w, declined+d
			}
			t.Logf("%d written, %d declined", written, declined)
			if declined*4 > written {
				t.Errorf("%d of %d names were declined", declined, written+declined)
			}
		})
	}
}

// write writes the names into one list; those that cannot be written are found
// by halves.
func (f *hostileForm) write(t *testing.T, names []string) (written, declined int) {
	dir := writeRepo(t, f.files)
	defer os.RemoveAll(dir)
	want := withResource("")
	want.Statements[0].Resource = nil
	seen := map[string]bool{}
	for _, name := range names {
		if text := f.before + name; text != "" && !seen[text] {
			seen[text] = true
			want.Statements[0].Resource = append(want.Statements[0].Resource, iam.Pattern(text))
		}
	}
	patch, err := Rewrite(dir, f.address, want)
	var no *Declined
	switch {
	case errors.As(err, &no) && len(names) == 1:
		return 0, 1
	case errors.As(err, &no):
		a, b := f.write(t, names[:len(names)/2])
		c, d := f.write(t, names[len(names)/2:])
		return a + c, b + d
	case err != nil:
		t.Fatal(err)
	}
	if patch.Empty() {
		return len(names), 0
	}
	f.check(t, dir, patch, want)
	return len(names), 0
}

func (f *hostileForm) check(t *testing.T, dir string, patch Patch, want *iam.Policy) {
	t.Helper()
	if err := patch.Write(dir); err != nil {
		t.Fatal(err)
	}
	found, err := Find(dir, FindOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range found {
		if x.Address != f.address {
			continue
		}
		if x.Policy == nil || !samePolicy(x.Policy, want) {
			t.Errorf("%q is read back as %+v", want.Statements[0].Resource, x.Policy)
		}
		for _, unknown := range x.Unknown {
			if !strings.HasSuffix(f.before, "${B}/") || strings.ReplaceAll(unknown, f.before, "") == unknown && unknown != "${B}" {
				t.Errorf("became a reference: %q", x.Unknown)
			}
		}
	}
	f.decode(t, patch, want)
}

// decode reads a template again without the code under test.
func (f *hostileForm) decode(t *testing.T, patch Patch, want *iam.Policy) {
	t.Helper()
	e := patch.Files[0]
	var doc any
	switch filepath.Ext(e.Path) {
	case ".yaml":
		if err := yaml.Unmarshal(e.After, &doc); err != nil {
			t.Fatalf("%v\n%s", err, e.After)
		}
	case ".json":
		if strings.HasPrefix(f.address, "tf:") {
			return // a template of Terraform's
		}
		if err := json.Unmarshal(e.After, &doc); err != nil {
			t.Fatal(err)
		}
	default:
		return
	}
	if strings.HasPrefix(f.address, "cfn:") && strings.Contains(string(e.After), "{{resolve:") {
		t.Errorf("CloudFormation would resolve\n%s", e.After)
	}
	texts := map[string]bool{}
	collect(doc, texts)
	for _, r := range want.Statements[0].Resource {
		sub := strings.ReplaceAll(strings.ReplaceAll(string(r), "${", "${!"), "${!B}", "${B}")
		joined := strings.TrimPrefix(string(r), "arn:aws:s3:::${B}")
		if !texts[string(r)] && !texts[sub] && !texts[joined] {
			t.Errorf("%q is not among the texts of\n%s", r, e.After)
		}
	}
}

func collect(v any, into map[string]bool) {
	switch v := v.(type) {
	case string:
		into[v] = true
	case []any:
		for _, x := range v {
			collect(x, into)
		}
	case map[string]any:
		for _, x := range v {
			collect(x, into)
		}
	}
}
