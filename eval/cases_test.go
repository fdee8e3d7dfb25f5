package eval

import (
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// TestCases runs testdata/cases: what AWS documents about decisions. Lines that
// begin with # name the document and section that the cases below them come
// from. The comment at the head of access.txtar explains the language.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases: ", err)
	}
	e, count := New(catalog.Default()), 0
	for _, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source := lastSource("", string(a.Comment))
		for _, f := range a.Files {
			count++
			t.Run(f.Name, func(t *testing.T) {
				if source == "" {
					t.Errorf("%s: no document is named", name)
				}
				runCase(t, e, string(f.Data))
			})
			source = lastSource(source, string(f.Data))
		}
	}
	t.Logf("%d cases", count)
}

// lastSource gives the last line of the text that begins with #.
func lastSource(source, text string) string {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "#"); ok {
			source = strings.TrimSpace(rest)
		}
	}
	return source
}

func runCase(t *testing.T, e *Engine, text string) {
	c := newCaseReader(t, text)
	line, err := json.Marshal(c.line)
	if err != nil {
		t.Fatal(err)
	}
	got := e.Simulate(line)
	if got.Decision != c.outcome || got.Error != "" {
		t.Errorf("got %s by %+v (%s), error %q\n%s", got.Decision, got.By, got.Missing, got.Error, text)
	}
	by := strings.TrimSpace(string(got.By.Layer) + " " + got.By.Policy + " " + got.By.Statement)
	if c.by != "" && c.by != by {
		t.Errorf("settled by %q, want %q\n%s", by, c.by, text)
	}
	if problems := strings.Join(got.Problems, "; "); !strings.Contains(problems, c.problem) || c.problem == "" && problems != "" {
		t.Errorf("problems: %q, want %q in them\n%s", problems, c.problem, text)
	}
	if c.unsaid != "" && strings.Contains(got.Missing, c.unsaid) {
		t.Errorf("missing: %q with %q in it\n%s", got.Missing, c.unsaid, text)
	}
	if !strings.Contains(got.Missing, c.missing) {
		t.Errorf("missing: %q, want %q in it\n%s", got.Missing, c.missing, text)
	}
}

// names are what "$name" stands for in a case.
var names = strings.NewReplacer(
	"$role", "arn:aws:iam::111122223333:role/app/r",
	"$session", "arn:aws:sts::111122223333:assumed-role/r/s",
	"$user", "arn:aws:iam::111122223333:user/u",
	"$root", "arn:aws:iam::111122223333:root",
	"$stranger", "arn:aws:iam::444455556666:role/x",
	"$bucket", "arn:aws:s3:::b",
	"$object", "arn:aws:s3:::b/k",
	"$queue", "arn:aws:sqs:eu-west-1:111122223333:q",
	"$kmskey", "arn:aws:kms:eu-west-1:111122223333:key/1",
	"$target", "arn:aws:iam::111122223333:role/t",
)

type caseReader struct {
	t       *testing.T
	line    map[string]any // of pruner simulate
	request map[string]any
	outcome iam.Outcome
	by      string
	missing string
	unsaid  string
	problem string
}

func newCaseReader(t *testing.T, text string) *caseReader {
	c := &caseReader{t: t, request: map[string]any{"resourceAccount": "111122223333", "context": map[string]any{}}}
	c.line = map[string]any{"request": c.request}
	for line := range strings.Lines(names.Replace(text)) {
		switch line = strings.TrimSpace(line); {
		case line == "" || line[0] == '#':
		case line[0] == '{': // a line of pruner simulate
			if err := json.Unmarshal([]byte(line), &c.line); err != nil {
				t.Fatal(err)
			}
		default:
			word, rest, _ := strings.Cut(line, " ")
			c.directive(word, strings.TrimSpace(rest))
		}
	}
	return c
}

func (c *caseReader) directive(word, rest string) {
	switch word {
	case "when": // CONDITION context CONTEXT OUTCOME, in the one statement of a role's policy
		condition, rest, _ := strings.Cut(rest, " context ")
		at := strings.LastIndexByte(rest, ' ')
		c.ask("arn:aws:iam::111122223333:role/r s3:GetObject arn:aws:s3:::b/k")
		c.request["context"] = c.json(rest[:at])
		c.add("identityPolicies", "allow s3:GetObject on * if "+condition)
		c.outcome = iam.Outcome(rest[at+1:])
	case "ask":
		c.ask(rest)
	case "owner":
		c.request["resourceAccount"] = strings.Trim(rest, `"`)
	case "context":
		c.request["context"] = c.json(rest)
	case "unknown":
		c.request["unknownKeys"] = strings.Fields(rest)
	case "identity", "boundary", "session", "endpoint":
		c.add(word+"Policies", rest)
	case "resource":
		c.line["resourcePolicy"] = c.policy(rest)
	case "scp", "rcp": // LEVEL POLICY
		level, rest, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(level)
		if err != nil {
			c.t.Fatalf("level %q", level)
		}
		levels, _ := c.line[word+"s"].([][]any)
		for len(levels) <= n {
			levels = append(levels, []any{})
		}
		if rest != "none" {
			levels[n] = append(levels[n], c.policy(rest))
		}
		c.line[word+"s"] = levels
	case "block-public-access":
		c.line["serviceSettings"] = c.json(`{"s3":{"blockPublicAccess":true}}`)
	case "by":
		c.by = rest
	case "problem":
		c.problem = rest
	case "unsaid":
		c.unsaid = rest
	case "missing":
		c.missing = rest
	default:
		if rest != "" || word[0] < 'A' || word[0] > 'Z' {
			c.t.Fatalf("directive %q", word)
		}
		c.outcome = iam.Outcome(word)
	}
}

// ask reads PRINCIPAL ACTION RESOURCE. A principal is an ARN, or TYPE=VALUE.
func (c *caseReader) ask(text string) {
	fields := strings.Fields(text)
	if len(fields) != 3 {
		c.t.Fatalf("ask %q", text)
	}
	c.request["principal"] = fields[0]
	if kind, value, ok := strings.Cut(fields[0], "="); ok {
		c.request["principal"] = map[string]string{"type": kind, "value": value}
	}
	c.request["action"], c.request["resource"] = fields[1], fields[2]
}

func (c *caseReader) add(layer, text string) {
	list, _ := c.line[layer].([]any)
	if list == nil {
		list = []any{}
	}
	if text != "none" {
		list = append(list, c.policy(text))
	}
	c.line[layer] = list
}

// policy reads statements in short, several joined by " ; ", or JSON.
func (c *caseReader) policy(text string) any {
	if text[0] == '{' {
		return c.json(text)
	}
	version := iam.Version2012
	if rest, ok := strings.CutPrefix(text, "2008 "); ok {
		version, text = iam.Version2008, rest
	}
	var statements []any
	for s := range strings.SplitSeq(text, " ; ") {
		statements = append(statements, c.statement(s))
	}
	return map[string]any{"Version": version, "Statement": statements}
}

// document is the policy, parsed.
func (c *caseReader) document(text string) (*iam.Policy, error) {
	data, err := json.Marshal(c.policy(text))
	if err != nil {
		return nil, err
	}
	return iam.ParsePolicy(data)
}

// statement reads "allow|deny [not] ACTIONS [on [not] RESOURCES] [to [not]
// PRINCIPALS] [if CONDITION]", lists joined by commas.
func (c *caseReader) statement(text string) map[string]any {
	s := map[string]any{}
	text, condition, ok := strings.Cut(text, " if ")
	if ok {
		s["Condition"] = c.json(condition)
	}
	for i, part := range []struct{ word, element string }{{" to ", "Principal"}, {" on ", "Resource"}, {" ", "Action"}} {
		var value string
		if text, value, ok = strings.Cut(text, part.word); !ok {
			continue
		}
		element := part.element
		if rest, ok := strings.CutPrefix(value, "not "); ok {
			element, value = "Not"+element, rest
		}
		switch {
		case value[0] == '{':
			s[element] = c.json(value)
		case i == 0 && value == "*":
			s[element] = "*"
		case i == 0:
			s[element] = map[string]any{"AWS": splitList(value)}
		default:
			s[element] = splitList(value)
		}
	}
	s["Effect"] = map[string]string{"allow": "Allow", "deny": "Deny"}[text]
	return s
}

// splitList splits at commas that no space follows.
func splitList(text string) []string {
	return strings.Split(strings.ReplaceAll(strings.ReplaceAll(text, ",", "\x00"), "\x00 ", ", "), "\x00")
}

func (c *caseReader) json(text string) any {
	if !json.Valid([]byte(text)) {
		c.t.Fatalf("not JSON: %s", text)
	}
	return json.RawMessage(text)
}
