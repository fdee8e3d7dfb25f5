package diff

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/pruner/pruner/iam"
)

// Found is one policy of a repo. Parts that cannot be evaluated from the code
// alone stand in Policy as the text of their expression, and in Unknown.
type Found struct {
	Address  string      `json:"address"` // unique in the repo
	File     string      `json:"file"`    // where the policy's text stands, relative to the repo
	Line     int         `json:"line"`    // from 1
	Form     string      `json:"form"`    // policy_document, jsonencode, heredoc, file, yaml, json
	Kind     string      `json:"kind"`    // identity, trust, resource, boundary, scp
	Roles    []string    `json:"roles"`   // names, ARNs or patterns of who holds it
	Policy   *iam.Policy `json:"policy"`
	Unknown  []string    `json:"unknown"`
	Editable bool        `json:"editable"`
	Reason   string      `json:"reason"` // why it is not editable

	name   string // the policy's own name, or a pattern
	set    string // permission set
	root   string // folder of the root module; "" for templates
	source []byte
	node   *node
	quote  speller
	form   *templateForm // instead of quote, in a template or JSON file
}

// FindOptions is how a repo is searched. The zero value works.
type FindOptions struct{}

// maxFile bounds a file that is looked at; templates stay far below.
const maxFile = 4 << 20

// Find lists the policies in the Terraform, CloudFormation, SAM and JSON files
// below dir, by file and line. A file that cannot be read as what its name
// says is passed over: other tools keep files there too.
func Find(dir string, _ FindOptions) ([]Found, error) {
	f := finder{repo: dir, folders: map[string][]string{}, claimed: map[string]bool{}}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != dir && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "cdk.out") {
				return filepath.SkipDir
			}
			return nil
		}
		f.add(path)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for policies in %s: %w", dir, err)
	}
	return f.find()
}

// findAgain lists the policies of one file or root module, with some files
// read from the overlay.
func findAgain(repo string, origin *Found, overlay map[string][]byte) ([]Found, error) {
	f := finder{repo: repo, folders: map[string][]string{}, claimed: map[string]bool{}, overlay: overlay}
	if origin.root == "" {
		f.others = []string{filepath.Join(repo, filepath.FromSlash(origin.File))}
		return f.find()
	}
	if f.files(origin.root) == nil {
		return nil, fmt.Errorf("%s has no Terraform files any more", origin.root)
	}
	return f.find()
}

// files lists the .tf files of a folder, read from disk if it was not walked.
func (f *finder) files(folder string) []string {
	if list, known := f.folders[folder]; known {
		return list
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if !e.IsDir() && filepath.Ext(e.Name()) == ".tf" {
			f.folders[folder] = append(f.folders[folder], filepath.Join(folder, e.Name()))
		}
	}
	return f.folders[folder]
}

// finder gathers the files that may hold policies and reads them.
type finder struct {
	repo    string
	folders map[string][]string // .tf files by folder
	others  []string
	claimed map[string]bool // JSON files that Terraform reads, documents listed on their own
	overlay map[string][]byte
	bodies  map[string]*hclsyntax.Body // parsed, by path; nil for what does not parse
	found   []Found
}

func (f *finder) add(path string) {
	if strings.HasSuffix(path, ".tf.json") {
		f.terraformJSON(path)
		return
	}
	switch filepath.Ext(path) {
	case ".tf":
		folder := filepath.Dir(path)
		f.folders[folder] = append(f.folders[folder], path)
	case ".yaml", ".yml", ".json", ".template":
		f.others = append(f.others, path)
	}
}

// read reads a file, or its edited content.
func (f *finder) read(path string) ([]byte, error) {
	if content, ok := f.overlay[filepath.Clean(path)]; ok {
		return content, nil
	}
	return readFile(path)
}

func (f *finder) find() ([]Found, error) {
	if err := f.terraform(); err != nil {
		return nil, err
	}
	for _, path := range f.others {
		if f.claimed[path] {
			continue
		}
		list, err := f.template(path)
		if err != nil {
			return nil, err
		}
		f.found = append(f.found, list...)
	}
	slices.SortStableFunc(f.found, func(a, b Found) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return strings.Compare(a.Address, b.Address)
	})
	shareText(f.found)
	return f.found, nil
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// shareText: a text that serves several policies is edited only when one
// policy is meant; which one cannot be told from here.
func shareText(found []Found) {
	uses := map[string]int{}
	key := func(f *Found) string { return fmt.Sprintf("%s:%d", f.File, f.Line) }
	for i := range found {
		if found[i].node != nil {
			uses[key(&found[i])]++
		}
	}
	for i := range found {
		if found[i].node != nil && uses[key(&found[i])] > 1 {
			found[i].decline("its text serves several policies")
		}
	}
}

func (f *Found) decline(reason string) {
	if f.Editable || f.Reason == "" {
		f.Editable, f.Reason = false, reason
	}
}

// settle evaluates the node and decides whether it can be edited.
func (f *Found) settle() {
	if f.Unknown == nil {
		f.Unknown = []string{}
	}
	if f.Roles == nil {
		f.Roles = []string{}
	}
	if f.node == nil {
		return
	}
	f.Unknown = unknownParts(f.node)
	p, err := policyOf(f.node)
	if err != nil {
		f.decline(err.Error())
		return
	}
	f.Policy = p
	if f.node.shared || f.node.get("Statement").shared {
		f.decline(errShared.Error())
	}
	f.Editable = f.Reason == ""
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s has %d bytes; no template does", path, info.Size())
	}
	return os.ReadFile(path)
}

func relative(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return filepath.ToSlash(path)
	}
	return filepath.ToSlash(rel)
}

func lineOf(source []byte, at int) int { return bytes.Count(source[:at], []byte("\n")) + 1 }
