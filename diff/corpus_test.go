package diff

import (
	"bytes"
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/synth"
)

// corpus is real public infrastructure code; PRUNER_IAC names other.
var corpus = cmp.Or(os.Getenv("PRUNER_IAC"), "../../shared/iac")

func findCorpus(t *testing.T) []Found {
	t.Helper()
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("no corpus of infrastructure code beside the repo")
	}
	found, err := Find(corpus, FindOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestCorpusFound: every policy of real repos is read, or listed with the
// reason why not.
func TestCorpusFound(t *testing.T) {
	reasons := map[string]int{}
	seen := map[string]bool{}
	var identity, absent, readable, editable int
	for _, f := range findCorpus(t) {
		if seen[f.Address] {
			t.Errorf("address %s is not unique", f.Address)
		}
		seen[f.Address] = true
		if !f.Editable && f.Reason == "" {
			t.Errorf("%s: neither editable nor a reason", f.Address)
		}
		if f.Kind != "identity" {
			continue
		}
		if strings.HasSuffix(f.Reason, "cannot be read") {
			absent++
			continue
		}
		identity++
		if f.Policy != nil {
			readable++
		}
		if f.Editable {
			editable++
		} else {
			reasons[f.Form+": "+f.Reason]++
		}
	}
	t.Logf("identity policies: %d found, %d readable, %d editable; %d more in files the corpus lacks", identity, readable, editable, absent)
	for _, r := range sortedNames(reasons) {
		t.Logf("%4d %s", reasons[r], r)
	}
	if readable*100 < identity*90 {
		t.Errorf("only %d of %d identity policies are readable", readable, identity)
	}
}

// TestCorpusRewritten drops each action and narrows each resource of every
// editable policy in turn: the edit verifies, touches one file, and keeps a
// formatted file formatted. It takes a sample of the policies unless
// PRUNER_LONG is set.
func TestCorpusRewritten(t *testing.T) {
	var made, declined int
	why := map[string]int{}
	for i, f := range findCorpus(t) {
		if !f.Editable || f.Kind != "identity" || os.Getenv("PRUNER_LONG") == "" && i%29 != 0 {
			continue
		}
		for _, want := range smaller(f.Policy) {
			patch, err := rewrite(corpus, &f, want)
			var d *Declined
			if errors.As(err, &d) {
				declined++
				why[d.Reason]++
				if declined < 40 {
					t.Log(d)
				}
				continue
			}
			made++
			checkPatch(t, &f, patch)
		}
	}
	t.Logf("edits: %d made and verified, %d declined", made, declined)
	for _, r := range sortedNames(why) {
		t.Logf("%4d %s", why[r], r)
	}
	if declined*50 > made {
		t.Errorf("more than 2 %% of the edits were declined")
	}
}

func checkPatch(t *testing.T, f *Found, p Patch) {
	t.Helper()
	if len(p.Files) != 1 {
		t.Errorf("%s: the edit touches %d files", f.Address, len(p.Files))
		return
	}
	e := p.Files[0]
	if bytes.Equal(e.Before, e.After) {
		t.Errorf("%s: the edit changes nothing", f.Address)
	}
	if filepath.Ext(e.Path) == ".tf" && bytes.Equal(hclwrite.Format(e.Before), e.Before) && !bytes.Equal(hclwrite.Format(e.After), e.After) {
		t.Errorf("%s: not formatted any more", f.Address)
	}
	if hunks := strings.Count(string(p.Unified()), "\n@@ "); hunks != 1 {
		t.Errorf("%s: %d hunks for one change", f.Address, hunks)
	}
}

// smaller gives the policy with each action dropped, then with each resource
// narrowed.
func smaller(p *iam.Policy) []*iam.Policy {
	var out []*iam.Policy
	for i, s := range p.Statements {
		for j := range s.Action {
			c := *p
			c.Statements = slices.Clone(p.Statements)
			if len(s.Action) > 1 {
				c.Statements[i].Action = slices.Delete(slices.Clone(s.Action), j, j+1)
			} else if len(p.Statements) > 1 {
				c.Statements = slices.Delete(c.Statements, i, i+1)
			} else {
				continue
			}
			out = append(out, &c)
		}
		for j, r := range s.Resource {
			narrow := narrowed(r)
			if narrow == r || slices.Contains(s.Resource, narrow) {
				continue
			}
			c := *p
			c.Statements = slices.Clone(p.Statements)
			c.Statements[i].Resource = slices.Clone(s.Resource)
			c.Statements[i].Resource[j] = narrow
			out = append(out, &c)
		}
	}
	return out
}

func narrowed(r iam.Pattern) iam.Pattern {
	if r == "*" {
		return "arn:aws:s3:::one-bucket/*"
	}
	if rest, ok := strings.CutSuffix(string(r), "*"); ok {
		return iam.Pattern(rest + "one/*")
	}
	return r
}

// TestCorpusManaged makes both steps of replacing every policy of AWS that the
// templates list.
func TestCorpusManaged(t *testing.T) {
	findCorpus(t)
	r, err := Match(corpus, nil)
	if err != nil {
		t.Fatal(err)
	}
	made, why := 0, map[string]int{}
	for _, tpl := range r.from.templates {
		for _, l := range tpl.everyListing() {
			for _, c := range []*synth.PolicyChange{narrowedChange(t, "app"), detachedChange(t, "app")} {
				patch, err := r.editListing(l, c, &Edit{})
				if err != nil {
					why[err.Error()]++
					t.Logf("%s %s: %v", l.t.file, l.logical, err)
					continue
				}
				made++
				if hunks := strings.Count(string(patch.Unified()), "\n@@ "); hunks > 2 {
					t.Errorf("%s: %d hunks", l.t.file, hunks)
				}
			}
		}
	}
	t.Logf("%d steps made and verified", made)
	for _, r := range sortedNames(why) {
		t.Logf("%4d %s", why[r], r)
	}
	if failed := len(why); failed > 0 && made == 0 {
		t.Error("no step was made")
	}
}

// everyListing lists the policies of AWS in the template's lists.
func (t *template) everyListing() []listing {
	var out []listing
	for _, m := range t.resources.members {
		property := managedLists(textOfNode(m.value.get("Type")))
		for i, item := range m.value.get("Properties").get(property).list() {
			if item.kind == scalar && (strings.Contains(item.text, ":aws:policy/") || property == "Policies" && item.exact) {
				out = append(out, listing{t: t, logical: m.key, property: property, list: m.value.get("Properties").get(property), index: i})
			}
		}
	}
	return out
}
