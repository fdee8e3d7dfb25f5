package diff

// takesSAMPolicies: SAM makes a role of the resource's Policies.
//
// Source: AWS SAM Developer Guide, AWS::Serverless::Function and
// AWS::Serverless::StateMachine, property Policies.
func takesSAMPolicies(kind string) bool {
	return kind == "AWS::Serverless::Function" || kind == "AWS::Serverless::StateMachine"
}

// samRole is the name of the role that SAM makes: its logical ID is that of
// the function with "Role" behind it.
//
// Source: AWS SAM Developer Guide, "Generated CloudFormation resources".
func samRole(logical string) string { return "*-" + logical + "Role-*" }

// samPolicy lists one of a SAM function's policies. A text is the name or ARN
// of a managed policy, or refers to one.
func (w *walk) samPolicy(p *node, path string) {
	if p.kind == scalar {
		return
	}
	f := w.found(w.base+path, "identity", p)
	f.site = w.item
	f.Roles, f.name = []string{samRole(w.logical)}, w.logical+"RolePolicy*"
	switch {
	case p.kind == opaque && managedPolicy(p):
		return
	case p.kind == opaque:
		f.node, f.Reason = nil, "the policy is made by an expression: "+brief(p)
	case p.get("Statement") == nil:
		f.node, f.Form, f.Reason = nil, "sam-template", "a SAM policy template: "+brief(p)
	case w.properties.get("Role") != nil:
		f.Reason = "SAM ignores it beside a Role"
	}
	w.add(f)
}

// managedPolicy: the expression gives the ARN of a policy made elsewhere.
func managedPolicy(p *node) bool {
	return p.call == "Fn::ImportValue" || p.call == "Fn::Select" || p.call == "Fn::FindInMap"
}
