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

// TestCorpusTwins narrows every text of real repos that makes several policies,
// as if an account had each: the last action that all have goes. It takes a
// sample unless PRUNER_LONG is set.
func TestCorpusTwins(t *testing.T) {
	findCorpus(t)
	r, err := Match(corpus, nil)
	if err != nil {
		t.Fatal(err)
	}
	seen, made, why := map[*Found]bool{}, 0, map[string]int{}
	for i := range r.found {
		f := &r.found[i]
		if !f.twin || f.Kind != "identity" || seen[f] || os.Getenv("PRUNER_LONG") == "" && i%11 != 0 {
			continue
		}
		all := true
		for _, twin := range r.textOf(f) {
			seen[twin] = true
			r.suppose(twin)
			all = all && len(r.serves[twin]) > 0
		}
		if !all {
			continue // one has one action, which cannot go
		}
		patch, err := r.editText(f, r.serves[f][0], &Edit{})
		if err != nil {
			why[err.Error()]++
			t.Logf("%s: %v", f.Address, err)
			continue
		}
		made++
		if patch.Empty() {
			t.Errorf("%s: nothing is edited", f.Address)
		}
	}
	t.Logf("%d texts edited and verified", made)
	for _, r := range sortedNames(why) {
		t.Logf("%4d %s", why[r], r)
	}
	if failed := len(why); failed > made {
		t.Error("most texts were not edited")
	}
}

// suppose lets an account have the policy that the block makes, its references
// made up, with a proved proposal to drop the last action of the first statement.
func (r *Repo) suppose(f *Found) {
	live := *f.Policy
	live.Statements = slices.Clone(f.Policy.Statements)
	made := func(list []iam.Pattern) []iam.Pattern {
		var out []iam.Pattern
		for _, p := range list {
			out = append(out, iam.Pattern(madeOf(string(p))))
		}
		return out
	}
	for i := range live.Statements {
		s := &live.Statements[i]
		s.Sid = madeOf(s.Sid)
		s.Action, s.NotAction, s.Resource, s.NotResource = made(s.Action), made(s.NotAction), made(s.Resource), made(s.NotResource)
		s.Condition = slices.Clone(s.Condition)
		for j := range s.Condition {
			s.Condition[j].Values = slices.Clone(s.Condition[j].Values)
			for k, v := range s.Condition[j].Values {
				s.Condition[j].Values[k] = madeOf(v)
			}
		}
	}
	open := func(s iam.Statement) bool { return s.Effect != iam.Allow && s.Effect != iam.Deny }
	if len(live.Statements) == 0 || len(live.Statements[0].Action) < 2 || slices.ContainsFunc(live.Statements, open) {
		return
	}
	smaller := live
	smaller.Statements = slices.Clone(live.Statements)
	s := &smaller.Statements[0]
	s.Action = slices.Clone(s.Action[:len(s.Action)-1])
	c := &synth.PolicyChange{New: &smaller, Limit: 10240}
	c.Name, c.Kind, c.Owner, c.Document = "made-up", synth.Inline, iam.ARN("arn:aws:iam::111122223333:role/"+itoa(len(r.matches))), &live
	r.matches[c], r.serves[f], r.clean[c] = []*Found{f}, append(r.serves[f], c), true
}

// madeOf is a text with each reference as the letters of its name.
func madeOf(text string) string {
	literals, references := segments(text)
	out := literals[0]
	for i, r := range references {
		out += strings.Map(func(c rune) rune {
			if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
				return c
			}
			return -1
		}, r) + literals[i+1]
	}
	return out
}
