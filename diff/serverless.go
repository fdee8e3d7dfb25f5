package diff

// serverlessFramework lists the policies of a serverless.yml: the statements
// of the role that its functions share, those of a function that has its own,
// and its CloudFormation resources.
//
// Source: Serverless Framework documentation, "IAM Permissions For Functions".
func (t *template) serverlessFramework() []Found {
	base := "cfn:" + t.file + "#"
	provider := t.root.get("provider")
	out := t.statementList(provider.get("iam").get("role").get("statements"), base+"provider/iam/role/statements", "*-lambdaRole")
	out = append(out, t.statementList(provider.get("iamRoleStatements"), base+"provider/iamRoleStatements", "*-lambdaRole")...)
	for _, m := range t.root.get("functions").membersOf() {
		out = append(out, t.statementList(m.value.get("iamRoleStatements"), base+"functions/"+m.key+"/iamRoleStatements", "*-"+m.key+"-*lambdaRole")...)
	}
	for _, part := range t.root.get("resources").list() {
		for _, resources := range []*node{part.get("Resources"), t.root.get("Resources")} {
			if t.fromResources(resources) {
				out = append(out, t.policies()...)
			}
		}
	}
	return out
}

func (n *node) membersOf() []member {
	if n == nil {
		return nil
	}
	return n.members
}

// statementList lists a policy of which only the statements stand in the file.
func (t *template) statementList(n *node, address, role string) []Found {
	if n == nil {
		return nil
	}
	doc := &node{kind: object, start: n.start, end: n.end, shared: n.shared, members: []member{
		{"Version", &node{text: "2012-10-17", exact: true}}, {"Statement", n},
	}}
	f := t.found(address, "identity", doc)
	f.name, f.Roles = "*", []string{role}
	if n.kind != list {
		f.node, f.Reason = nil, "the statements are an expression: "+brief(n)
	}
	f.settle()
	return []Found{f}
}
