// Package interpret says what an observation proves: which actions on which
// resources were authorised, for whom. It rests on the catalog's tables and on
// nothing learned from a particular log.
package interpret

import (
	"regexp"
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
	plans   *cache[plan]
	idle    sync.Pool // of *resolver
}

// New makes an interpreter over a catalog.
func New(c *catalog.Catalog) *Interpreter {
	return &Interpreter{catalog: c, plans: newCache[plan]()}
}

// Interpret says what the observation proves.
func (in *Interpreter) Interpret(o *trail.Observation) Interpretation {
	got := Interpretation{Principal: principalOf(o), Outcome: outcomeOf(&o.Fact)}
	if !isCall(&o.Fact) {
		got.Class = NonAPI
		return got
	}
	r := in.resolver(&o.Fact)
	defer in.release(r)
	got.Service = r.plan.service
	switch {
	case r.plan.none:
		got.Class = NoPermission
	case len(r.plan.targets) == 0:
		got.Class = Unmapped
		got.Reason = "no action is known for " + o.EventSource + " " + o.EventName
	default:
		got.Class, got.Calls = API, r.prove()
	}
	return got
}

// resolver gives a resolver for the event, which must be released.
func (in *Interpreter) resolver(f *trail.Fact) *resolver {
	r, ok := in.idle.Get().(*resolver)
	if !ok {
		r = &resolver{interpreter: in}
	}
	r.fact = f
	r.plan, r.key = in.planOf(f, r.key)
	r.index()
	return r
}

func (in *Interpreter) release(r *resolver) {
	clear(r.params)
	r.fact, r.calls = nil, nil
	in.idle.Put(r)
}

// single is room for a call on one resource, as most events prove.
type single struct {
	call     [1]iam.Call
	resource [1]iam.Pattern
}

// prove gives the calls that the event proves.
func (r *resolver) prove() []iam.Call {
	r.context = r.recent.of(r.fact)
	targets := r.targets()
	if len(targets) == 1 {
		room := new(single)
		room.call[0] = r.call(&targets[0], room.resource[:0])
		r.calls = room.call[:]
	} else {
		r.calls = make([]iam.Call, 0, len(targets))
		for i := range targets {
			r.calls = append(r.calls, r.call(&targets[i], nil))
		}
	}
	for _, implies := range r.plan.rules {
		implies(r)
	}
	return r.calls
}

// targets are the actions that the request is authorised by: those for a
// version of an object, and those of DynamoDB's statements and items.
func (r *resolver) targets() []target {
	switch p := r.plan; {
	case p.versions != nil && first(r.fact, "versionId") != "":
		return p.versions
	case len(p.targets) > 1 && r.fact.EventSource == "dynamodb.amazonaws.com":
		return inDynamoDB(r.fact, p.targets)
	default:
		return p.targets
	}
}

// outcomeOf reads the error code. S3 answers a HEAD without a body, so that
// only the status says that the object is not there.
//
// Source: S3 API Reference, HeadObject, section "Errors".
func outcomeOf(f *trail.Fact) trail.Outcome {
	if f.ErrorCode == "" || missing(f) {
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
	if f.Category == "Management" || f.Category == "Data" {
		return true
	}
	return !strings.EqualFold(f.Category, "Insight") && !strings.EqualFold(f.Category, "Aggregated")
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
func (in *Interpreter) actionsOf(e *form, prefixes []string) mapping {
	names := []string{e.name}
	if e.plain != e.name {
		names = append(names, e.plain)
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
