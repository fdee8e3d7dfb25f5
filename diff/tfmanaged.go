package diff

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/synth"
)

// The policies that AWS manages cannot be edited. A proposal first adds a
// policy of one's own beside the attachment, and takes the attachment away
// once that is live.

// managed edits what a proposal does about a policy that AWS manages, and
// reports false for any other change.
func (r *Repo) managed(c *synth.PolicyChange) (patch Patch, e Edit, ok bool) {
	e.Policy = c.Name
	arn, adds := c.Replaces, c.Replaces != ""
	if !adds {
		arn = c.ARN
	}
	if !adds && (c.Kind != synth.AWSManaged || c.New != nil) {
		return Patch{}, e, false
	}
	if len(c.Holders) == 1 {
		if l := r.from.listings(arn, c.Holders[0].Name(), r.states); len(l) > 0 {
			patch, err := r.managedInTemplate(l, arn, c, &e)
			if err != nil {
				e.Reason = err.Error()
			}
			return patch, e, true
		}
	}
	at, err := r.from.attachmentOf(arn, c.Holders)
	if err == nil {
		e.Address, e.File = at.m.address(at.block.address), relative(r.dir, at.block.file.path)
		e.Line = at.block.block.Range().Start.Line
		if adds {
			patch, err = r.addBeside(at, c)
		} else {
			patch, err = r.detach(at)
		}
	}
	if err != nil {
		e.Reason = err.Error()
	}
	return patch, e, true
}

// attachmentOf is the one block that attaches a policy of AWS to a role.
func (f *finder) attachmentOf(policy iam.ARN, holders []iam.ARN) (attachment, error) {
	if len(holders) != 1 {
		return attachment{}, fmt.Errorf("%d roles hold %s", len(holders), policy)
	}
	var out []attachment
	for _, root := range f.roots {
		out = append(out, root.attaches(policy, holders[0].Name())...)
	}
	switch {
	case len(out) == 0:
		return attachment{}, fmt.Errorf("no block of the repo attaches %s to %s", policy, holders[0].Name())
	case len(out) > 1:
		return attachment{}, fmt.Errorf("ambiguous: %s and %s both fit", out[0].m.address(out[0].block.address), out[1].m.address(out[1].block.address))
	case out[0].block.kind == "aws_iam_policy_attachment", out[0].block.kind == "aws_iam_role_policy_attachments_exclusive":
		return attachment{}, fmt.Errorf("%s lists it among others; only an attachment of its own is replaced", out[0].m.address(out[0].block.address))
	case out[0].item == nil && (repeats(out[0].block) || out[0].block.kind == "aws_iam_role"):
		return attachment{}, fmt.Errorf("%s is repeated, or its list is made by an expression", out[0].m.address(out[0].block.address))
	case isJSON(out[0].block.file.path):
		return attachment{}, fmt.Errorf("%s stands in a .tf.json file, where attachments are not replaced", out[0].m.address(out[0].block.address))
	case f.calls[out[0].m.folder] > 1:
		return attachment{}, fmt.Errorf("the module of %s is called several times", out[0].m.address(out[0].block.address))
	}
	return out[0], nil
}

// attaches lists the blocks of the module, and of those it calls, that may
// give a policy of AWS to a role.
func (m *tfModule) attaches(policy iam.ARN, role string) []attachment {
	var out []attachment
	for _, b := range m.order {
		for _, a := range attaching[b.kind] {
			attribute := b.block.Body.Attributes[a.policies]
			if attribute == nil || a.boundary || a.roles == "" {
				continue
			}
			m.steps = 0
			for _, n := range m.attachedBy(b, attribute.Expr) {
				text := m.policyARN(n.text)
				if !strings.HasSuffix(text, "/"+policy.Name()) || !namePattern(text).Match(string(policy)) || !m.gives(b, a.roles, role) {
					continue
				}
				at := attachment{m: m, block: b, roles: a.roles}
				if n.in != nil && n.in.file != nil {
					at.item = n
				}
				out = append(out, at)
			}
		}
	}
	for _, name := range sortedNames(m.children) {
		out = append(out, m.children[name].attaches(policy, role)...)
	}
	return out
}

// attachedBy lists the policies that an attribute names: itself, its elements, or
// those of the set that it iterates over.
func (m *tfModule) attachedBy(b *tfBlock, e hclsyntax.Expression) []*node {
	over := b.block.Body.Attributes["for_each"]
	if path := pathOf(e); over != nil && len(path) == 2 && path[0] == "each" {
		return m.value(b.file, over.Expr).list()
	}
	return m.value(b.file, e).list()
}

func (m *tfModule) gives(b *tfBlock, attribute, role string) bool {
	for _, name := range m.namesOf(b, attribute) {
		if iam.Pattern(name).Match(role) {
			return true
		}
	}
	return false
}

// policyARN follows a reference to a data source for the ARN it looks up.
//
// Source: Terraform AWS provider, data source aws_iam_policy.
func (m *tfModule) policyARN(text string) string {
	path := strings.Split(strings.Trim(text, "${}"), ".")
	if len(path) != 4 || path[0] != "data" || path[1] != "aws_iam_policy" || path[3] != "arn" {
		return text
	}
	b := m.blocks[strings.Join(path[:3], ".")]
	switch {
	case b == nil:
	case b.block.Body.Attributes["arn"] != nil:
		return m.text(b, "arn")
	case b.block.Body.Attributes["name"] != nil:
		return "${partition}/" + m.text(b, "name")
	}
	return text
}

// detach takes an attachment away.
func (r *Repo) detach(at attachment) (Patch, error) {
	f := r.beside(at)
	if at.item != nil {
		patch, err := r.unlist(at)
		if err == nil {
			err = verify(r.dir, f, patch, nil)
		}
		return patch, err
	}
	patch, err := removeBlocks(r.dir, []*tfBlock{at.block})
	if err == nil {
		err = f.unnamed(r.dir, patch, []*tfBlock{at.block})
	}
	if err == nil {
		err = verify(r.dir, f, patch, nil)
	}
	if err != nil {
		return Patch{}, fmt.Errorf("%s is not taken away: %w", at.m.address(at.block.address), err)
	}
	return patch, nil
}

// unlist takes an ARN out of the list that it stands in.
func (r *Repo) unlist(at attachment) (Patch, error) {
	file := at.item.in.file
	s := &splicer{source: file.source}
	s.empty(at.item.in, []int{at.item.pos})
	return r.patchOf(file, s)
}

// patchOf is the patch of one file's edits.
func (r *Repo) patchOf(file *tfFile, s *splicer) (Patch, error) {
	edits, err := s.sorted()
	if err != nil {
		return Patch{}, err
	}
	name := relative(r.dir, file.path)
	return Patch{Files: []FileEdit{{name, file.source, tidy(name, file.source, apply(file.source, edits)), edits}}}, nil
}

// beside stands for the root module of an attachment, to read it again.
func (r *Repo) beside(at attachment) *Found {
	return &Found{root: at.m.root().folder, from: r.from, mod: at.m}
}

// addBeside writes a policy and its attachment below the attachment of the
// policy that it is to replace.
func (r *Repo) addBeside(at attachment, c *synth.PolicyChange) (Patch, error) {
	label := at.m.freeLabel(at.block.block.Labels[1] + "_narrowed")
	text, err := at.m.narrowed(at, label, c)
	if err != nil {
		return Patch{}, err
	}
	s := &splicer{source: at.block.file.source}
	if newline(s.source) == "\r\n" {
		text = bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
	}
	end := at.block.block.CloseBraceRange.End.Byte
	s.edits = []edit{{end, end, newline(s.source) + newline(s.source) + strings.TrimRight(string(text), "\r\n")}}
	if at.block.kind == "aws_iam_role" {
		if at.item.in.file != at.block.file {
			return Patch{}, errors.New("its managed_policy_arns stand in another file")
		}
		s.replace(at.item.in, at.item.pos, []string{string(s.source[at.item.start:at.item.end]), "aws_iam_policy." + label + ".arn"})
	}
	patch, err := r.patchOf(at.block.file, s)
	if err != nil {
		return Patch{}, err
	}
	wants := map[string]*iam.Policy{at.m.address("aws_iam_policy." + label): c.New}
	if err := verify(r.dir, r.beside(at), patch, wants); err != nil {
		return Patch{}, fmt.Errorf("the replacement did not verify: %w", err)
	}
	return patch, nil
}

// freeLabel is a label that the module does not use yet.
func (m *tfModule) freeLabel(label string) string {
	for i := 2; ; i++ {
		taken := false
		for _, kind := range []string{"aws_iam_policy.", "aws_iam_role_policy_attachment.", "data.aws_iam_policy_document."} {
			taken = taken || m.blocks[kind+label] != nil
		}
		if !taken {
			return label
		}
		label = strings.TrimRight(label, "0123456789") + itoa(i)
	}
}

// narrowed writes the blocks, the policy in the form that the file, else the
// module, uses more.
func (m *tfModule) narrowed(at attachment, label string, c *synth.PolicyChange) ([]byte, error) {
	name, err := spellHCL([]part{{text: c.Name}})
	if err != nil {
		return nil, err
	}
	role := at.block.block.Body.Attributes[at.roles]
	listed := at.block.kind == "aws_iam_role"
	if role == nil && !listed {
		return nil, errors.New("the attachment names no role")
	}
	if !listed && strings.Contains(source(at.block.file, role.Expr), "each.") {
		return nil, errors.New("the attachment's role differs by instance")
	}
	var b strings.Builder
	policy := "data.aws_iam_policy_document." + label + ".json"
	if m.encodes(at.block.file) {
		if policy, err = encoded(c.New); err != nil {
			return nil, err
		}
	} else if err := writeDocument(&b, label, c.New); err != nil {
		return nil, err
	}
	fmt.Fprintf(&b, "resource \"aws_iam_policy\" %q {\n  name = %s\n  policy = %s\n}\n", label, name, policy)
	if listed {
		return hclwrite.Format([]byte(b.String())), nil
	}
	fmt.Fprintf(&b, "\nresource \"aws_iam_role_policy_attachment\" %q {\n  role = %s\n  policy_arn = aws_iam_policy.%s.arn\n}\n", label, source(at.block.file, role.Expr), label)
	return hclwrite.Format([]byte(b.String())), nil
}

// encodes: jsonencode is used more than policy documents.
func (m *tfModule) encodes(file *tfFile) bool {
	lean := func(text []byte) int {
		return bytes.Count(text, []byte("jsonencode(")) - bytes.Count(text, []byte(`"aws_iam_policy_document"`))
	}
	if n := lean(file.source); n != 0 {
		return n > 0
	}
	n := 0
	for _, f := range m.files {
		n += lean(f.source)
	}
	return n > 0
}
