package diff

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// tfModule is the .tf files of one folder: what Terraform calls a module.
type tfModule struct {
	*finder
	folder   string
	files    map[string]*tfFile  // by path
	blocks   map[string]*tfBlock // "aws_iam_role.app", "data.aws_iam_policy_document.app"
	order    []*tfBlock
	locals   map[string]hclsyntax.Expression
	defaults map[string]hclsyntax.Expression
	calls    []*hclsyntax.Block // module blocks
	parent   *tfModule          // who calls this module, and how
	call     *hclsyntax.Block
	prefix   string // of addresses: "module.a."
	outputs  map[string]hclsyntax.Expression
	settings map[string]hclsyntax.Expression // of variables files that Terraform reads by itself
	children map[string]*tfModule            // local modules that this one calls, by name

	memo  map[memoKey]*node
	vars  map[string]*node // names that iterate: each, count, those of for and dynamic
	names bool             // the names of roles are wanted, not references to them
}

type tfFile struct {
	path   string
	source []byte

	// Of a text below the escapes of a string in the JSON syntax:
	layer *layer
	outer *tfFile // the file itself
	whole span    // of the string there, quotes and all
}

type tfBlock struct {
	address string
	kind    string // type label
	block   *hclsyntax.Block
	file    *tfFile
}

// terraform reads the modules of the repo and lists their policies. A module
// that another calls is listed where it is called, with what it is given.
func (f *finder) terraform() error {
	called := map[string]bool{}
	for _, folder := range sortedNames(f.folders) {
		m, err := f.module(folder)
		if err != nil {
			return err
		}
		for _, call := range m.calls {
			called[m.source(call)] = true
		}
	}
	for _, folder := range sortedNames(f.folders) {
		if called[folder] {
			continue
		}
		m, err := f.module(folder)
		if err != nil {
			return err
		}
		m.readSettings()
		if err := m.expand(0); err != nil {
			return err
		}
		f.index = m.attachments()
		f.roots = append(f.roots, m)
		m.list()
	}
	f.unused()
	return nil
}

// maxModules bounds how deep modules call modules.
const maxModules = 8

// expand reads the local modules that the module calls.
func (m *tfModule) expand(depth int) error {
	m.finder.calls[m.folder]++
	for _, call := range m.calls {
		folder := m.source(call)
		if folder == "" || depth == maxModules {
			continue
		}
		child, err := m.finder.module(folder)
		if err != nil {
			return err
		}
		child.parent, child.call, child.prefix = m, call, m.prefix+"module."+call.Labels[0]+"."
		m.children[call.Labels[0]] = child
		if err := child.expand(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

// list adds the module's policies to what was found, then those of the modules
// it calls.
func (m *tfModule) list() {
	for _, b := range m.order {
		m.found = append(m.found, m.policies(b)...)
	}
	for _, call := range m.calls {
		if len(call.Labels) != 1 {
			continue
		}
		if child := m.children[call.Labels[0]]; child != nil {
			child.list()
		} else {
			m.found = append(m.found, m.remote(call)...)
		}
	}
	m.spares()
}

// readSettings reads the variables files that Terraform reads by itself.
//
// Source: Terraform language, "Input Variables", "Variable Definitions
// (.tfvars) Files".
func (m *tfModule) readSettings() {
	paths, _ := filepath.Glob(filepath.Join(m.folder, "*.auto.tfvars"))
	slices.Sort(paths)
	for _, path := range append([]string{filepath.Join(m.folder, "terraform.tfvars")}, paths...) {
		source, err := m.read(path)
		if err != nil {
			continue
		}
		if body := m.parse(path, source); body != nil {
			m.files[path] = &tfFile{path: path, source: source}
			for name, a := range body.Attributes {
				m.settings[name] = a.Expr
			}
		}
	}
}

// source is the folder of a local module, or "".
func (m *tfModule) source(call *hclsyntax.Block) string {
	a := call.Body.Attributes["source"]
	if a == nil || len(call.Labels) != 1 {
		return ""
	}
	m.steps = 0
	name := m.value(m.fileOf(a.Expr), a.Expr).text
	if !strings.HasPrefix(name, "./") && !strings.HasPrefix(name, "../") {
		return ""
	}
	folder := filepath.Join(m.folder, filepath.FromSlash(name))
	if m.finder.files(folder) == nil {
		return ""
	}
	return folder
}

// parse reads a file once for all modules that it is part of. It gives nil for
// what is not Terraform, or broken: terraform itself says so better.
func (f *finder) parse(path string, source []byte) *hclsyntax.Body {
	if body, known := f.bodies[path]; known {
		return body
	}
	if _, changed := f.overlay[path]; f.base != nil && !changed {
		if body, known := f.base.bodies[path]; known {
			return body
		}
	}
	f.bodies[path], f.sources[path] = nil, source
	if isJSON(path) {
		f.bodies[path] = f.parseTFJSON(path, source)
		return f.bodies[path]
	}
	parsed, diags := hclsyntax.ParseConfig(source, path, hcl.InitialPos)
	if !diags.HasErrors() {
		f.bodies[path] = parsed.Body.(*hclsyntax.Body)
	}
	return f.bodies[path]
}

// module parses the files of one folder.
func (f *finder) module(folder string) (*tfModule, error) {
	m := &tfModule{
		finder: f, folder: folder, files: map[string]*tfFile{}, blocks: map[string]*tfBlock{},
		outputs: map[string]hclsyntax.Expression{}, memo: map[memoKey]*node{}, settings: map[string]hclsyntax.Expression{}, children: map[string]*tfModule{},
		locals: map[string]hclsyntax.Expression{}, defaults: map[string]hclsyntax.Expression{},
	}
	paths := f.files(folder)
	slices.Sort(paths)
	for _, path := range paths {
		source, err := f.read(path)
		if err != nil {
			continue // a link to nowhere
		}
		if body := f.parse(path, source); body != nil {
			m.addFile(&tfFile{path: path, source: source}, body)
		}
	}
	return m, nil
}

func (m *tfModule) addFile(f *tfFile, body *hclsyntax.Body) {
	m.files[f.path] = f
	for _, b := range body.Blocks {
		switch {
		case (b.Type == "resource" || b.Type == "data") && len(b.Labels) == 2:
			address := b.Labels[0] + "." + b.Labels[1]
			if b.Type == "data" {
				address = "data." + address
			}
			tb := &tfBlock{address, b.Labels[0], b, f}
			m.blocks[address] = tb
			m.order = append(m.order, tb)
		case b.Type == "module":
			m.calls = append(m.calls, b)
		case b.Type == "locals":
			for name, a := range b.Body.Attributes {
				m.locals[name] = a.Expr
			}
		case b.Type == "output" && len(b.Labels) == 1:
			if a := b.Body.Attributes["value"]; a != nil {
				m.outputs[b.Labels[0]] = a.Expr
			}
		case b.Type == "variable" && len(b.Labels) == 1:
			if a := b.Body.Attributes["default"]; a != nil {
				m.defaults[b.Labels[0]] = a.Expr
			}
		}
	}
}

// address is the policy's address in the repo: the folder is part of it
// unless it is the root.
func (m *tfModule) address(local string) string {
	local = m.prefix + local
	folder := relative(m.repo, m.root().folder)
	if folder == "." {
		return "tf:" + local
	}
	return "tf:" + folder + ":" + local
}

// root is the module that Terraform runs in.
func (m *tfModule) root() *tfModule {
	for m.parent != nil {
		m = m.parent
	}
	return m
}

// given is what the caller gives for a variable, or nil.
func (m *tfModule) given(variable string) hclsyntax.Expression {
	if m.call == nil {
		return nil
	}
	if a := m.call.Body.Attributes[variable]; a != nil {
		return a.Expr
	}
	return nil
}

func (m *tfModule) fileOf(e hclsyntax.Expression) *tfFile {
	if inner := m.innerFile(e); inner != nil {
		return inner
	}
	return m.files[e.Range().Filename]
}

func traversal(t hcl.Traversal) []string {
	var out []string
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			out = append(out, step.Name)
		case hcl.TraverseAttr:
			out = append(out, step.Name)
		case hcl.TraverseIndex:
			if step.Key.Type() == cty.String {
				out = append(out, step.Key.AsString())
			}
		}
	}
	return out
}

// uses counts the places of the module's text that name an address.
func (m *tfModule) uses(address string) int {
	key := m.folder + "\x00" + address
	if count, known := m.counts[key]; known {
		return count
	}
	count := 0
	for _, f := range m.files {
		count += mentions(f.source, address)
	}
	m.counts[key] = count
	return count
}

// mentions counts the places of a text that name an address.
func mentions(text []byte, address string) int {
	count := 0
	for before := byte(' '); ; count++ {
		at := bytes.Index(text, []byte(address))
		if at < 0 {
			return count
		}
		if at > 0 {
			before = text[at-1]
		}
		rest := text[at+len(address):]
		if partOfName(before) || len(rest) > 0 && partOfName(rest[0]) {
			count--
		}
		before, text = address[len(address)-1], rest
	}
}

func partOfName(c byte) bool {
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
