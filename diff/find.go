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

	name     string // the policy's own name, or a pattern
	set      string // permission set
	root     string // folder of the root module; "" for templates
	source   []byte
	node     *node
	quote    speller
	form     *templateForm // instead of quote, in a template or JSON file
	site     *site         // where a template holds it
	block    string        // the resource block it is of
	from     *finder
	mod      *tfModule // of its resource block
	resource *tfBlock
	absent   bool   // the code makes no instance of it
	twin     bool   // it could be edited if its text served no other policy
	text     string // of a policy document: the block it is, for those that share it
}

// FindOptions is how a repo is searched. The zero value works.
type FindOptions struct{}

// maxFile bounds a file that is looked at; templates stay far below.
const maxFile = 4 << 20

// Find lists the policies in the Terraform, CloudFormation, SAM and JSON files
// below dir, by file and line. A file that cannot be read as what its name
// says is passed over: other tools keep files there too.
func Find(dir string, _ FindOptions) ([]Found, error) {
	_, found, err := search(dir)
	return found, err
}

// search is [Find] with what was read on the way.
func search(dir string) (*finder, []Found, error) {
	f := newFinder(dir, nil)
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
		return nil, nil, fmt.Errorf("look for policies in %s: %w", dir, err)
	}
	found, err := f.find()
	return f, found, err
}

// findAgain lists the policies of one file or root module, with some files
// read from the overlay.
func findAgain(repo string, origin *Found, overlay map[string][]byte) ([]Found, error) {
	f := newFinder(repo, overlay)
	f.base = origin.from
	if origin.root == "" {
		f.others = []string{filepath.Join(repo, filepath.FromSlash(origin.File))}
		return f.find()
	}
	if f.files(origin.root) == nil {
		return nil, fmt.Errorf("%s has no Terraform files any more", origin.root)
	}
	return f.find()
}

// files lists the Terraform files of a folder, read from disk if it was not walked.
func (f *finder) files(folder string) []string {
	if list, known := f.folders[folder]; known {
		return list
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if !e.IsDir() && isTerraform(e.Name()) {
			f.folders[folder] = append(f.folders[folder], filepath.Join(folder, e.Name()))
		}
	}
	return f.folders[folder]
}

// finder gathers the files that may hold policies and reads them.
type finder struct {
	repo      string
	folders   map[string][]string // Terraform files by folder
	others    []string
	claimed   map[string]bool // JSON files that Terraform reads, documents listed on their own
	overlay   map[string][]byte
	base      *finder                    // what it parsed of files that did not change stands
	bodies    map[string]*hclsyntax.Body // parsed, by path; nil for what does not parse
	sources   map[string][]byte          // of those
	inner     map[string]*tfFile         // texts below the escapes of strings, by a name of their own
	arrays    map[*hclsyntax.Block]arrayPlace
	generated map[string]bool // files that a program makes, by path
	found     []Found

	index     map[string][]attachment // of the root module at hand, by policy
	counts    map[string]int          // how often a folder's files name an address
	taken     map[string]bool         // policy documents that some policy is made of, by file and address
	spare     []Found                 // those that no policy of their module was found to use
	templates []*template             // of CloudFormation and SAM
	roots     []*tfModule             // modules that no other calls
	calls     map[string]int          // how often a folder is called as a module, or is a root
	depth     int                     // of the evaluation at hand
	steps     int
	cut       bool // the evaluation at hand met a limit
}

func newFinder(repo string, overlay map[string][]byte) *finder {
	return &finder{
		repo: repo, overlay: overlay, folders: map[string][]string{}, claimed: map[string]bool{},
		counts: map[string]int{}, calls: map[string]int{}, taken: map[string]bool{}, bodies: map[string]*hclsyntax.Body{}, sources: map[string][]byte{},
		inner: map[string]*tfFile{}, arrays: map[*hclsyntax.Block]arrayPlace{}, generated: map[string]bool{},
	}
}

func (f *finder) add(path string) {
	if isTerraform(path) {
		folder := filepath.Dir(path)
		f.folders[folder] = append(f.folders[folder], path)
		return
	}
	switch filepath.Ext(path) {
	case ".yaml", ".yml", ".json", ".template":
		f.others = append(f.others, path)
	}
}

// read reads a file, or its edited content.
func (f *finder) read(path string) ([]byte, error) {
	if content, ok := f.overlay[filepath.Clean(path)]; ok {
		return content, nil
	}
	for _, from := range []*finder{f, f.base} {
		if from == nil {
			continue
		}
		if content, ok := from.sources[path]; ok {
			return content, nil
		}
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
			continue // a link to nowhere
		}
		f.found = append(f.found, list...)
	}
	f.found = present(f.found)
	for i := range f.found {
		f.found[i].from = f
		if f.generated[filepath.Join(f.repo, filepath.FromSlash(f.found[i].File))] {
			f.found[i].decline(errGenerated.Error())
		}
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
	distinguish(f.found)
	return f.found, nil
}

// distinguish keeps addresses unique where a repo names two things alike, which
// Terraform and CloudFormation refuse: none of the two is edited, and the later
// ones get the place where they stand.
func distinguish(found []Found) {
	first := map[string]*Found{}
	for i := range found {
		f := &found[i]
		other := first[f.Address]
		if other == nil {
			first[f.Address] = f
			continue
		}
		for _, one := range []*Found{f, other} {
			one.decline("the code has several of that address")
		}
		f.Address = fmt.Sprintf("%s@%s:%d.%d", f.Address, f.File, f.Line, i)
	}
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// shareText: a statement that serves several policies is edited only when one
// policy is meant; which one cannot be told from here.
func shareText(found []Found) {
	uses := map[place]int{}
	for i := range found {
		for p := range found[i].places() {
			uses[p]++
		}
	}
	for i := range found {
		for p := range found[i].places() {
			if uses[p] > 1 {
				found[i].twin = found[i].twin || found[i].Editable
				found[i].decline("its text serves several policies")
			}
		}
	}
}

// present leaves out what the code makes no instance of, unless its block
// would not be listed at all.
func present(found []Found) []Found {
	listed := map[string]bool{}
	for i := range found {
		if !found[i].absent {
			listed[found[i].block] = true
		}
	}
	return slices.DeleteFunc(found, func(f Found) bool {
		if f.absent && listed[f.block] {
			return true
		}
		listed[f.block] = true
		return false
	})
}

// place is where a statement stands.
type place struct {
	file  string
	start int
}

// places are where the statements of a policy stand.
func (f *Found) places() map[place]bool {
	out := map[place]bool{}
	if f.node == nil {
		return out
	}
	for _, s := range f.node.get("Statement").list() {
		p := place{f.File, s.start}
		if s.file != nil {
			p.file = s.file.path
		}
		out[p] = true
	}
	return out
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
	statements := f.node.get("Statement")
	if statements == nil {
		f.decline("it has no statements")
		return
	}
	if f.node.shared || statements.shared {
		f.decline(errShared.Error())
	}
	if repeated(statements.read()) {
		f.decline("one text makes several of its statements")
	}
	f.Editable = f.Reason == ""
}

// repeated: the actions or resources of two statements are the same text.
func repeated(statements []*node) bool {
	seen := map[place]bool{}
	for _, s := range statements {
		for _, element := range []string{"Action", "Resource"} {
			n := s.get(element)
			if n == nil || n.file == nil {
				continue
			}
			at := place{n.file.path, n.start}
			if seen[at] {
				return true
			}
			seen[at] = true
		}
	}
	return false
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
