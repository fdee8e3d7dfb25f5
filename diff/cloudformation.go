package diff

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
)

// template lists the policies of a CloudFormation or SAM template, or of a
// plain JSON policy. Any other file has none.
func (f *finder) template(path string) ([]Found, error) {
	source, err := f.read(path)
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(source, []byte("Statement")) && !bytes.Contains(source, []byte("AWS::Serverless")) {
		return nil, nil
	}
	t := &template{file: relative(f.repo, path), source: source}
	if filepath.Ext(path) == ".json" || bytes.HasPrefix(bytes.TrimSpace(trimBOM(source)), []byte("{")) {
		t.quote = spellTemplateJSON
		t.root, err = parseJSON(trimBOM(source), len(source)-len(trimBOM(source)), false)
		if err == nil {
			intrinsics(t.root)
		}
	} else {
		t.quote = spellYAML
		t.root, err = parseYAML(source)
	}
	if err != nil || t.root.kind != object {
		return nil, nil // not a template
	}
	if resources := t.root.get("Resources"); resources != nil && resources.kind == object {
		t.resources = resources
		return t.policies(), nil
	}
	if t.root.get("Statement") != nil && filepath.Ext(path) == ".json" {
		return []Found{t.plain()}, nil
	}
	return nil, nil
}

// intrinsics turns {"Ref": …} and {"Fn::Sub": …} into texts with references.
//
// Source: CloudFormation Template Reference, "Intrinsic functions".
func intrinsics(n *node) {
	for _, m := range n.members {
		intrinsics(m.value)
	}
	for _, i := range n.items {
		intrinsics(i)
	}
	if n.kind != object || len(n.members) != 1 {
		return
	}
	value := n.members[0].value
	switch key := n.members[0].key; {
	case key == "Ref" && value.kind == scalar:
		*n = node{kind: scalar, start: n.start, end: n.end, text: "${" + value.text + "}", refs: []string{"${" + value.text + "}"}}
	case key == "Fn::Sub" && value.kind == scalar:
		*n = node{kind: scalar, start: n.start, end: n.end}
		n.substitute(value.text)
	case key == "Fn::GetAtt":
		var names []string
		for _, i := range value.list() {
			names = append(names, i.text)
		}
		*n = node{kind: scalar, start: n.start, end: n.end, text: "${" + strings.Join(names, ".") + "}", refs: []string{"${" + strings.Join(names, ".") + "}"}}
	case strings.HasPrefix(key, "Fn::"):
		*n = node{kind: opaque, start: n.start, end: n.end, text: "${" + key + "}", items: n.items}
	}
}

type template struct {
	file      string
	source    []byte
	root      *node
	resources *node
	quote     speller
}

func (t *template) found(address, kind string, n *node) Found {
	f := Found{Address: address, File: t.file, Kind: kind, Form: "yaml", source: t.source, node: n, quote: t.quote}
	if bytes.HasPrefix(bytes.TrimSpace(trimBOM(t.source)), []byte("{")) {
		f.Form = "json"
	}
	if n != nil {
		f.Line = lineOf(t.source, min(n.start, len(t.source)))
	}
	return f
}

func (t *template) plain() Found {
	f := t.found("json:"+t.file+"#", "identity", t.root)
	f.settle()
	if f.Policy != nil && slices.ContainsFunc(t.root.get("Statement").list(), func(n *node) bool { return n.get("Principal") != nil }) {
		f.Kind = "resource"
	}
	f.name = strings.TrimSuffix(filepath.Base(t.file), ".json")
	return f
}

// documents names, for a resource type, the property that holds a policy.
var documents = map[string]struct{ property, kind string }{
	"AWS::IAM::Policy":                    {"PolicyDocument", "identity"},
	"AWS::IAM::ManagedPolicy":             {"PolicyDocument", "identity"},
	"AWS::IAM::RolePolicy":                {"PolicyDocument", "identity"},
	"AWS::IAM::UserPolicy":                {"PolicyDocument", "identity"},
	"AWS::IAM::GroupPolicy":               {"PolicyDocument", "identity"},
	"AWS::IAM::Role":                      {"AssumeRolePolicyDocument", "trust"},
	"AWS::SSO::PermissionSet":             {"InlinePolicy", "identity"},
	"AWS::S3::BucketPolicy":               {"PolicyDocument", "resource"},
	"AWS::SQS::QueuePolicy":               {"PolicyDocument", "resource"},
	"AWS::SNS::TopicPolicy":               {"PolicyDocument", "resource"},
	"AWS::KMS::Key":                       {"KeyPolicy", "resource"},
	"AWS::SecretsManager::ResourcePolicy": {"ResourcePolicy", "resource"},
	"AWS::Organizations::Policy":          {"Content", "scp"},
}

func (t *template) policies() []Found {
	var out []Found
	for _, m := range t.resources.members {
		kind, properties := m.value.get("Type"), m.value.get("Properties")
		if kind == nil || properties == nil {
			continue
		}
		base := "cfn:" + t.file + "#" + m.key
		if d, ok := documents[kind.text]; ok {
			if doc := properties.get(d.property); doc != nil {
				f := t.found(base+"/"+d.property, d.kind, doc)
				f.Roles, f.name = t.holders(m.key, kind.text, properties), nameText(properties, "PolicyName", "ManagedPolicyName")
				if kind.text == "AWS::SSO::PermissionSet" {
					f.set = nameText(properties, "Name")
				}
				f.settle()
				out = append(out, f)
			}
		}
		switch kind.text {
		case "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group":
			out = append(out, t.inline(base, m.key, kind.text, properties)...)
		case "AWS::Serverless::Function", "AWS::Serverless::StateMachine":
			out = append(out, t.serverless(base, m.key, properties)...)
		}
	}
	return out
}

// nameText is the first of the properties that is there, else any name.
func nameText(properties *node, names ...string) string {
	for _, name := range names {
		if n := properties.get(name); n != nil {
			return n.text
		}
	}
	return "*"
}

// holders lists who holds a document: the role itself, or its Roles.
func (t *template) holders(logical, kind string, properties *node) []string {
	if kind == "AWS::IAM::Role" {
		return []string{t.roleName(logical)}
	}
	roles := []string{}
	for _, property := range []string{"Roles", "RoleName"} {
		for _, r := range properties.get(property).list() {
			name := strings.TrimSuffix(strings.TrimPrefix(r.text, "${"), "}")
			if t.resources.get(name) != nil {
				roles = append(roles, t.roleName(name))
			} else {
				roles = append(roles, r.text)
			}
		}
	}
	return roles
}

// roleName is the role's RoleName, else what CloudFormation makes of its
// logical ID: stack, logical ID, random.
func (t *template) roleName(logical string) string {
	if r := t.resources.get(logical); r != nil && r.get("Properties") != nil {
		if n := r.get("Properties").get("RoleName"); n != nil {
			return n.text
		}
	}
	return "*-" + logical + "-*"
}

func (t *template) inline(base, logical, kind string, properties *node) []Found {
	var out []Found
	for i, p := range properties.get("Policies").list() {
		doc := p.get("PolicyDocument")
		if doc == nil {
			continue
		}
		f := t.found(base+"/Policies/"+itoa(i), "identity", doc)
		f.name = nameText(p, "PolicyName")
		if kind == "AWS::IAM::Role" {
			f.Roles = []string{t.roleName(logical)}
		}
		f.settle()
		out = append(out, f)
	}
	return out
}

// serverless lists the policies of a SAM function: SAM makes a role of the
// function's name and numbers its policies.
//
// Source: AWS SAM Developer Guide, AWS::Serverless::Function, Policies.
func (t *template) serverless(base, logical string, properties *node) []Found {
	if properties.get("Role") != nil {
		return nil
	}
	var out []Found
	for i, p := range properties.get("Policies").list() {
		if p.kind == scalar {
			continue // the name of a managed policy
		}
		f := t.found(base+"/Policies/"+itoa(i), "identity", p)
		f.name = logical + "RolePolicy" + itoa(i)
		f.Roles = []string{"*-" + logical + "Role-*"}
		if p.get("Statement") == nil {
			f.node, f.Form, f.Reason = nil, "sam-template", "a SAM policy template"
		}
		f.settle()
		out = append(out, f)
	}
	return out
}
