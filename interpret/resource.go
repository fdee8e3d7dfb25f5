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
	plan        *plan
	fact        *trail.Fact
	params      []param // those that can tell a resource
	begin       []int   // for each of the plan's places its first in params, or -1
	lists       bool    // some parameter lists several values
	arns        bool    // some parameter may hold an ARN
	given       string  // the type that a parameter says the resource is of, folded
	shallow     bool    // only parameters at the top are read
	key         []byte  // room for the key of a plan
	calls       []iam.Call
	context     iam.Context
	recent      revelation
}

// call resolves an action's resources: the event's resources list, then
// ARN-valued parameters, then the ARN format filled from parameters, then a
// pattern, then none. "room" is for the resources.
func (r *resolver) call(t *target, room []iam.Pattern) iam.Call {
	call := iam.Call{Action: t.Name, Kind: iam.Primary, Resources: anyResource, Resolution: iam.None, Context: r.context}
	if len(t.Resources) == 0 {
		call.Resolution = iam.Exact
		return call
	}
	found := r.resources(t, room)
	switch {
	case len(found) > 0:
		call.Resources, call.Resolution = found, resolution(found)
	case len(t.Required) == 0 && !r.fact.Omitted:
		call.Resolution = iam.Partial // "*" if the request names none, else one of them
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
func (r *resolver) resources(t *target, room []iam.Pattern) []iam.Pattern {
	if t.own != nil {
		if found := t.own(r, t); len(found) > 0 {
			return found
		}
	}
	found := r.stated(t, room)
	if len(found) == 0 && r.fact.Omitted {
		return nil
	}
	if len(t.Required) > 0 {
		found = r.required(t, found)
	} else if len(found) == 0 {
		found = r.alternatives(t, found)
	}
	if len(found) > 1 {
		slices.Sort(found)
		found = slices.Compact(found)
	}
	return r.asWritten(t, found)
}

// stated collects ARNs that the event itself prints and that fit the action:
// from the resources list, else from its parameters. Of parameters those at the
// top count before what lies deeper, which may be another thing: the bucket
// that a bucket replicates to.
func (r *resolver) stated(t *target, found []iam.Pattern) []iam.Pattern {
	var prefixes []iam.Pattern
	for i := range r.fact.Resources {
		res := &r.fact.Resources[i]
		if prefix, ok := strings.CutSuffix(res.ARN, "*"); ok {
			prefixes = t.addFitting(prefixes, iam.Escape(prefix)+"*")
			continue
		}
		found = t.addFitting(found, iam.Escape(plainARN(res.ARN)))
	}
	if len(found) == 0 {
		found = append(found, prefixes...)
	}
	for depth := 0; r.arns && len(found) == 0 && depth <= min(r.plan.deepest, deepest); depth++ {
		for i := range r.params {
			if p := &r.params[i]; p.depth == depth && maybeARN(p.Value) {
				found = r.addParameter(found, t, p)
			}
		}
	}
	return found
}

// deepest is how deep in the parameters an ARN may stand.
const deepest = 4

func maybeARN(text string) bool { return len(text) > 4 && text[:3] == "arn" }

// toldAtTop: a parameter at the top names the one resource of the type.
func (r *resolver) toldAtTop(k *kind) bool {
	r.shallow = true
	f := r.fill(k, 0)
	r.shallow = false
	return f.known > 0 && f.unknown == 0
}

// addParameter adds an ARN-valued parameter that fits the action, or that is
// called after its only resource type, as recoveryPointArn.
func (r *resolver) addParameter(found []iam.Pattern, t *target, p *param) []iam.Pattern {
	pattern := iam.Escape(plainARN(p.Value))
	if !strings.HasPrefix(string(pattern), "arn:") {
		return found
	}
	if k, written := t.fitting(pattern); k != nil {
		if p.depth > 0 && r.toldAtTop(k) {
			return found
		}
		return append(found, written)
	}
	for _, k := range t.Resources {
		if base, ok := strings.CutSuffix(p.name, "arn"); ok && base == k.Kind() {
			return append(found, pattern)
		}
	}
	return found
}

// addFitting adds an ARN that one of the action's types can have.
func (t *target) addFitting(found []iam.Pattern, pattern iam.Pattern) []iam.Pattern {
	if k, written := t.fitting(pattern); k != nil {
		return append(found, written)
	}
	return found
}

// fitting is the type of the action's that can have the ARN, or nil, and the
// ARN as policies need it: a log group is printed without the ":*" behind it.
func (t *target) fitting(pattern iam.Pattern) (*kind, iam.Pattern) {
	types := t.listed()
	for i := range types {
		k := &types[i]
		if k.anything {
			continue
		}
		if k.Match(pattern) {
			return k, pattern
		}
		if k.Name == "log-group" && k.Prefix == "logs" && k.Match(pattern+":*") {
			return k, pattern + ":*"
		}
	}
	return nil, ""
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
func (r *resolver) required(t *target, stated []iam.Pattern) []iam.Pattern {
	found, told := stated, len(stated) > 0
	one := told && r.anyType()
	typed := r.typedAmong(t)
	for i := range t.types {
		k := &t.types[i]
		if k.anything || typed && !r.typed(k) || k.matchAny(stated) || r.another(t, k, stated) {
			continue
		}
		f := r.fill(k, 0)
		switch below := k.below(stated); {
		case k.must && one && f.known == 0:
		case k.must && f.known == 0 && below != "":
			found = append(found, below)
		case k.must || k.always:
			told = told || f.told()
			found = r.fillEach(k, f, found)
		case f.own && k.own:
			told = true
			found = r.fillEach(k, f, found)
		}
	}
	if !told && (r.fact.Category == "Data" || t.merged) {
		return nil // a data event may be about another account's resource
	}
	return found
}

// matchAny: one of the ARNs is of the type.
func (k *kind) matchAny(arns []iam.Pattern) bool {
	for _, a := range arns {
		if k.Match(a) {
			return true
		}
	}
	return false
}

// another: the ARN in the parameter that names the type's resource is of another
// of the action's types, which are alternatives then: the listener of an
// application load balancer is none of a network load balancer.
//
// Source: Service Authorization Reference, "Elastic Load Balancing V2";
// Step Functions Developer Guide, "Execution ARNs": those of express workflows
// begin otherwise.
func (r *resolver) another(t *target, k *kind, stated []iam.Pattern) bool {
	if k.Prefix == "states" && len(stated) > 0 {
		return true // a call of Step Functions names one thing by its ARN
	}
	for i := 0; r.arns && i < len(k.fields); i++ {
		if !k.fields[i].Own {
			continue
		}
		for _, places := range k.fields[i].told {
			for _, at := range places {
				if p := r.nth(at, 0); p != nil && maybeARN(p.Value) {
					fits, _ := t.fitting(iam.Escape(plainARN(p.Value)))
					return fits != nil && fits != k
				}
			}
		}
	}
	return false
}

// below is any resource of the type below one of its parents that is stated, as
// a field of a GraphQL API; "" if none is.
func (k *kind) below(stated []iam.Pattern) iam.Pattern {
	for i := range k.parents {
		for _, a := range stated {
			if k.parents[i].Match(a) {
				return a + k.parents[i].rest
			}
		}
	}
	return ""
}

// typedAmong: a parameter says that the resource is of one of the action's
// types.
func (r *resolver) typedAmong(t *target) bool {
	if r.given == "" {
		return false
	}
	types := t.listed()
	for i := range types {
		if r.typed(&types[i]) {
			return true
		}
	}
	return false
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
func (in *Interpreter) types(action *catalog.Action, event string) []*catalog.ResourceType {
	types := action.Resources
	if action.Name.Prefix() != "glue" {
		return types
	}
	if glue, ok := in.catalog.Service("glue"); ok {
		for _, t := range glue.Resources {
			if strings.HasSuffix(event, t.Kind()) && !slices.Contains(types, t) {
				types = append(slices.Clip(types), t)
			}
		}
	}
	return types
}

// manyTyped are the services whose requests name resources of several optional
// types by identifiers of their own.
var manyTyped = map[string]bool{"batch": true, "ec2": true, "organizations": true, "ssm": true}

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
func (r *resolver) alternatives(t *target, found []iam.Pattern) []iam.Pattern {
	var best filled
	typed := r.typedAmong(t)
	types := t.listed()
	for i := range types {
		k := &types[i]
		if k.anything || typed && !r.typed(k) {
			continue
		}
		f := r.fill(k, 0)
		if !f.told() || r.otherBus(k.ResourceType) {
			continue
		}
		switch c := f.against(&best); {
		case c < 0:
			continue
		case c > 0:
			found, best = found[:0], f
		}
		found = r.fillEach(k, f, found)
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

// late are the services for which [resolver.asWritten] has a rule.
var late = map[string]bool{"dynamodb": true, "rds": true, "logs": true, "kms": true}

// asWritten gives resources the form in which policies must have them.
//
// Source: CloudWatch Logs API Reference, LogGroup, arn: policies name a log
// group with ":*" behind it, save for the three actions on its tags; KMS API
// Reference, UpdatePrimaryRegion, "Required permissions": on the primary key
// and on the replica that becomes it; DynamoDB Developer Guide, "IAM policy to
// grant permissions to a table and its indexes".
func (r *resolver) asWritten(t *target, found []iam.Pattern) []iam.Pattern {
	if !t.late {
		return found
	}
	if len(found) == 1 && strings.HasPrefix(string(t.Name), "dynamodb:") {
		if index := first(r.fact, "indexName"); index != "" {
			found[0] += "/index/" + iam.Escape(index)
		}
		return found
	}
	if len(found) > 0 && strings.HasPrefix(string(t.Name), "rds:") {
		return r.withSources(t, found)
	}
	switch t.Name {
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
	for _, at := range r.plan.owners {
		p := r.nth(at, 0)
		switch {
		case p == nil:
		case p.name == "queueurl":
			if account := accountOfQueue(p.Value); account != "" {
				return account
			}
		case isAccount(p.Value):
			return p.Value
		}
	}
	return r.fact.Account
}

// ownerNames are the parameters, at the top, that tell a resource's account.
var ownerNames = []string{"queueurl", "registryid", "catalogid", "targetprincipal"}

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
