package interpret

import (
	"net/url"
	"slices"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// alwaysToo lists resource types that the Service Authorization Reference calls
// optional although every call needs them.
//
// Source: EC2 User Guide, "Example policies for launching instances
// (RunInstances)": an instance is launched with a root volume.
var alwaysToo = map[iam.Action][]string{"ec2:RunInstances": {"volume"}}

// defaults is what a service takes where the request names no resource: a value
// for a resource type, for the events whose request may name one. An empty list
// of events is every event of the service.
//
// Source: Athena API Reference, WorkGroup of the operations listed; EventBridge
// API Reference, PutRule, EventBusName; ECS API Reference, RunTask, cluster.
var defaults = map[string]struct {
	value  string
	events []string
}{
	// GetQueryExecution and its kin carry a query's ID, whose workgroup the
	// event does not tell.
	"athena:workgroup": {"primary", []string{"CreateNamedQuery", "ListNamedQueries", "ListQueryExecutions", "StartQueryExecution"}},
	"ecs:cluster":      {value: "default"},
	"events:event-bus": {value: "default"},
}

// opaque are the resource types whose identifier no request parameter tells,
// though one bears its name.
//
// Source: Application Auto Scaling User Guide, "Actions, resources, and
// condition keys": the identifier of a scalable target is made by the service.
var opaque = map[string]bool{"application-autoscaling:ScalableTarget": true}

// needed lists the resource types that this request was authorised on: those
// that every request of the action names, and the optional ones that its
// parameters name.
//
// Source: Service Authorization Reference, "Resource types column": a type
// without an asterisk is authorised when the request uses it.
func (r *resolver) needed(action *catalog.Action) []*catalog.ResourceType {
	if len(action.Required) == 0 {
		return nil
	}
	types := slices.Clone(action.Required)
	for _, t := range action.Resources {
		if slices.Contains(types, t) {
			continue
		}
		_, known, _ := r.fill(t)
		if slices.Contains(alwaysToo[action.Name], t.Name) || known > 0 && (t.Prefix == "ec2" || r.about(t)) {
			types = append(types, t)
		}
	}
	return types
}

// fillEach fills a format once for each value of a parameter that lists
// several, as InstanceIds does.
func (r *resolver) fillEach(t *catalog.ResourceType) []iam.Pattern {
	var found []iam.Pattern
	each := *r
	for each.nth = 0; each.nth < mostEach; each.nth++ {
		pattern, _, _ := each.fill(t)
		if slices.Contains(found, pattern) {
			break
		}
		found = append(found, pattern)
	}
	if len(found) == mostEach {
		pattern, _, _ := (&resolver{catalog: r.catalog, fact: &trail.Fact{Region: r.fact.Region, Account: r.fact.Account}}).fill(t)
		return []iam.Pattern{pattern}
	}
	return found
}

// mostEach bounds the resources that one call lists: a longer list is any of
// the type.
const mostEach = 64

// anyRequired is "any of this type" for a request that names none: only for an
// action that takes one type, and for a management call, which is about the
// caller's own account.
func (r *resolver) anyRequired(action *catalog.Action) []iam.Pattern {
	if len(action.Required) != 1 || len(action.Resources) != 1 || r.fact.Category == "Data" {
		return nil
	}
	pattern, _, _ := r.fill(action.Required[0])
	return []iam.Pattern{pattern}
}

// fallback tells a variable that no parameter of its name tells: by the
// service's default, or by an EC2 identifier whose prefix is the type's.
func (r *resolver) fallback(t *catalog.ResourceType) (string, bool) {
	if t.Prefix == "ec2" {
		return r.byIDPrefix(t)
	}
	d, ok := defaults[t.Prefix+":"+t.Name]
	if !ok || len(d.events) > 0 && !slices.Contains(d.events, r.fact.EventName) {
		return "", false
	}
	return d.value, true
}

// idPrefixes are the prefixes of EC2 resource IDs.
//
// Source: EC2 User Guide, "Resource IDs"; EC2 API Reference, CreateTags.
var idPrefixes = map[string]string{
	"instance": "i-", "volume": "vol-", "snapshot": "snap-", "image": "ami-", "vpc": "vpc-", "subnet": "subnet-",
	"security-group": "sg-", "network-interface": "eni-", "elastic-ip": "eipalloc-", "internet-gateway": "igw-",
	"natgateway": "nat-", "route-table": "rtb-", "network-acl": "acl-", "launch-template": "lt-", "vpc-endpoint": "vpce-",
	"vpc-peering-connection": "pcx-", "dhcp-options": "dopt-", "customer-gateway": "cgw-", "vpn-gateway": "vgw-",
	"vpn-connection": "vpn-", "transit-gateway": "tgw-", "transit-gateway-attachment": "tgw-attach-", "key-pair": "key-",
	"placement-group": "pg-", "reserved-instances": "r-", "spot-instances-request": "sir-", "spot-fleet-request": "sfr-",
	"capacity-reservation": "cr-", "dedicated-host": "h-", "vpc-flow-log": "fl-", "prefix-list": "pl-", "fleet": "fleet-",
}

// byIDPrefix finds the type's identifiers in resourceId, which CreateTags and
// DeleteTags use for every type.
func (r *resolver) byIDPrefix(t *catalog.ResourceType) (string, bool) {
	prefix, ok := idPrefixes[t.Name]
	if !ok {
		return "", false
	}
	var ids []string
	for _, p := range r.fact.Params {
		if strings.EqualFold(catalog.LastName(p.Path), "resourceId") && strings.HasPrefix(p.Value, prefix) {
			ids = append(ids, p.Value)
		}
	}
	if len(ids) == 0 {
		return "", false
	}
	return ids[min(r.nth, len(ids)-1)], true
}

// generated is a name that the service makes up in part.
func (r *resolver) generated(t *catalog.ResourceType, variable string) (iam.Pattern, bool) {
	switch t.Prefix {
	case "iam":
		return r.serviceLinked(variable)
	case "secretsmanager":
		return r.secret(t)
	}
	return "", false
}

// secret is a secret called by its name: its ARN ends in six characters that
// Secrets Manager makes up.
//
// Source: Secrets Manager User Guide, "What's in a Secrets Manager secret?",
// Secret ARN.
func (r *resolver) secret(t *catalog.ResourceType) (iam.Pattern, bool) {
	name := first(r.fact, "secretId")
	if r.fact.EventName == "CreateSecret" {
		name = first(r.fact, "name")
	}
	if name == "" || t.Name != "Secret" || strings.HasPrefix(name, "arn:") {
		return "", false
	}
	return iam.Escape(name) + "-??????", true
}

// serviceLinked is the role that CreateServiceLinkedRole makes: its path tells
// the service, its name is the service's to choose.
//
// Source: IAM User Guide, "Service-linked role permissions".
func (r *resolver) serviceLinked(variable string) (iam.Pattern, bool) {
	service := first(r.fact, "aWSServiceName")
	if service == "" || catalog.Fold(variable) != "rolenamewithpath" {
		return "", false
	}
	return "aws-service-role/" + iam.Escape(service) + "/*", true
}

// plainARN undoes the URL encoding that some services log ARNs of the path
// with, as Amazon MSK does.
func plainARN(text string) string {
	if strings.HasPrefix(text, "arn%3A") || strings.HasPrefix(text, "arn%3a") {
		if plain, err := url.PathUnescape(text); err == nil {
			return plain
		}
	}
	return text
}
