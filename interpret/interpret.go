// Package interpret says what an observation proves: which actions on which
// resources were authorised, for whom. It rests on the catalog's tables and on
// nothing learned from a particular log.
package interpret

import (
	"regexp"
	"strings"

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
}

// New makes an interpreter over a catalog.
func New(c *catalog.Catalog) *Interpreter { return &Interpreter{c} }

// Interpret says what the observation proves.
func (in *Interpreter) Interpret(o *trail.Observation) Interpretation {
	got := Interpretation{Principal: principalOf(o), Outcome: trail.OutcomeOf(o.ErrorCode)}
	if !isCall(&o.Fact) {
		got.Class = NonAPI
		return got
	}
	prefixes := in.catalog.Prefixes(o.EventSource)
	if len(prefixes) > 0 {
		got.Service = prefixes[0]
	}
	m := in.actionsOf(&o.Fact, prefixes)
	switch {
	case m.none:
		got.Class = NoPermission
		return got
	case len(m.actions) == 0:
		got.Class = Unmapped
		got.Reason = "no action is known for " + o.EventSource + " " + o.EventName
		return got
	}
	got.Class = API
	got.Service = m.actions[0].Prefix()
	r := resolver{catalog: in.catalog, fact: &o.Fact}
	context := contextOf(&o.Fact)
	for _, a := range in.versioned(&o.Fact, m.actions) {
		call := r.call(a)
		call.Context = context
		got.Calls = append(got.Calls, call)
	}
	got.Calls = append(got.Calls, in.implied(&o.Fact, got.Calls, context)...)
	return got
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
// stripped.
func (in *Interpreter) actionsOf(f *trail.Fact, prefixes []string) mapping {
	names := []string{f.EventName}
	if plain := undated(f.EventName); plain != f.EventName {
		names = append(names, plain)
	}
	for _, name := range names {
		if f.EventSource == "apigateway.amazonaws.com" {
			if a := in.gatewayAction(f, name); a != "" {
				return mapping{actions: []iam.Action{a}}
			}
		}
		if alias := in.catalog.Alias(f.EventSource, name); alias != nil {
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
