package diff

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// policyAttributes names, for a resource type, the attribute that holds a
// policy and the policy's kind.
var policyAttributes = map[string]struct{ attribute, kind string }{
	"aws_iam_role_policy":                       {"policy", "identity"},
	"aws_iam_policy":                            {"policy", "identity"},
	"aws_iam_user_policy":                       {"policy", "identity"},
	"aws_iam_group_policy":                      {"policy", "identity"},
	"aws_iam_role":                              {"assume_role_policy", "trust"},
	"aws_ssoadmin_permission_set_inline_policy": {"inline_policy", "identity"},
	"aws_organizations_policy":                  {"content", "scp"},
	"aws_s3_bucket_policy":                      {"policy", "resource"},
	"aws_sqs_queue_policy":                      {"policy", "resource"},
	"aws_sns_topic_policy":                      {"policy", "resource"},
	"aws_kms_key":                               {"policy", "resource"},
	"aws_kms_key_policy":                        {"policy", "resource"},
	"aws_secretsmanager_secret_policy":          {"policy", "resource"},
	"aws_ecr_repository_policy":                 {"policy", "resource"},
	"aws_vpc_endpoint":                          {"policy", "resource"},
	"aws_sqs_queue":                             {"policy", "resource"},
	"aws_sns_topic":                             {"policy", "resource"},
	"aws_s3_bucket":                             {"policy", "resource"},
}

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

	documents map[string]int // how often each policy document was used, by address
}

type tfFile struct {
	path   string
	source []byte
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
		if err := m.list(0); err != nil {
			return err
		}
	}
	return nil
}

// maxModules bounds how deep modules call modules.
const maxModules = 8

// list adds the module's policies to what was found, then those of the modules
// it calls.
func (m *tfModule) list(depth int) error {
	for _, b := range m.order {
		m.found = append(m.found, m.policies(b)...)
	}
	for _, call := range m.calls {
		folder := m.source(call)
		if folder == "" || depth == maxModules {
			m.found = append(m.found, m.remote(call)...)
			continue
		}
		child, err := m.finder.module(folder)
		if err != nil {
			return err
		}
		child.parent, child.call, child.prefix = m, call, m.prefix+"module."+call.Labels[0]+"."
		if err := child.list(depth + 1); err != nil {
			return err
		}
	}
	// Last: a module that was called may have used a document of this one.
	m.found = append(m.found, m.unused()...)
	return nil
}

// source is the folder of a local module, or "".
func (m *tfModule) source(call *hclsyntax.Block) string {
	a := call.Body.Attributes["source"]
	if a == nil || len(call.Labels) != 1 {
		return ""
	}
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
	parsed, diags := hclsyntax.ParseConfig(source, path, hcl.InitialPos)
	if f.bodies == nil {
		f.bodies = map[string]*hclsyntax.Body{}
	}
	f.bodies[path] = nil
	if !diags.HasErrors() {
		f.bodies[path] = parsed.Body.(*hclsyntax.Body)
	}
	return f.bodies[path]
}

// module parses the files of one folder.
func (f *finder) module(folder string) (*tfModule, error) {
	m := &tfModule{
		finder: f, folder: folder, files: map[string]*tfFile{}, blocks: map[string]*tfBlock{}, documents: map[string]int{},
		locals: map[string]hclsyntax.Expression{}, defaults: map[string]hclsyntax.Expression{},
	}
	paths := f.files(folder)
	slices.Sort(paths)
	for _, path := range paths {
		source, err := f.read(path)
		if err != nil {
			return nil, err
		}
		if body := f.parse(path, source); body != nil {
			m.addFile(&tfFile{path, source}, body)
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

func (m *tfModule) policies(b *tfBlock) []Found {
	if strings.HasPrefix(b.address, "data.") {
		return nil // where they are used
	}
	var out []Found
	if where, ok := policyAttributes[b.kind]; ok {
		if a := b.block.Body.Attributes[where.attribute]; a != nil {
			f := m.policy(b, a.Expr, where.kind, m.address(b.address))
			if b.kind == "aws_iam_policy" && m.bounds(b) {
				f.Kind = "boundary"
			}
			f.name, f.set = m.text(b, "name"), m.setName(b)
			f.Roles = m.holders(b)
			f.settle()
			out = append(out, f)
		}
	}
	if b.kind == "aws_iam_role" {
		for i, inner := range b.block.Body.Blocks {
			if a := inner.Body.Attributes["policy"]; inner.Type == "inline_policy" && a != nil {
				f := m.policy(b, a.Expr, "identity", m.address(b.address)+"/inline_policy/"+itoa(i))
				if n := inner.Body.Attributes["name"]; n != nil {
					f.name = m.value(b.file, n.Expr).text
				}
				f.Roles = []string{m.text(b, "name")}
				f.settle()
				out = append(out, f)
			}
		}
	}
	return out
}

// policy follows an expression to the text of the policy.
func (m *tfModule) policy(b *tfBlock, e hclsyntax.Expression, kind, address string) Found {
	f := Found{Address: address, Kind: kind, root: m.root().folder, File: relative(m.repo, b.file.path), Line: e.Range().Start.Line, source: b.file.source, Form: "expression"}
	m.follow(&f, b.file, e, 0)
	for _, repeated := range []string{"count", "for_each"} {
		if a := b.block.Body.Attributes[repeated]; a != nil && f.Reason == "" && strings.Contains(string(f.source), "each.") {
			f.Reason = "the block is repeated by " + repeated
		}
	}
	return f
}

func (m *tfModule) follow(f *Found, file *tfFile, e hclsyntax.Expression, depth int) {
	if depth > 8 {
		f.Reason = "references go round in a circle"
		return
	}
	switch e := e.(type) {
	case *hclsyntax.FunctionCallExpr:
		m.followCall(f, file, e)
	case *hclsyntax.TemplateWrapExpr:
		m.follow(f, file, e.Wrapped, depth+1)
	case *hclsyntax.TemplateExpr:
		m.followTemplate(f, file, e)
	case *hclsyntax.ScopeTraversalExpr:
		m.followReference(f, e, depth)
	case *hclsyntax.IndexExpr, *hclsyntax.ConditionalExpr, *hclsyntax.ForExpr, *hclsyntax.SplatExpr:
		f.Reason = "the policy is chosen by an expression: " + short(file, e)
	default:
		f.Reason = "the policy is an expression: " + short(file, e)
	}
}

func short(file *tfFile, e hclsyntax.Expression) string {
	text := string(e.Range().SliceBytes(file.source))
	if len(text) > 60 {
		text = text[:60] + "…"
	}
	return strings.Join(strings.Fields(text), " ")
}

func (m *tfModule) followCall(f *Found, file *tfFile, e *hclsyntax.FunctionCallExpr) {
	switch {
	case e.Name == "jsonencode" && len(e.Args) == 1:
		f.place(m, file, e.Args[0].Range().Start.Byte)
		f.Form, f.node, f.quote = "jsonencode", m.value(file, e.Args[0]), spellHCL
	case e.Name == "file" && len(e.Args) == 1:
		m.followFile(f, m.value(file, e.Args[0]).text, false)
	case e.Name == "templatefile" && len(e.Args) == 2:
		m.followFile(f, m.value(file, e.Args[0]).text, true)
	default:
		f.Reason = "the policy is made by " + e.Name + "()"
	}
}

func (f *Found) place(m *tfModule, file *tfFile, at int) {
	f.File, f.source, f.Line = relative(m.repo, file.path), file.source, lineOf(file.source, at)
}

func (m *tfModule) followFile(f *Found, name string, templated bool) {
	f.Form, f.quote = "file", spellJSON
	if templated {
		f.Form, f.quote = "templatefile", spellHeredoc
	}
	for _, p := range []string{"${path.module}", "${path.root}", "${path.cwd}"} {
		name = strings.TrimPrefix(name, p)
	}
	if strings.Contains(name, "${") {
		f.Reason = "the file's name is an expression"
		return
	}
	path := filepath.Join(m.folder, filepath.FromSlash(name))
	source, err := m.read(path)
	if err != nil {
		f.Reason = "the file " + name + " cannot be read"
		return
	}
	m.claimed[path] = true
	f.place(m, &tfFile{path, source}, 0)
	f.node, err = parseJSON(trimBOM(source), len(source)-len(trimBOM(source)), templated)
	if err != nil {
		f.node, f.Reason = nil, "the file is no plain JSON: "+err.Error()
	}
}

func trimBOM(source []byte) []byte {
	return []byte(strings.TrimPrefix(string(source), "\ufeff"))
}

// followTemplate reads a heredoc or a quoted template that holds JSON.
func (m *tfModule) followTemplate(f *Found, file *tfFile, e *hclsyntax.TemplateExpr) {
	if len(e.Parts) == 1 {
		if wrapped, ok := e.Parts[0].(*hclsyntax.ScopeTraversalExpr); ok {
			m.followReference(f, wrapped, 1)
			return
		}
	}
	f.Form = "heredoc"
	text := e.Range().SliceBytes(file.source)
	start := e.Range().Start.Byte
	if !strings.HasPrefix(string(text), "<<") {
		f.Form, f.Reason = "string", "the policy is a quoted string"
		return
	}
	first := strings.IndexByte(string(text), '\n') + 1
	last := strings.LastIndexByte(strings.TrimRight(string(text), "\r\n"), '\n') + 1
	if first <= 0 || last <= first {
		f.Reason = "the heredoc is empty"
		return
	}
	f.place(m, file, start)
	n, err := parseJSON(text[first:last], start+first, true)
	if err != nil {
		f.Reason = "the heredoc is no plain JSON: " + err.Error()
		return
	}
	f.node, f.quote = n, spellHeredoc
}

func (m *tfModule) followReference(f *Found, e *hclsyntax.ScopeTraversalExpr, depth int) {
	path := traversal(e.Traversal)
	switch {
	case len(path) == 4 && path[0] == "data" && path[1] == "aws_iam_policy_document" && (path[3] == "json" || path[3] == "minified_json"):
		b := m.blocks["data.aws_iam_policy_document."+path[2]]
		if b == nil {
			f.Reason = "the policy document " + path[2] + " is not in this module"
			return
		}
		f.place(m, b.file, b.block.Range().Start.Byte)
		f.Form, f.quote = "policy_document", spellDocument
		m.documents[b.address]++
		f.node, f.Reason = m.document(b)
	case len(path) == 2 && path[0] == "var" && m.given(path[1]) != nil:
		given := m.given(path[1])
		m.parent.follow(f, m.parent.fileOf(given), given, depth+1)
	case len(path) == 2 && path[0] == "local" && m.locals[path[1]] != nil:
		m.follow(f, m.fileOf(m.locals[path[1]]), m.locals[path[1]], depth+1)
	default:
		f.Reason = "the policy comes from " + strings.Join(path, ".")
	}
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

func (m *tfModule) fileOf(e hclsyntax.Expression) *tfFile { return m.files[e.Range().Filename] }

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
