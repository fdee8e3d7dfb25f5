package diff

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// removal makes the edits that take a policy out of the code, with what
// attaches it and with the policy document that only it is made of; or says
// why that cannot be done here.
func (f *Found) removal(dir string) (Patch, error) {
	if f.mod == nil || f.resource == nil {
		return Patch{}, errors.New("nothing of the policy would be left: remove the policy and its attachments instead")
	}
	if strings.Contains(f.Address, "/inline_policy/") {
		return Patch{}, errors.New("nothing of the policy would be left, and Terraform forgets an inline_policy block that is not there any more: remove it by hand")
	}
	if isJSON(f.resource.file.path) {
		return Patch{}, errors.New("nothing of the policy would be left: remove it by hand from the .tf.json file")
	}
	if f.resource.kind != "aws_iam_policy" && f.resource.kind != "aws_iam_role_policy" {
		return Patch{}, errors.New("nothing of the policy would be left: a " + f.resource.kind + " cannot do without one")
	}
	if f.Form == "file" || f.Form == "templatefile" {
		return Patch{}, errors.New("nothing of the policy would be left: remove it by hand, with its file")
	}
	gone := []*tfBlock{f.resource}
	for _, a := range f.mod.root().attachments()[f.mod.prefix+f.resource.address] {
		if a.block == nil || a.block.kind != "aws_iam_role_policy_attachment" || a.m.prefix != f.mod.prefix || repeats(a.block) {
			return Patch{}, errors.New("nothing of the policy would be left, and more than a plain attachment names it: remove it by hand")
		}
		gone = append(gone, a.block)
	}
	if doc := f.onlyDocument(); doc != nil {
		gone = append(gone, doc)
	}
	patch, err := removeBlocks(dir, gone)
	if err != nil {
		return Patch{}, err
	}
	return patch, f.unnamed(dir, patch, gone)
}

func repeats(b *tfBlock) bool {
	return b.block.Body.Attributes["count"] != nil || b.block.Body.Attributes["for_each"] != nil
}

// onlyDocument is the policy document that nothing but this policy uses.
func (f *Found) onlyDocument() *tfBlock {
	a := f.resource.block.Body.Attributes["policy"]
	if a == nil {
		return nil
	}
	path := pathOf(a.Expr)
	if len(path) < 3 || path[0] != "data" {
		return nil
	}
	doc := f.mod.blocks[strings.Join(path[:3], ".")]
	if doc == nil || doc.kind != "aws_iam_policy_document" || f.mod.uses(doc.address) != 1 {
		return nil
	}
	return doc
}

// unnamed checks that nothing names what went.
func (f *Found) unnamed(dir string, patch Patch, gone []*tfBlock) error {
	text := map[string][]byte{}
	for path, file := range f.mod.files {
		text[path] = file.source
	}
	for _, e := range patch.Files {
		text[filepath.Join(dir, filepath.FromSlash(e.Path))] = e.After
	}
	for _, b := range gone {
		for _, path := range sortedNames(text) {
			if mentions(text[path], b.address) > 0 {
				return fmt.Errorf("nothing of the policy would be left, but %s names %s: remove it by hand", filepath.Base(path), b.address)
			}
		}
	}
	return nil
}

// removeBlocks takes whole blocks out, each with the comment above it and one
// blank line.
func removeBlocks(dir string, blocks []*tfBlock) (Patch, error) {
	byFile := map[string]*splicer{}
	for _, b := range blocks {
		s := byFile[b.file.path]
		if s == nil {
			s = &splicer{source: b.file.source}
			byFile[b.file.path] = s
		}
		item := &node{kind: object, start: b.block.Range().Start.Byte, end: b.block.CloseBraceRange.End.Byte}
		s.edits = append(s.edits, s.lines(&node{style: hclBlocks}, item))
	}
	var patch Patch
	for _, path := range sortedNames(byFile) {
		s := byFile[path]
		edits, err := s.sorted()
		if err != nil {
			return Patch{}, err
		}
		name := relative(dir, path)
		patch.Files = append(patch.Files, FileEdit{name, s.source, tidy(name, s.source, apply(s.source, edits)), edits})
	}
	return patch, nil
}
