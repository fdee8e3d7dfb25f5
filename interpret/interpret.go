// Package interpret says what an observation proves: which actions on which
// resources were authorised, for whom. It rests on the catalog's tables and on
// nothing learned from a particular log.
package interpret

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// Class says what kind of event an observation is.
type Class string

// The classes.
const (
	API          Class = "api"           // a call that IAM authorised or denied
	NonAPI       Class = "non_api"       // service event, sign-in, insight: nothing was authorised
	NoPermission Class = "no_permission" // a call that needs none, as sts:GetCallerIdentity
	Unmapped     Class = "unmapped"      // no action is known for it: its service is not visible
)

// Interpretation is what one observation proves.
type Interpretation struct {
	Class     Class
	Principal Principal
	Outcome   trail.Outcome
	Calls     []iam.Call
	Service   string // IAM prefix, "" if unknown
	Reason    string // for Unmapped: why
}

// Interpreter turns observations into calls. It is safe for concurrent use.
type Interpreter struct {
	catalog *catalog.Catalog
	plans   memo[event, plan]
	places  memo[string, place]
	idle    sync.Pool // of *resolver
}

// event is what a call is called.
type event struct{ source, name string }

// plan is what an event's source and name say by themselves.
type plan struct {
	service string // the IAM prefix, "" if unknown
	folded  string // the name
	actions []*catalog.Action
	none    bool // the call needs no permission
	roles   []string
	passed  []string // the services that the roles are passed to
	implies bool     // its parameters may prove more than its actions
}

// New makes an interpreter over a catalog.
func New(c *catalog.Catalog) *Interpreter { return &Interpreter{catalog: c} }

// Interpret says what the observation proves.
func (in *Interpreter) Interpret(o *trail.Observation) Interpretation {
	got := Interpretation{Principal: principalOf(o), Outcome: outcomeOf(&o.Fact)}
	if !isCall(&o.Fact) {
		got.Class = NonAPI
		return got
	}
	plan := in.plans.get(event{o.EventSource, o.EventName}, event.keep, in.plan)
	got.Service = plan.service
	actions := in.chosen(&o.Fact, plan)
	switch {
	case plan.none:
		got.Class = NoPermission
		return got
	case len(actions) == 0:
		got.Class = Unmapped
		got.Reason = "no action is known for " + o.EventSource + " " + o.EventName
		return got
	}
	got.Class = API
	if p := actions[0].Name.Prefix(); p != got.Service {
		got.Service = p
	}
	r := in.resolver(&o.Fact, plan)
	defer in.release(r)
	context := contextOf(&o.Fact)
	got.Calls = make([]iam.Call, 0, len(actions))
	for _, a := range in.versioned(&o.Fact, actions) {
		call := r.call(a)
		call.Context = context
		got.Calls = append(got.Calls, call)
	}
	if plan.implies || r.tags {
		got.Calls = in.implied(r, plan, got.Calls)
	}
	return got
}

// resolver gives a resolver for the event, which must be released.
func (in *Interpreter) resolver(f *trail.Fact, p *plan) *resolver {
	r, ok := in.idle.Get().(*resolver)
	if !ok {
		r = &resolver{interpreter: in}
	}
	r.fact, r.event = f, p.folded
	r.index()
	return r
}

func (in *Interpreter) release(r *resolver) {
	clear(r.params)
	r.fact, r.action = nil, nil
	in.idle.Put(r)
}

// outcomeOf reads the error code. S3 answers a HEAD without a body, so that
// only the status says that the object is not there.
//
// Source: S3 API Reference, HeadObject, section "Errors".
func outcomeOf(f *trail.Fact) trail.Outcome {
	if missing(f) {
		return trail.Allowed
	}
	return trail.OutcomeOf(f.ErrorCode)
}

// missing: the object that the request was about is not there.
func missing(f *trail.Fact) bool {
	if f.EventSource != "s3.amazonaws.com" {
		return false
	}
	return f.ErrorCode == "NoSuchKey" || f.EventName == "HeadObject" && (f.ErrorCode == "404" || f.ErrorCode == "NotFound")
}

func (e event) keep() event { return event{strings.Clone(e.source), strings.Clone(e.name)} }

// plan works out what an event's names say.
func (in *Interpreter) plan(e event) plan {
	p := plan{folded: catalog.Fold(undated(e.name))}
	prefixes := in.catalog.Prefixes(e.source)
	if len(prefixes) > 0 {
		p.service = prefixes[0]
	}
	m := in.actionsOf(e, prefixes)
	p.none = m.none
	for _, name := range m.actions {
		p.actions = append(p.actions, in.action(name))
	}
	prefix := p.service
	if len(p.actions) > 0 {
		prefix = p.actions[0].Name.Prefix()
	}
	p.roles, p.passed = in.catalog.RoleParams(prefix, undated(e.name))
	p.implies = len(p.roles) > 0 || implying[e.source] || slices.ContainsFunc(carried, func(c carrying) bool { return c.by(prefix, e.name) })
	return p
}

// action finds an action of the tables in the catalog; one that is not there has
// no resource types that are known.
func (in *Interpreter) action(name iam.Action) *catalog.Action {
	if a, ok := in.catalog.Action(name); ok {
		return a
	}
	return &catalog.Action{Name: name, Resources: []*catalog.ResourceType{}, Logged: catalog.Unsure}
}

// chosen are the actions of the event that this request is authorised by:
// those of API Gateway's version, and of DynamoDB's statements and items. The
// read of a copy's source is implied.
func (in *Interpreter) chosen(f *trail.Fact, p *plan) []*catalog.Action {
	switch f.EventSource {
	case "apigateway.amazonaws.com":
		if a := in.gatewayAction(f, f.EventName); a != "" {
			return []*catalog.Action{in.action(a)}
		}
	case "dynamodb.amazonaws.com":
		return inDynamoDB(f, p.actions)
	case "s3.amazonaws.com":
		if isCopy(f.EventName) {
			return p.actions[:1]
		}
	}
	return p.actions
}

// isCall reports whether the event is an API call that was authorised.
//
// Source: CloudTrail User Guide, "CloudTrail record contents", eventType and
// eventCategory; "Network activity events" (AwsVpceEvent: the call as the VPC
// endpoint saw it); Aurora User Guide, "Logging RDS Data API calls" (events of
// the type "Rds Data Service").
func isCall(f *trail.Fact) bool {
	switch f.EventType {
	case "", "AwsApiCall", "AwsVpceEvent", "Rds Data Service":
	default:
		return false
	}
	switch f.Category {
	case "", "Management", "Data", "NetworkActivity":
		return true
	}
	return false
}

type mapping struct {
	actions []iam.Action
	none    bool
}

var dateSuffix = regexp.MustCompile(`^(.+?)_?20\d{2}_?\d{2}_?\d{2}(_?v\d+)?$`)

// undated is an event name without the API version that Lambda and CloudFront
// put behind it.
func undated(name string) string {
	if strings.Contains(name, "20") {
		if m := dateSuffix.FindStringSubmatch(name); m != nil {
			return m[1]
		}
	}
	return name
}

// actionsOf maps an event name: needs none, alias, exact, a date suffix
// stripped, a group before the operation stripped.
//
// Source: Lambda Developer Guide, "Logging AWS Lambda API calls using AWS
// CloudTrail" (dates); Billing User Guide, "Payments CloudTrail events"
// (Financing_GetFinancingLine).
func (in *Interpreter) actionsOf(e event, prefixes []string) mapping {
	names := []string{e.name}
	if plain := undated(e.name); plain != e.name {
		names = append(names, plain)
	}
	if _, plain, ok := strings.Cut(e.name, "_"); ok {
		names = append(names, plain)
	}
	for _, name := range names {
		if alias := in.catalog.Alias(e.source, name); alias != nil {
			return mapping{alias.Actions, alias.None}
		}
		for _, p := range prefixes {
			if a, ok := in.catalog.Action(iam.Action(p + ":" + name)); ok {
				return mapping{actions: []iam.Action{a.Name}}
			}
		}
		if len(prefixes) > 0 {
			if alias := in.catalog.Alias(prefixes[0]+".amazonaws.com", name); alias != nil {
				return mapping{alias.Actions, alias.None}
			}
		}
	}
	return mapping{}
}

func (in *Interpreter) gatewayAction(f *trail.Fact, name string) iam.Action {
	ops := in.catalog.Gateway(name)
	if len(ops) == 0 {
		return ""
	}
	return iam.Action("apigateway:" + gatewayOp(f, ops).Verb)
}

// gatewayOp chooses between the operations of API Gateway v1 and v2 that share
// a name: v2 names its API apiId, v1 restApiId.
func gatewayOp(f *trail.Fact, ops []catalog.GatewayOp) catalog.GatewayOp {
	want := "v1"
	if len(f.Get("apiId")) > 0 {
		want = "v2"
	}
	for _, op := range ops {
		if op.Version == want {
			return op
		}
	}
	return ops[0]
}

// partition is the AWS partition that the event's region lies in.
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "eusc-"):
		return "aws-eusc"
	case strings.HasPrefix(region, "us-iso-"):
		return "aws-iso"
	case strings.HasPrefix(region, "us-isob-"):
		return "aws-iso-b"
	}
	return "aws"
}
