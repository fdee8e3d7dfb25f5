package diff

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/pruner/pruner/iam"
)

// Declined is an edit that is not made, with the reason.
type Declined struct{ Address, Reason string }

// Error names the policy by its address, with the reason.
func (d *Declined) Error() string { return d.Address + ": not changed: " + d.Reason }

// Rewrite makes the patch that turns the policy at the address into p. The
// patch is empty when it says that already. A [*Declined] error carries the
// reason why no edit is made.
func Rewrite(dir, address string, p *iam.Policy) (Patch, error) {
	found, err := Find(dir, FindOptions{})
	if err != nil {
		return Patch{}, err
	}
	for i := range found {
		if f := &found[i]; f.Address == address {
			patch, err := rewrite(dir, f, p)
			if err == nil && !patch.Empty() {
				patch.Literals = f.literals(p)
			}
			return patch, err
		}
	}
	return Patch{}, &Declined{address, "no policy of that address in " + dir + "; `pruner policies` lists them"}
}

// literals lists the ARNs of a document that the code writes out where it
// names others by reference.
func (f *Found) literals(p *iam.Policy) []string {
	var out []string
	for i := range p.Statements {
		for _, r := range p.Statements[i].Resource {
			if f.writtenOut(r) && !slices.Contains(out, string(r)) {
				out = append(out, string(r))
			}
		}
	}
	return out
}

// rewrite edits one found policy and verifies the result; p is in the words
// of the code, and refs are references that it brings in.
func rewrite(dir string, f *Found, p *iam.Policy, refs ...string) (Patch, error) {
	if f.Policy != nil && equalText(f.Policy, p) {
		return Patch{}, nil
	}
	if !f.Editable {
		return Patch{}, &Declined{f.Address, f.Reason}
	}
	if len(p.Statements) == 0 {
		return remove(dir, f)
	}
	patch, err := f.attempt(dir, p, refs, false)
	if err != nil {
		// An expression that means the same here may mean another thing there.
		if plain, err := f.attempt(dir, p, refs, true); err == nil {
			return plain, nil
		}
		return Patch{}, &Declined{f.Address, err.Error()}
	}
	return patch, nil
}

// attempt makes the edits and verifies them.
func (f *Found) attempt(dir string, p *iam.Policy, refs []string, evaluated bool) (Patch, error) {
	patch, err := f.splice(dir, p, refs, evaluated)
	if err != nil || patch.Empty() {
		return Patch{}, err
	}
	wants := map[string]*iam.Policy{f.Address: markPolicy(p, append(f.node.references(""), refs...))}
	if err := verify(dir, f, patch, wants); err != nil {
		return Patch{}, fmt.Errorf("the edit did not verify: %w", err)
	}
	return patch, nil
}

// remove takes a policy out of the code with what attaches it.
func remove(dir string, f *Found) (Patch, error) {
	if !f.Editable {
		return Patch{}, &Declined{f.Address, f.Reason}
	}
	if f.site != nil {
		patch, err := f.takeOut(dir)
		if err != nil {
			return Patch{}, &Declined{f.Address, err.Error()}
		}
		return patch, nil
	}
	patch, err := f.removal(dir)
	if err != nil {
		return Patch{}, &Declined{f.Address, err.Error()}
	}
	if err := verify(dir, f, patch, map[string]*iam.Policy{f.Address: nil}); err != nil {
		return Patch{}, &Declined{f.Address, "the edit did not verify: " + err.Error()}
	}
	return patch, nil
}

// splice makes the edits of every file that the policy's text stands in;
// evaluated says to write no expression that the code alone evaluates.
func (f *Found) splice(dir string, p *iam.Policy, refs []string, evaluated bool) (Patch, error) {
	path := filepath.Join(dir, filepath.FromSlash(f.File))
	s := &splicers{
		own:  &splicer{source: f.source, quote: f.quote, refs: append(f.node.references(filepath.Dir(path)), refs...), evaluated: evaluated},
		path: path, quote: f.quote, root: f.node, files: map[string]*splicer{},
	}
	if f.form != nil {
		f.form.refs = s.own.refs
		s.own.form = f.form
	}
	if err := s.policy(f.node, f.Policy, p); err != nil {
		return Patch{}, err
	}
	s.files[path] = s.own
	var patch Patch
	for _, path := range sortedNames(s.files) {
		one := s.files[path]
		edits, err := one.sorted()
		if err != nil {
			return Patch{}, err
		}
		if len(edits) == 0 {
			continue
		}
		name := relative(dir, path)
		if strings.HasPrefix(name, "../") {
			return Patch{}, fmt.Errorf("%s is outside of the repo", name)
		}
		patch.Files = append(patch.Files, FileEdit{name, one.source, tidy(name, one.source, apply(one.source, edits)), edits})
	}
	if patch.Empty() && !samePolicy(f.Policy, p) {
		return Patch{}, errors.New("no edit says what is wanted")
	}
	return patch, nil
}

// tidy aligns again what an edit left out of line ("Sid      =" beside a list
// that now takes several lines). A file that was formatted differs from its
// tidy self only around the edit; another file is left as it is.
func tidy(path string, source, edited []byte) []byte {
	if !strings.HasSuffix(path, ".tf") && !strings.HasSuffix(path, ".tfvars") || string(hclwrite.Format(source)) != string(source) {
		return edited
	}
	return hclwrite.Format(edited)
}

// verify reads the edited files again: they parse, the policies of some
// addresses say what they were meant to or are gone, every other policy says
// what it did.
func verify(dir string, f *Found, patch Patch, wants map[string]*iam.Policy) error {
	overlay, original := map[string][]byte{}, map[string][]byte{}
	for _, e := range patch.Files {
		path := filepath.Clean(filepath.Join(dir, filepath.FromSlash(e.Path)))
		overlay[path], original[path] = e.After, e.Before
		if strings.HasSuffix(e.Path, ".tf") {
			if _, diags := hclsyntax.ParseConfig(e.After, path, hcl.InitialPos); diags.HasErrors() {
				return fmt.Errorf("%s does not parse: %s", e.Path, diags.Error())
			}
		}
		if isJSON(e.Path) {
			if err := parses(e.Path, e.Before, e.After); err != nil {
				return fmt.Errorf("%s does not parse: %w", e.Path, err)
			}
		}
	}
	want, err := reread(dir, f, original, wants)
	if err != nil {
		return err
	}
	after, err := reread(dir, f, overlay, wants)
	if err != nil {
		return err
	}
	for address, policy := range wants {
		if want[address] = policy; policy == nil {
			delete(want, address)
		}
	}
	for _, address := range sortedNames(want) {
		policy, there := after[address]
		switch {
		case !there:
			return fmt.Errorf("the policy %s is not found again", address)
		case want[address] == nil && policy == nil:
		case want[address] == nil || policy == nil || !samePolicy(want[address], policy):
			return fmt.Errorf("%s would not say what it should", address)
		}
	}
	if len(after) != len(want) {
		return errors.New("a policy would be there that should not")
	}
	return nil
}

// reread finds the policies again with other content in some files, their
// references marked. What the code makes no instance of is none, unless it is
// to change.
func reread(dir string, f *Found, overlay map[string][]byte, wants map[string]*iam.Policy) (map[string]*iam.Policy, error) {
	list, err := findAgain(dir, f, overlay)
	if err != nil {
		return nil, err
	}
	out := map[string]*iam.Policy{}
	for i := range list {
		if _, wanted := wants[list[i].Address]; wanted || !list[i].absent {
			out[list[i].Address] = list[i].marked()
		}
	}
	return out, nil
}
