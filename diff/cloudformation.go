package diff

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
)

// template lists the policies of a CloudFormation, SAM or Serverless Framework
// template, or of a plain JSON file. Any other file has none.
func (f *finder) template(path string) ([]Found, error) {
	source, err := f.read(path)
	if err != nil {
		return nil, err
	}
	if !mayHold(source) {
		return nil, nil
	}
	t := &template{file: relative(f.repo, path), source: source, form: &templateForm{source: source}, style: "yaml"}
	text := trimBOM(source)
	if t.form.json = filepath.Ext(path) == ".json" || bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")); t.form.json {
		t.style = "json"
		if t.root, err = parseJSON(text, len(source)-len(text), false); err == nil && t.root.get("Resources") != nil {
			evaluateAll(t.root, source)
		}
	} else {
		t.form.variables = bytes.Contains(source, []byte("\nprovider:"))
		t.root, err = parseYAML(source, t.form.variables)
	}
	switch {
	case err != nil:
		return t.unreadable(err), nil
	case t.form.variables:
		return t.serverlessFramework(), nil
	case t.fromResources(t.root.get("Resources")), !t.form.json && t.fromResources(t.root):
		f.templates = append(f.templates, t)
		return t.policies(), nil
	case filepath.Ext(path) == ".json":
		t.form.plain = true
		return t.plain(t.root, ""), nil
	}
	return nil, nil
}

// mayHold: no policy is without one of these words.
func mayHold(source []byte) bool {
	return slices.ContainsFunc([]string{"Statement", "AWS::Serverless", "AWS::IAM", "iamRole"}, func(word string) bool {
		return bytes.Contains(source, []byte(word))
	})
}

type template struct {
	file      string
	source    []byte
	style     string // yaml or json
	root      *node
	resources *node
	form      *templateForm
}

// fromResources takes the resources of a template: objects with a type of AWS
// or another provider.
func (t *template) fromResources(resources *node) bool {
	if resources == nil || resources.kind != object {
		return false
	}
	typed := slices.ContainsFunc(resources.members, func(m member) bool {
		kind := m.value.get("Type")
		return kind != nil && strings.Contains(kind.text, "::") || strings.HasPrefix(m.key, "Fn::ForEach")
	})
	if typed {
		t.resources = resources
	}
	return typed
}

// unreadable lists a template that is none of what its name says, if it looks
// like one with policies.
func (t *template) unreadable(err error) []Found {
	if !bytes.Contains(t.source, []byte("AWS::IAM::")) && !bytes.Contains(t.source, []byte("AWS::Serverless::")) ||
		!bytes.Contains(t.source, []byte("Resources")) {
		return nil
	}
	f := t.found("cfn:"+t.file+"#", "identity", nil)
	f.Line, f.Reason = 1, "the template cannot be read: "+err.Error()
	f.settle()
	return []Found{f}
}

func (t *template) found(address, kind string, n *node) Found {
	f := Found{Address: address, File: t.file, Kind: kind, Form: t.style, source: t.source, node: n, form: t.form}
	if n != nil {
		f.Line = lineOf(t.source, min(n.start, len(t.source)))
		n.get("Statement").optional()
	}
	return f
}

// optional reads the statements of a list that a condition leaves out: what
// Fn::If gives is one, or nothing.
//
// Source: CloudFormation Template Reference, "Condition functions", Fn::If with
// AWS::NoValue.
func (n *node) optional() {
	if n == nil || n.kind != list {
		return
	}
	for _, item := range n.items {
		if item.call != "Fn::If" || len(item.items) != 3 {
			continue
		}
		yes, no := item.items[1], item.items[2]
		if yes.text == "${AWS::NoValue}" {
			yes, no = no, yes
		}
		if no.text != "${AWS::NoValue}" || yes.kind != object {
			continue
		}
		made := *yes
		made.start, made.end, made.key, made.shared = item.start, item.end, item.key, item.shared || yes.shared
		made.notes = append(slices.Clone(yes.notes), "${Condition "+item.items[0].text+"}")
		*item = made
	}
}

// policies lists what the resources hold, and the resources of each Fn::ForEach.
//
// Source: CloudFormation Template Reference, "Fn::ForEach".
func (t *template) policies() []Found {
	var out []Found
	for _, m := range t.resources.members {
		if strings.HasPrefix(m.key, "Fn::ForEach") {
			out = append(out, t.repeated(m)...)
			continue
		}
		out = append(out, t.resource(m.key, m.value)...)
	}
	return out
}

func (t *template) repeated(loop member) []Found {
	body := loop.value.list()
	if loop.value.kind == opaque {
		body = loop.value.items
	}
	if len(body) != 3 {
		return nil
	}
	var out []Found
	for _, m := range body[2].members {
		for _, f := range t.resource(loop.key+"/"+m.key, m.value) {
			f.decline("Fn::ForEach makes several policies of it")
			out = append(out, f)
		}
	}
	return out
}

// resource lists the policies of one resource: where its type has them, and
// wherever else a policy document stands in it.
func (t *template) resource(logical string, r *node) []Found {
	kind, properties := textOfNode(r.get("Type")), r.get("Properties")
	if properties == nil {
		return nil
	}
	w := &walk{template: t, logical: logical, kind: kind, properties: properties, base: "cfn:" + t.file + "#" + logical}
	switch {
	case kind == "AWS::Events::EventBusPolicy" || kind == "AWS::Lambda::Permission":
		w.statements(properties.get("Statement"))
		return w.out
	case takesSAMPolicies(kind):
		w.list(properties.get("Policies"), "/Policies", w.samPolicy)
	case kind == "AWS::IAM::Role" || kind == "AWS::IAM::User" || kind == "AWS::IAM::Group":
		w.list(properties.get("Policies"), "/Policies", w.inlinePolicy)
	}
	for _, m := range properties.members {
		if m.key != "Policies" || len(w.out) == 0 {
			w.document(m.value, "/"+m.key)
		}
	}
	return w.out
}

func textOfNode(n *node) string {
	if n == nil || n.kind != scalar {
		return ""
	}
	return n.text
}

// walk lists the policies of one resource.
type walk struct {
	*template
	logical    string
	kind       string // type of the resource
	properties *node
	base       string // address
	item       *site  // of the list that is visited
	out        []Found
}

func (w *walk) add(f Found) {
	f.settle()
	w.out = append(w.out, f)
}

// list visits the policies of a list, of one alone, and of the branches of
// Fn::If.
func (w *walk) list(n *node, path string, visit func(*node, string)) {
	switch {
	case n == nil:
	case n.kind == list:
		for i, item := range n.items {
			w.item = &site{root: w.root, resources: w.resources, logical: w.logical, list: n, index: i}
			w.branches(item, path+"/"+itoa(i), visit)
		}
		w.item = nil
	case n.kind == opaque:
		w.branches(n, path, visit)
	default:
		visit(n, path+"/0")
	}
}

func (w *walk) branches(n *node, path string, visit func(*node, string)) {
	if n.kind != opaque || n.call != "Fn::If" || len(n.items) != 3 {
		visit(n, path)
		return
	}
	w.item = nil
	for i := 1; i < 3; i++ {
		branch := n.items[i]
		at := path + "/Fn::If/" + itoa(i)
		if branch.kind == list {
			w.list(branch, at, visit)
		} else {
			w.branches(branch, at, visit)
		}
	}
}

// inlinePolicy lists an inline policy of a role, user or group.
func (w *walk) inlinePolicy(p *node, path string) {
	if p.text == "${AWS::NoValue}" {
		return
	}
	doc := p.get("PolicyDocument")
	f := w.found(w.base+path, "identity", doc)
	switch {
	case doc == nil:
		f.Line, f.Reason = lineOf(w.source, p.start), "the policy is made by an expression: "+brief(p)
	case doc.kind == opaque && doc.call == "Fn::If":
		w.document(doc, path+"/PolicyDocument")
		return
	case doc.kind == scalar || doc.kind == opaque:
		f = w.text(w.base+path, "identity", doc)
	}
	f.name, f.Roles, f.site = nameText(p, "PolicyName"), w.holders(), w.item
	w.add(f)
}

// document lists a document, and those inside of what is none.
func (w *walk) document(n *node, path string) {
	kind, known := w.kindOf(path)
	if n.kind == scalar && (n.text == "${AWS::NoValue}" || !known) {
		return
	}
	switch {
	case n.get("Statement") != nil && isDocument(n):
		w.add(w.named(w.found(w.base+path, kind, n)))
	case n.kind == opaque && n.call == "Fn::If" && len(n.items) == 3:
		w.document(n.items[1], path+"/Fn::If/1")
		w.document(n.items[2], path+"/Fn::If/2")
	case known && n.kind != object && n.kind != list:
		w.add(w.named(w.text(w.base+path, kind, n)))
	case known && n.get("Fn::Transform") != nil:
		f := w.named(w.found(w.base+path, kind, nil))
		f.Line, f.Reason = lineOf(w.source, n.start), "a macro makes the policy: "+brief(n)
		w.add(f)
	default:
		for i, item := range n.items {
			w.document(item, path+"/"+itoa(i))
		}
		for _, m := range n.members {
			w.document(m.value, path+"/"+m.key)
		}
	}
}

// text lists a policy that is not an object of the template: JSON in a string,
// or what an expression makes.
func (w *walk) text(address, kind string, n *node) Found {
	f := w.found(address, kind, nil)
	f.Line = lineOf(w.source, n.start)
	f.Reason = "the policy is made by an expression: " + brief(n)
	if n.kind == scalar {
		if doc, err := parseJSON([]byte(n.text), 0, false); err == nil {
			f.Form, f.Reason = "string", "the policy is JSON in a text"
			f.Policy, _ = policyOf(doc)
			f.Unknown = n.refs
		}
	}
	return f
}

// brief is the beginning of an expression.
func brief(n *node) string {
	text := n.text
	if n.kind == object {
		text = strings.Join(keysOf(n), ", ")
	}
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return text
}

func keysOf(n *node) []string {
	var out []string
	for _, m := range n.members {
		out = append(out, m.key)
	}
	return out
}

// isDocument: some statement has an effect, or is chosen by an expression.
func isDocument(n *node) bool {
	return slices.ContainsFunc(n.get("Statement").list(), func(s *node) bool {
		return s.get("Effect") != nil || s.kind == opaque || s.get("Action") != nil
	})
}

// statements lists a policy whose statement stands alone.
func (w *walk) statements(n *node) {
	if n == nil || n.kind != object {
		return
	}
	doc := &node{kind: object, start: n.start, end: n.end, members: []member{{"Statement", n}}}
	w.add(w.found(w.base+"/Statement", "resource", doc))
}

// named says who holds a document of the resource, and what it is called.
func (w *walk) named(f Found) Found {
	f.Roles, f.name = w.holders(), nameText(w.properties, "PolicyName", "ManagedPolicyName")
	if f.name == "*" && w.kind == "AWS::IAM::ManagedPolicy" {
		f.name = "*" + w.logical + "-*"
	}
	switch w.kind {
	case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy":
		f.site = &site{root: w.root, resources: w.resources, logical: w.logical}
	}
	if w.kind == "AWS::SSO::PermissionSet" {
		f.set = nameText(w.properties, "Name")
	}
	if f.Kind == "identity" && f.node != nil && slices.ContainsFunc(f.node.get("Statement").list(), hasPrincipal) {
		f.Kind = "resource"
	}
	return f
}

func hasPrincipal(s *node) bool { return s.get("Principal") != nil || s.get("NotPrincipal") != nil }

// nameText is the first of the properties that is there, else any name.
func nameText(properties *node, names ...string) string {
	for _, name := range names {
		if n := properties.get(name); n != nil {
			return n.text
		}
	}
	return "*"
}
