package interpret

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// implied adds authorisations that the parameters prove but CloudTrail does not
// log by themselves.
func (in *Interpreter) implied(r *resolver, plan *plan, calls []iam.Call) []iam.Call {
	f, primary := r.fact, calls
	context := primary[0].Context
	add := func(action iam.Action, resource iam.Pattern, extra ...iam.Attribute) {
		call := iam.Call{Action: action, Resources: []iam.Pattern{resource}, Kind: iam.Implied, Resolution: resolution([]iam.Pattern{resource}), Context: context}
		if a, ok := in.catalog.Action(action); ok && len(a.Resources) == 0 {
			call.Resolution = iam.Exact
		}
		if len(extra) > 0 {
			call.Context = append(iam.Context{}, context...)
		}
		for _, a := range extra {
			call.Context = call.Context.Set(a.Key, a.Values...)
		}
		calls = append(calls, call)
	}
	in.passedRoles(r, plan, add)
	in.tagged(r, primary, add)
	byParameter(f, primary[0].Action.Prefix(), add)
	switch f.EventSource {
	case "s3.amazonaws.com":
		s3Implied(f, add)
	case "sts.amazonaws.com":
		sessionImplied(r, primary, add)
	case "kms.amazonaws.com":
		keyImplied(r, add)
	case "dynamodb.amazonaws.com":
		tableImplied(f, primary, add)
	case "secretsmanager.amazonaws.com":
		secretImplied(r, primary, add)
	case "cloudformation.amazonaws.com":
		templateImplied(f, add)
	case "lambda.amazonaws.com":
		codeImplied(f, add)
	}
	return calls
}

// implying are the services of which [Interpreter.implied] knows rules of their
// own.
var implying = map[string]bool{
	"s3.amazonaws.com": true, "sts.amazonaws.com": true, "kms.amazonaws.com": true, "dynamodb.amazonaws.com": true,
	"secretsmanager.amazonaws.com": true, "cloudformation.amazonaws.com": true, "lambda.amazonaws.com": true,
}

type adder func(iam.Action, iam.Pattern, ...iam.Attribute)

// passedRoles finds every role that a parameter carries: iam:PassRole is never
// logged by itself. Where it is not known which parameter that is, any role
// may have been passed: so that nothing is narrowed to those that were seen.
//
// Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS
// service"; the operations are in catalog/data/passrole.tsv.
func (in *Interpreter) passedRoles(r *resolver, plan *plan, add adder) {
	if len(plan.roles) == 0 {
		return
	}
	var to []iam.Attribute
	if len(plan.passed) == 1 {
		to = []iam.Attribute{{Key: "iam:PassedToService", Values: plan.passed}}
	}
	var seen []iam.Pattern
	for _, path := range plan.roles {
		if path == "" {
			add("iam:PassRole", anyRole(r.fact)+"*", to...)
			continue
		}
		indirect, isIndirect := strings.CutPrefix(path, "indirect:")
		for _, value := range r.parameter(indirect) {
			role := rolePattern(value, r.fact, isIndirect)
			if role != "" && !slices.Contains(seen, role) {
				seen = append(seen, role)
				add("iam:PassRole", role, to...)
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

// tagged proves the service's action that tags when something is made with
// tags.
func (in *Interpreter) tagged(r *resolver, primary []iam.Call, add adder) {
	f := r.fact
	if !r.tags || f.EventSource == "sts.amazonaws.com" || !hasVerb(f.EventName, makers) {
		return
	}
	prefix := primary[0].Action.Prefix()
	switch {
	case strings.HasSuffix(string(primary[0].Action), "Tags") || strings.HasSuffix(string(primary[0].Action), "Tagging"):
		return // the call itself tags
	case prefix == "ec2":
		for _, made := range in.taggedTypes(f) {
			add("ec2:CreateTags", made, iam.Attribute{Key: "ec2:CreateAction", Values: []string{f.EventName}})
		}
		return
	case prefix == "iam":
		// IAM tags each kind by an action of its own: iam:TagRole.
		noun, _ := strings.CutPrefix(f.EventName, "Create")
		if a, ok := in.catalog.Action(iam.Action("iam:Tag" + strings.TrimPrefix(noun, "Virtual"))); ok {
			add(a.Name, primary[0].Resources[0])
		}
		return
	}
	if primary[0].Action == "kinesis:CreateStream" {
		add("kinesis:AddTagsToStream", primary[0].Resources[0])
		return
	}
	for _, name := range taggers {
		if a, ok := in.catalog.Action(iam.Action(prefix + ":" + name)); ok {
			add(a.Name, taggedResource(primary[0].Resources[0]))
			return
		}
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

// sessionImplied covers what a role is assumed with: session tags and a source
// identity are authorised by actions of their own.
//
// Source: IAM User Guide, "Pass session tags in AWS STS" and "Monitor and
// control actions taken with assumed roles".
func sessionImplied(r *resolver, primary []iam.Call, add adder) {
	f := r.fact
	if !strings.HasPrefix(f.EventName, "AssumeRole") {
		return
	}
	if len(f.Get("sourceIdentity")) > 0 {
		add("sts:SetSourceIdentity", primary[0].Resources[0])
	}
	if len(f.Get("providedContexts[].providerArn")) > 0 {
		add("sts:SetContext", primary[0].Resources[0])
	}
	if r.tags || len(f.Get("transitiveTagKeys[]")) > 0 {
		add("sts:TagSession", primary[0].Resources[0])
	}
}
