package interpret

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// resolver finds the resources of one event's actions.
type resolver struct {
	interpreter *Interpreter
	fact        *trail.Fact
	action      *catalog.Action // whose resources are looked for
	event       string          // the event's name, folded
	params      []param         // those that can tell a resource
	lists       bool            // some parameter lists several values
	tags        bool            // the request gives what it makes tags
	shallow     bool            // only parameters at the top are read
}

// call resolves an action's resources: the event's resources list, then
// ARN-valued parameters, then the ARN format filled from parameters, then a
// pattern, then none.
func (r *resolver) call(action *catalog.Action) iam.Call {
	call := iam.Call{Action: action.Name, Kind: iam.Primary, Resources: anyResource, Resolution: iam.None}
	if len(action.Resources) == 0 {
		call.Resolution = iam.Exact
		return call
	}
	found := r.resources(action)
	switch {
	case len(found) > 0:
		call.Resources, call.Resolution = found, resolution(found)
	case len(action.Required) == 0 && len(r.params) == 0 && !r.fact.Omitted:
		call.Resolution = iam.Partial
	}
	return call
}

// anyResource is shared by all calls that have it. Nobody changes a call's
// resources.
var anyResource = []iam.Pattern{"*"}

func resolution(patterns []iam.Pattern) iam.Resolution {
	for _, p := range patterns {
		if _, literal := p.Literal(); !literal {
			return iam.Partial
		}
	}
	return iam.Exact
}

// resources lists what the event tells of the resources that the action was
// authorised on, nothing if it tells none.
func (r *resolver) resources(action *catalog.Action) []iam.Pattern {
	r.action = action
	if found := r.gateway(); found != "" {
		return []iam.Pattern{found}
	}
	if found := r.ofService(action); len(found) > 0 {
		return found
	}
	found := r.stated(action)
	if len(found) == 0 && r.fact.Omitted {
		return nil
	}
	if len(action.Required) > 0 {
		found = r.required(action, found)
	} else if len(found) == 0 {
		found = r.alternatives(action)
	}
	slices.Sort(found)
	return r.asWritten(action, slices.Compact(found))
}

// stated collects ARNs that the event itself prints and that fit the action:
// from the resources list, else from its parameters. Of parameters those at the
// top count before what lies deeper, which may be another thing: the bucket
// that a bucket replicates to.
func (r *resolver) stated(action *catalog.Action) []iam.Pattern {
	var found, prefixes []iam.Pattern
	for i := range r.fact.Resources {
		res := &r.fact.Resources[i]
		if prefix, ok := strings.CutSuffix(res.ARN, "*"); ok {
			prefixes = addFitting(prefixes, action, iam.Escape(prefix)+"*")
			continue
		}
		found = addFitting(found, action, iam.Escape(plainARN(res.ARN)))
	}
	if len(found) == 0 {
		found = prefixes
	}
	for depth := 0; len(found) == 0 && depth <= deepest; depth++ {
		for i := range r.params {
			if p := &r.params[i]; p.depth == depth && maybeARN(p.Value) {
				found = r.addParameter(found, action, p)
			}
		}
	}
	return found
}

// deepest is how deep in the parameters an ARN may stand.
const deepest = 4

func maybeARN(text string) bool { return strings.HasPrefix(text, "arn") && len(text) > 4 }

// toldAtTop: a parameter at the top names the one resource of the type.
func (r *resolver) toldAtTop(t *catalog.ResourceType) bool {
	top := *r
	top.shallow = true
	f := top.fill(t, 0)
	return f.known > 0 && f.unknown == 0
}

// addParameter adds an ARN-valued parameter that fits the action, or that is
// called after its only resource type, as recoveryPointArn.
func (r *resolver) addParameter(found []iam.Pattern, action *catalog.Action, p *param) []iam.Pattern {
	pattern := iam.Escape(plainARN(p.Value))
	if !strings.HasPrefix(string(pattern), "arn:") {
		return found
	}
	if t := fitting(action, pattern); t != nil {
		if p.depth > 0 && r.toldAtTop(t) {
			return found
		}
		return addFitting(found, action, pattern)
	}
	for _, t := range action.Resources {
		if base, ok := strings.CutSuffix(p.name, "arn"); ok && base == t.Kind() {
			return append(found, pattern)
		}
	}
	return found
}

// addFitting adds an ARN that one of the action's types can have. A log group
// is printed without the ":*" that policies need.
func addFitting(found []iam.Pattern, action *catalog.Action, pattern iam.Pattern) []iam.Pattern {
	switch t := fitting(action, pattern); {
	case t == nil:
		return found
	case t.Match(pattern):
		return append(found, pattern)
	}
	return append(found, pattern+":*")
}

// fitting is the type of the action's that can have the ARN, or nil.
func fitting(action *catalog.Action, pattern iam.Pattern) *catalog.ResourceType {
	for _, t := range action.Resources {
		if !anything(t) && (t.Match(pattern) || t.Prefix == "logs" && t.Name == "log-group" && t.Match(pattern+":*")) {
			return t
		}
	}
	return nil
}

// anything: the type's format fits the ARN of any service, so that it tells
// nothing of an ARN.
func anything(t *catalog.ResourceType) bool {
	return strings.HasPrefix(t.Format, "arn:${Partition}:${") || strings.HasPrefix(t.Format, "arn:*")
}

// required adds to what the event states, for each resource type that a
// request of the action must name, what its parameters tell of it: at the
// least "any of these". An optional type is authorised when the request names
// it.
//
// Source: Service Authorization Reference, "Resource types column": a type
// with an asterisk is authorised on every request, one without when the
// request uses it.
func (r *resolver) required(action *catalog.Action, stated []iam.Pattern) []iam.Pattern {
	found, told := stated, len(stated) > 0
	one := told && r.anyType()
	typed := slices.ContainsFunc(action.Resources, r.typed)
	for _, t := range r.types(action) {
		if typed && !r.typed(t) {
			continue
		}
		if slices.ContainsFunc(stated, t.Match) || anything(t) {
			continue
		}
		f, must := r.fill(t, 0), slices.Contains(action.Required, t)
		switch {
		case must && one && f.known == 0:
		case must || slices.Contains(alwaysToo[action.Name], t.Name):
			told = told || f.told()
			found = r.fillEach(t, f, found)
		case f.own && (manyTyped[t.Prefix] || r.speaksOf(t)):
			told = true
			found = r.fillEach(t, f, found)
		}
	}
	if !told && (r.fact.Category == "Data" || merged[action.Name.Prefix()]) {
		return nil // a data event may be about another account's resource
	}
	return found
}

// anyType: the request names its resource, of whichever type, by an ARN in one
// parameter, as TagResource does.
func (r *resolver) anyType() bool {
	for i := range r.params {
		p := &r.params[i]
		if p.depth == 0 && maybeARN(p.Value) && (strings.HasPrefix(p.name, "resource") || p.name == "arn") {
			return true
		}
	}
	return false
}

// types are the resource types of an action. The reference lists for some of
// Glue's calls the catalog alone, though the object is authorised as well.
//
// Source: Glue Developer Guide, "Specifying AWS Glue resource ARNs": a call on
// an object of the catalog needs the object, and all above it.
func (r *resolver) types(action *catalog.Action) []*catalog.ResourceType {
	if action.Name.Prefix() != "glue" {
		return action.Resources
	}
	types := action.Resources
	if glue, ok := r.interpreter.catalog.Service("glue"); ok {
		for _, t := range glue.Resources {
			if strings.HasSuffix(r.event, t.Kind()) && !slices.Contains(types, t) {
				types = append(slices.Clip(types), t)
			}
		}
	}
	return types
}

// manyTyped are the services whose requests name resources of several optional
// types by identifiers of their own.
var manyTyped = map[string]bool{"ec2": true, "organizations": true}

// merged are the prefixes that two services share, so that an action may list
// the resource types of the other service.
var merged = map[string]bool{"elasticloadbalancing": true, "apigateway": true, "ses": true}

// alwaysToo lists resource types that the Service Authorization Reference calls
// optional although every call needs them.
//
// Source: EC2 User Guide, "Example policies for launching instances
// (RunInstances)": an instance is launched with a root volume.
var alwaysToo = map[iam.Action][]string{"ec2:RunInstances": {"volume"}}

// alternatives are the resources of an action that takes one type or another:
// of the types that which most parameters tell is meant, and of two alike the
// one that is told in full.
func (r *resolver) alternatives(action *catalog.Action) []iam.Pattern {
	var found []iam.Pattern
	var best filled
	typed := slices.ContainsFunc(action.Resources, r.typed)
	for _, t := range action.Resources {
		if typed && !r.typed(t) {
			continue
		}
		f := r.fill(t, 0)
		if !f.told() || anything(t) || r.otherBus(t) {
			continue
		}
		switch c := f.against(&best); {
		case c < 0:
			continue
		case c > 0:
			found, best = found[:0], f
		}
		found = r.fillEach(t, f, found)
	}
	return found
}

// against is more than 0 if f tells more than g, less if it tells less.
func (f filled) against(g *filled) int {
	if f.known != g.known {
		return f.known - g.known
	}
	return g.unknown - f.unknown
}

// asWritten gives resources the form in which policies must have them.
//
// Source: CloudWatch Logs API Reference, LogGroup, arn: policies name a log
// group with ":*" behind it, save for the three actions on its tags; KMS API
// Reference, UpdatePrimaryRegion, "Required permissions": on the primary key
// and on the replica that becomes it; DynamoDB Developer Guide, "IAM policy to
// grant permissions to a table and its indexes".
func (r *resolver) asWritten(action *catalog.Action, found []iam.Pattern) []iam.Pattern {
	if index := first(r.fact, "indexName"); index != "" && action.Name.Prefix() == "dynamodb" && len(found) == 1 {
		return []iam.Pattern{found[0] + "/index/" + iam.Escape(index)}
	}
	switch action.Name {
	case "logs:TagResource", "logs:UntagResource", "logs:ListTagsForResource":
		for i, p := range found {
			found[i] = iam.Pattern(strings.TrimSuffix(string(p), ":*"))
		}
	case "kms:UpdatePrimaryRegion":
		if to := first(r.fact, "primaryRegion"); to != "" && to != r.fact.Region && len(found) == 1 {
			return append(found, iam.Pattern(strings.Replace(string(found[0]), ":"+r.fact.Region+":", ":"+to+":", 1)))
		}
	}
	return found
}

// bare is the fact without what it tells of resources.
func (r *resolver) bare() *trail.Fact {
	return &trail.Fact{Region: r.fact.Region, Account: r.fact.Account, EventSource: r.fact.EventSource, EventName: r.fact.EventName}
}

// region is the event's, or that which global web ACLs live in.
func (r *resolver) region(t *catalog.ResourceType) string {
	if t.Prefix == "wafv2" && first(r.fact, "scope") == "CLOUDFRONT" {
		return "us-east-1"
	}
	return r.fact.Region
}

// owner is the account that the resource lies in: as the resources list says,
// else as the request does, else the caller's.
func (r *resolver) owner(t *catalog.ResourceType) string {
	if t.Prefix == "ssm" && t.Name == "document" && amazonDocument(first(r.fact, "documentName"), first(r.fact, "name")) {
		return ""
	}
	for i := range r.fact.Resources {
		if account := r.fact.Resources[i].Account; isAccount(account) {
			return account
		}
	}
	for i := range r.params {
		p := &r.params[i]
		if p.depth > 0 {
			continue
		}
		switch p.name {
		case "queueurl":
			if account := accountOfQueue(p.Value); account != "" {
				return account
			}
		case "registryid", "catalogid", "targetprincipal":
			if isAccount(p.Value) {
				return p.Value
			}
		}
	}
	return r.fact.Account
}

func isAccount(text string) bool {
	return len(text) == 12 && strings.Trim(text, "0123456789") == ""
}

// accountOfQueue is the account in a queue's URL,
// https://sqs.eu-west-1.amazonaws.com/111122223333/name.
//
// Source: SQS Developer Guide, "Queue and message identifiers".
func accountOfQueue(url string) string {
	rest, _, ok := cutLast(url, '/')
	if !ok {
		return ""
	}
	if _, account, ok := cutLast(rest, '/'); ok && isAccount(account) {
		return account
	}
	return ""
}

func cutLast(text string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

// amazonDocument: one of the names is of a document that AWS owns, whose ARN
// has no account.
//
// Source: Systems Manager User Guide, "Amazon-owned documents" and its policies for
// Run Command.
func amazonDocument(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool {
		return strings.HasPrefix(n, "AWS-") || strings.HasPrefix(n, "AWSSupport-") || strings.HasPrefix(n, "AmazonCloudWatch-")
	})
}
