package diff

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/pruner/pruner/iam"
)

// Declined is an edit that is not made, with the reason.
type Declined struct{ Address, Reason string }

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
		if found[i].Address == address {
			return rewrite(dir, &found[i], p)
		}
	}
	return Patch{}, &Declined{address, "no policy of that address in " + dir + "; `pruner policies` lists them"}
}

// rewrite edits one found policy and verifies the result; p is in the words
// of the code.
func rewrite(dir string, f *Found, p *iam.Policy) (Patch, error) {
	if f.Policy != nil && equalText(f.Policy, p) {
		return Patch{}, nil
	}
	if !f.Editable {
		return Patch{}, &Declined{f.Address, f.Reason}
	}
	s := &splicer{source: f.source, quote: f.quote, refs: f.node.references()}
	if f.form != nil {
		f.form.refs = s.refs
		s.form = f.form
	}
	if err := s.policy(f.node, f.Policy, p); err != nil {
		return Patch{}, &Declined{f.Address, err.Error()}
	}
	edits, err := s.sorted()
	if err != nil {
		return Patch{}, &Declined{f.Address, err.Error()}
	}
	if len(edits) == 0 && samePolicy(f.Policy, p) {
		return Patch{}, nil
	}
	edited := tidy(f.File, f.source, apply(f.source, edits))
	if err := verify(dir, f, p, edited); err != nil {
		return Patch{}, &Declined{f.Address, "the edit did not verify: " + err.Error()}
	}
	return Patch{Files: []FileEdit{{f.File, f.source, edited, edits}}}, nil
}

// tidy aligns again what an edit left out of line ("Sid      =" beside a list
// that now takes several lines). A file that was formatted differs from its
// tidy self only around the edit; another file is left as it is.
func tidy(path string, source, edited []byte) []byte {
	if !strings.HasSuffix(path, ".tf") || string(hclwrite.Format(source)) != string(source) {
		return edited
	}
	return hclwrite.Format(edited)
}

// verify reads the edited file again: it parses, the policy at the address
// says what it was meant to, every other policy of the file says what it did,
// and a file that was formatted stays so.
func verify(dir string, f *Found, p *iam.Policy, edited []byte) error {
	path := filepath.Join(dir, filepath.FromSlash(f.File))
	if strings.HasSuffix(f.File, ".tf") {
		if _, diags := hclsyntax.ParseConfig(edited, path, hcl.InitialPos); diags.HasErrors() {
			return fmt.Errorf("it does not parse: %s", diags.Error())
		}
	}
	before, err := reread(dir, f, path, f.source)
	if err != nil {
		return err
	}
	after, err := reread(dir, f, path, edited)
	if err != nil {
		return err
	}
	seen := false
	for address, policy := range after {
		want := before[address]
		if address == f.Address {
			want, seen = markPolicy(p, f.node.references()), true
		}
		switch {
		case want == nil && policy == nil:
		case want == nil || policy == nil || !samePolicy(want, policy):
			return fmt.Errorf("%s would not say what it should", address)
		}
	}
	if !seen || len(before) != len(after) {
		return fmt.Errorf("the policy is not found again")
	}
	return nil
}

// reread finds the policies again with other content in one file, their
// references marked.
func reread(dir string, f *Found, path string, content []byte) (map[string]*iam.Policy, error) {
	list, err := findAgain(dir, f, map[string][]byte{filepath.Clean(path): content})
	if err != nil {
		return nil, err
	}
	out := map[string]*iam.Policy{}
	for i := range list {
		out[list[i].Address] = list[i].marked()
	}
	return out, nil
}
