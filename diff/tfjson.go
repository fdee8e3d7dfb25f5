package diff

import (
	"path/filepath"
	"strings"
)

// terraformJSON lists the policies of a .tf.json file. They are reported, not
// edited: the file is made by a program, which would undo the edit.
//
// Source: Terraform language, "JSON Configuration Syntax".
func (f *finder) terraformJSON(path string) {
	source, err := f.read(path)
	if err != nil {
		return
	}
	root, err := parseJSON(trimBOM(source), len(source)-len(trimBOM(source)), true)
	if err != nil || root.kind != object || root.get("resource") == nil {
		return
	}
	folder := strings.TrimPrefix(relative(f.repo, filepath.Dir(path))+":", ".:")
	for _, kind := range root.get("resource").members {
		attributes := attributesOf(kind.key)
		if len(attributes) == 0 {
			continue
		}
		where := attributes[0]
		for _, r := range kind.value.members {
			policy := r.value.get(where.name)
			if policy == nil {
				continue
			}
			found := Found{
				Address: "tf:" + folder + kind.key + "." + r.key, File: relative(f.repo, path),
				Line: lineOf(source, policy.start), Form: "tf.json", Kind: where.kind,
				Reason: "a .tf.json file is made by a program; change what makes it",
			}
			if text, err := parseJSON([]byte(policy.text), 0, true); err == nil {
				found.Policy, _ = policyOf(text)
			}
			found.settle()
			f.found = append(f.found, found)
		}
	}
}
