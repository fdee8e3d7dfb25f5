package interpret

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// implications chooses the rules by which events of a form may prove more than
// their actions: authorisations that the parameters prove but CloudTrail does
// not log by themselves.
func (in *Interpreter) implications(f *form, p *plan) {
	add := func(r rule) {
		if r != nil {
			p.rules = append(p.rules, r)
		}
	}
	prefix := p.service
	if p.roles, p.to = in.catalog.RoleParams(prefix, f.plain); len(p.roles) > 0 {
		add((*resolver).passedRoles)
	}
	if p.tagger = in.taggerOf(f, p); p.tagger != "" {
		add((*resolver).tagged)
	}
	for _, c := range carried {
		if c.by(prefix, f.name) {
			p.carried = append(p.carried, c)
		}
	}
	if len(p.carried) > 0 {
		add((*resolver).byParameter)
	}
	switch f.source {
	case "s3.amazonaws.com":
		if isCopy(f.name) {
			add(copied)
		}
		add(s3Rule(f))
	case "sts.amazonaws.com":
		add(sessionRule(f))
	case "kms.amazonaws.com":
		add(keyRule(f))
	case "dynamodb.amazonaws.com":
		add(tableRule(f))
	case "secretsmanager.amazonaws.com":
		add(secretRule(f))
	case "cloudformation.amazonaws.com":
		add(templateRule(f))
	case "lambda.amazonaws.com":
		add(codeRule(f))
	}
}

// add adds an implied call on a resource, with what it reveals beside the
// event's context.
func (r *resolver) add(action iam.Action, resource iam.Pattern, extra ...iam.Attribute) {
	call := iam.Call{Action: action, Resources: []iam.Pattern{resource}, Kind: iam.Implied, Context: r.context}
	call.Resolution = resolution(call.Resources)
	if a, ok := r.interpreter.catalog.Action(action); ok && len(a.Resources) == 0 {
		call.Resolution = iam.Exact
	}
	if len(extra) > 0 {
		call.Context = append(iam.Context{}, r.context...)
	}
	for _, a := range extra {
		call.Context = call.Context.Set(a.Key, a.Values...)
	}
	r.calls = append(r.calls, call)
}

// also adds an implied call on the resource of the event's own action.
func (r *resolver) also(action iam.Action) { r.add(action, r.calls[0].Resources[0]) }

// passedRoles finds every role that a parameter carries: iam:PassRole is never
// logged by itself. Where it is not known which parameter that is, any role
// may have been passed: so that nothing is narrowed to those that were seen.
//
// Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS
// service"; the operations are in catalog/data/passrole.tsv.
func (r *resolver) passedRoles() {
	var to []iam.Attribute
	if len(r.plan.to) == 1 {
		to = []iam.Attribute{{Key: "iam:PassedToService", Values: r.plan.to}}
	}
	var seen []iam.Pattern
	for _, path := range r.plan.roles {
		if path == "" {
			r.add("iam:PassRole", anyRole(r.fact)+"*", to...)
			continue
		}
		path, isIndirect := strings.CutPrefix(path, "indirect:")
		for _, value := range r.parameter(strings.TrimPrefix(path, "maybe:")) {
			role := rolePattern(value, r.fact, isIndirect)
			if role != "" && !slices.Contains(seen, role) {
				seen = append(seen, role)
				r.add("iam:PassRole", role, to...)
			}
		}
	}
}

// rolePattern is the role a parameter names: an ARN, a name whose path is not
// known, or any role where it names something that holds the role.
func rolePattern(value string, f *trail.Fact, indirect bool) iam.Pattern {
	switch {
	case value == "":
		return ""
	case indirect:
		return anyRole(f) + "*"
	case strings.HasPrefix(value, "arn:"):
		if !strings.Contains(value, ":role/") {
			return ""
		}
		return iam.Escape(value)
	}
	return anyRole(f) + iam.Escape(value)
}

// anyRole is what the ARNs of the roles of the event's account begin with.
func anyRole(f *trail.Fact) iam.Pattern {
	return iam.Pattern(iam.ARNParts{Partition: partition(f.Region), Service: "iam", Account: f.Account, Resource: "role/"}.ARN())
}

// taggers are the actions that tag, the first one that a service has is meant.
//
// Source: IAM User Guide, "Controlling access to AWS resources using tags";
// Service Authorization Reference, the "Tagging" actions of each service;
// Kinesis API Reference, CreateStream: kinesis:AddTagsToStream.
var taggers = []string{"TagResource", "AddTags", "CreateTags", "AddTagsToResource", "CreateOrUpdateTags", "TagResources"}

// makers are the events that make something under other words than "Create".
var makers = []string{"Create", "Run", "Register", "Allocate", "Import", "Copy", "Restore", "Request", "Put", "Start", "Provision", "Launch"}

// taggerOf is the service's action that tags what an event of the form makes
// with tags, "" if it makes nothing with tags.
func (in *Interpreter) taggerOf(f *form, p *plan) iam.Action {
	own := string(p.targets[0].Name)
	if !p.tags || p.service == "sts" || !hasVerb(f.name, makers) || strings.HasSuffix(own, "Tags") || strings.HasSuffix(own, "Tagging") {
		return "" // or the call itself tags
	}
	names := taggers
	switch {
	case p.service == "iam":
		// IAM tags each kind by an action of its own: iam:TagRole.
		noun, _ := strings.CutPrefix(f.name, "Create")
		names = []string{"Tag" + strings.TrimPrefix(noun, "Virtual")}
	case own == "kinesis:CreateStream":
		names = []string{"AddTagsToStream"}
	}
	for _, name := range names {
		if a, ok := in.catalog.Action(iam.Action(p.service + ":" + name)); ok {
			return a.Name
		}
	}
	return ""
}

// tagged proves the action that tags when something is made with tags.
func (r *resolver) tagged() {
	if r.plan.service != "ec2" {
		r.add(r.plan.tagger, taggedResource(r.calls[0].Resources[0]))
		return
	}
	for _, made := range r.taggedTypes() {
		r.add(r.plan.tagger, made, iam.Attribute{Key: "ec2:CreateAction", Values: []string{r.fact.EventName}})
	}
}

// taggedResource is the resource as an action that tags must name it: a log
// group stands without ":*".
func taggedResource(p iam.Pattern) iam.Pattern {
	if strings.Contains(string(p), ":log-group:") {
		return iam.Pattern(strings.TrimSuffix(string(p), ":*"))
	}
	return p
}

func hasVerb(event string, verbs []string) bool {
	return slices.ContainsFunc(verbs, func(v string) bool { return strings.HasPrefix(event, v) })
}

// sessionRule covers what a role is assumed with: session tags and a source
// identity are authorised by actions of their own.
//
// Source: IAM User Guide, "Pass session tags in AWS STS" and "Monitor and
// control actions taken with assumed roles".
func sessionRule(f *form) rule {
	if !strings.HasPrefix(f.name, "AssumeRole") {
		return nil
	}
	identity, context := f.has("sourceIdentity"), f.has("providedContexts[].providerArn")
	transitive := f.has("transitiveTagKeys[]")
	return func(r *resolver) {
		if identity {
			r.also("sts:SetSourceIdentity")
		}
		if context {
			r.also("sts:SetContext")
		}
		if transitive || r.plan.tags {
			r.also("sts:TagSession")
		}
	}
}
