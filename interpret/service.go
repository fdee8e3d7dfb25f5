package interpret

import (
	"net/url"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// byDefault is what a service takes where the request names nothing.
//
// Source: EventBridge API Reference, PutEvents, EventBusName; ECS API
// Reference, RunTask, cluster: "If you do not specify a cluster, the default
// cluster is assumed"; EventBridge Scheduler API Reference, CreateSchedule,
// GroupName; Athena API Reference, WorkGroup of the operations listed.
func (r *resolver) byDefault(t *catalog.ResourceType, variable string) (string, bool) {
	switch t.Prefix {
	case "ecs":
		return "default", variable == "ClusterName"
	case "events":
		return "default", t.Name == "event-bus"
	case "scheduler":
		return "default", t.Name == "schedule" && variable == "GroupName"
	case "athena":
		return "primary", variable == "WorkGroupName" && workgroupDefault[r.event]
	}
	return "", false
}

// otherBus: the type is of rules on the default bus though the request names
// another, or the other way about.
//
// Source: EventBridge API Reference, PutRule, EventBusName: "If you omit this,
// the default event bus is used."
func (r *resolver) otherBus(t *catalog.ResourceType) bool {
	if t.Prefix != "events" || !strings.HasPrefix(t.Name, "rule-on-") {
		return false
	}
	bus := first(r.fact, "eventBusName")
	byDefault := bus == "" || bus == "default" || strings.HasSuffix(bus, ":event-bus/default")
	return byDefault != (t.Name == "rule-on-default-event-bus")
}

// opaque are the resource types whose identifier no request parameter tells,
// though one bears its name.
//
// Source: Application Auto Scaling User Guide, "Actions, resources, and
// condition keys": the identifier of a scalable target is made by the service.
var opaque = map[string]bool{
	"application-autoscaling:ScalableTarget": true,
	"ec2:group":                              true, // a resource group's name stands in no request
}

// fallback tells a variable that no parameter of its name tells: by the
// service's default, or by what the identifiers of the type begin with.
func (r *resolver) fallback(t *catalog.ResourceType, piece *catalog.Piece, nth int) (string, bool) {
	switch t.Prefix {
	case "ec2":
		return r.byPrefix(idPrefixes[t.Name], nth, func(p *param) bool { return p.name == "resourceid" || p.name == "resourceids" })
	case "organizations":
		if t.Name == "account" && piece.Variable == "AccountId" {
			return r.byPrefix("", nth, func(p *param) bool { return p.depth < 2 && isAccount(p.Value) })
		}
		if piece.Again != "" {
			return r.byPrefix(piece.Again, nth, func(p *param) bool { return p.depth < 2 })
		}
	case "ssm":
		return r.byPrefix(managed[t.Name], nth, func(p *param) bool { return p.name == "target" })
	}
	return r.byDefault(t, piece.Variable)
}

// workgroupDefault are the operations that take the workgroup "primary" where
// the request names none.
//
// Source: Athena API Reference, CreateNamedQuery, ListNamedQueries,
// ListQueryExecutions and StartQueryExecution, WorkGroup.
var workgroupDefault = map[string]bool{"createnamedquery": true, "listnamedqueries": true, "listqueryexecutions": true, "startqueryexecution": true}

// managed are the prefixes of the nodes that Systems Manager calls by their
// identifier.
//
// Source: Systems Manager User Guide, "Managed nodes": mi- for nodes that are
// no EC2 instances.
var managed = map[string]string{"instance": "i-", "managed-instance": "mi-"}

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

// byPrefix finds the nth identifier that begins with the prefix among the
// parameters that may hold one.
func (r *resolver) byPrefix(prefix string, nth int, may func(*param) bool) (string, bool) {
	if prefix == "" && r.fact.EventSource != "organizations.amazonaws.com" {
		return "", false
	}
	text := ""
	for i := range r.params {
		p := &r.params[i]
		rest, ok := strings.CutPrefix(p.Value, prefix)
		if !ok || strings.HasPrefix(rest, "attach-") || !may(p) {
			continue
		}
		text = p.Value
		if r.fact.EventSource == "organizations.amazonaws.com" {
			text = rest
		}
		if nth--; nth < 0 {
			break
		}
	}
	return text, text != ""
}

// special reads what holds more or less than one variable, or is made up in
// part by the service.
//
// Source: IAM User Guide, "IAM identifiers" (paths) and "Service-linked role
// permissions"; IAM API Reference, CreateOpenIDConnectProvider, Url.
func (r *resolver) special(t *catalog.ResourceType, variable string) (iam.Pattern, bool) {
	switch variable {
	case "TaskDefinitionFamilyName":
		family, _, _ := strings.Cut(r.taskDefinition(), ":")
		return iam.Escape(family), family != ""
	case "TaskDefinitionRevisionNumber":
		_, revision, ok := strings.Cut(r.taskDefinition(), ":")
		return iam.Escape(revision), ok
	case "RoleNameWithPath":
		if service := first(r.fact, "aWSServiceName"); service != "" {
			return "aws-service-role/" + iam.Escape(service) + "/*", true
		}
		if name := first(r.fact, "roleName"); strings.HasPrefix(name, "AWSServiceRoleFor") {
			return "aws-service-role/*/" + iam.Escape(name), true
		}
		return r.withPath("roleName")
	case "UserNameWithPath":
		return r.withPath("userName")
	case "GroupNameWithPath":
		return r.withPath("groupName")
	case "PolicyNameWithPath":
		return r.withPath("policyName")
	case "InstanceProfileNameWithPath":
		return r.withPath("instanceProfileName")
	case "ParameterNameWithoutLeadingSlash":
		return r.parameterPath()
	case "OidcProviderName":
		url := strings.TrimPrefix(first(r.fact, "url"), "https://")
		return iam.Escape(url), url != ""
	case "SecretId":
		if t.Prefix == "secretsmanager" {
			return r.secret()
		}
	case "Scope":
		switch first(r.fact, "scope") {
		case "CLOUDFRONT":
			return "global", t.Prefix == "wafv2"
		case "REGIONAL":
			return "regional", t.Prefix == "wafv2"
		}
	}
	return "", false
}

// taskDefinition is family, or family:revision, of the task definition.
func (r *resolver) taskDefinition() string {
	text := first(r.fact, "taskDefinition")
	if strings.HasPrefix(text, "arn:") {
		return ""
	}
	if text == "" {
		text = first(r.fact, "family")
	}
	return text
}

// withPath is an IAM name behind its path, where the request has one.
func (r *resolver) withPath(parameter string) (iam.Pattern, bool) {
	path, name := first(r.fact, "path"), first(r.fact, parameter)
	if len(path) < 2 || name == "" {
		return "", false
	}
	return iam.Escape(strings.TrimPrefix(path, "/") + name), true
}

// parameterPath is the path whose parameters GetParametersByPath reads.
//
// Source: Systems Manager API Reference, GetParametersByPath, Path.
func (r *resolver) parameterPath() (iam.Pattern, bool) {
	path := strings.Trim(first(r.fact, "path"), "/")
	return iam.Escape(path), path != ""
}

// secret is a secret called by its name: its ARN ends in six characters that
// Secrets Manager makes up.
//
// Source: Secrets Manager User Guide, "What's in a Secrets Manager secret?",
// Secret ARN.
func (r *resolver) secret() (iam.Pattern, bool) {
	name := first(r.fact, "secretId")
	if name == "" && r.event == "createsecret" {
		name = first(r.fact, "name")
	}
	if name == "" || strings.HasPrefix(name, "arn:") {
		return "", false
	}
	return iam.Escape(name) + "-??????", true
}

// functionName is the name in what Lambda takes as one: a name, a partial ARN
// (111122223333:function:name), either with a qualifier.
//
// Source: Lambda API Reference, Invoke, FunctionName.
func functionName(text string) string {
	if _, name, ok := strings.Cut(text, ":function:"); ok {
		text = name
	} else {
		text = strings.TrimPrefix(text, "function:")
	}
	name, _, _ := strings.Cut(text, ":")
	return name
}

// ofService covers what the rules for all services do not.
func (r *resolver) ofService(action *catalog.Action) []iam.Pattern {
	switch prefix := action.Name.Prefix(); {
	case prefix == "iam" && len(action.Required) == 1 && action.Required[0].Name == "user":
		return r.self()
	case action.Name == "elasticloadbalancing:CreateLoadBalancer":
		return r.loadBalancer()
	case prefix == "s3":
		return r.accessPoint(action)
	case action.Name == "kms:ReEncryptFrom":
		return r.reEncrypted("sourceKeyId", "destinationKeyId")
	case action.Name == "kms:ReEncryptTo":
		return r.reEncrypted("destinationKeyId", "sourceKeyId")
	case prefix == "lambda" && action.Required != nil && action.Required[0].Name == "function":
		return r.qualified()
	}
	return nil
}

// self is the user that calls, whom IAM takes where the request names none.
//
// Source: IAM API Reference, GetUser and CreateAccessKey, UserName; ChangePassword.
func (r *resolver) self() []iam.Pattern {
	if first(r.fact, "userName") != "" || r.fact.Identity.Type != "IAMUser" || !strings.HasPrefix(r.fact.Identity.ARN, "arn:") {
		return nil
	}
	return []iam.Pattern{iam.Escape(r.fact.Identity.ARN)}
}

// reEncrypted is the key of ReEncrypt that a parameter names, of the two that
// the event lists: else the one that the other's parameter does not name.
//
// Source: KMS Developer Guide, "ReEncrypt" among the examples of CloudTrail log
// entries: resources holds both keys.
func (r *resolver) reEncrypted(which, other string) []iam.Pattern {
	mine, others := first(r.fact, which), first(r.fact, other)
	var found []iam.Pattern
	for _, res := range r.fact.Resources {
		if mine != "" && strings.HasSuffix(res.ARN, mine) {
			return []iam.Pattern{iam.Escape(res.ARN)}
		}
		if strings.Contains(res.ARN, ":key/") && (others == "" || !strings.HasSuffix(res.ARN, others)) {
			found = append(found, iam.Escape(res.ARN))
		}
	}
	return found
}

// loadBalancer is the load balancer that a call of Elastic Load Balancing v2
// makes: the type is part of its ARN, its identifier the service's to choose.
//
// Source: Service Authorization Reference, "Elastic Load Balancing V2",
// resource types; API Reference version 2015-12-01, CreateLoadBalancer, Type.
func (r *resolver) loadBalancer() []iam.Pattern {
	name := first(r.fact, "name")
	if name == "" || first(r.fact, "loadBalancerName") != "" {
		return nil
	}
	kind := "app"
	switch first(r.fact, "type") {
	case "network":
		kind = "net"
	case "gateway":
		kind = "gwy"
	}
	arn := iam.ARNParts{Partition: partition(r.fact.Region), Service: "elasticloadbalancing", Region: r.fact.Region, Account: r.fact.Account}.ARN()
	return []iam.Pattern{iam.Pattern(arn) + iam.Pattern("loadbalancer/"+kind+"/") + iam.Escape(name) + "/*"}
}

// accessPoint is the resource of a request that names an access point where a
// bucket stands.
//
// Source: S3 User Guide, "Configuring IAM policies for using access points".
func (r *resolver) accessPoint(action *catalog.Action) []iam.Pattern {
	point := first(r.fact, "bucketName")
	if !strings.HasPrefix(point, "arn:") || !strings.Contains(point, ":accesspoint/") {
		return nil
	}
	if key := first(r.fact, "key"); key != "" && strings.Contains(string(action.Name), "Object") {
		return []iam.Pattern{iam.Escape(point + "/object/" + key)}
	}
	return []iam.Pattern{iam.Escape(point)}
}

// qualified is a function called by a version or an alias: its ARN ends in it.
//
// Source: Lambda Developer Guide, "Fine-tuning the Resources and Conditions
// sections of policies": a policy must name the qualified ARN for it.
func (r *resolver) qualified() []iam.Pattern {
	qualifier := first(r.fact, "qualifier")
	name := first(r.fact, "functionName")
	if qualifier == "" || qualifier == "$LATEST" || name == "" {
		return nil
	}
	account := r.fact.Account
	if parts, ok := iam.ARN(name).Split(); ok {
		account = parts.Account
	}
	arn := iam.ARNParts{Partition: partition(r.fact.Region), Service: "lambda", Region: r.fact.Region, Account: account, Resource: "function:" + functionName(name) + ":" + qualifier}.ARN()
	return []iam.Pattern{iam.Escape(string(arn))}
}

// gateway fills the path of an API Gateway operation.
func (r *resolver) gateway() iam.Pattern {
	if r.fact.EventSource != "apigateway.amazonaws.com" {
		return ""
	}
	ops := r.interpreter.catalog.Gateway(r.fact.EventName)
	if len(ops) == 0 {
		return ""
	}
	rest := gatewayOp(r.fact, ops).Template
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(rest, "${")
		b.WriteString(before)
		if !ok {
			return iam.Pattern(b.String())
		}
		var name string
		name, rest, _ = strings.Cut(after, "}")
		b.WriteString(string(r.gatewayVariable(name)))
	}
}

func (r *resolver) gatewayVariable(name string) iam.Pattern {
	switch strings.ToLower(name) {
	case "partition":
		return iam.Pattern(partition(r.fact.Region))
	case "region":
		return iam.Pattern(r.fact.Region)
	}
	folded := catalog.Fold(name)
	for i := range r.params {
		if r.params[i].name == folded {
			return iam.Escape(r.params[i].Value)
		}
	}
	return "*"
}

// copySource is what an x-amz-copy-source names: bucket and key, or an object
// of an access point by its ARN; and whether it names a version.
//
// Source: S3 API Reference, CopyObject, x-amz-copy-source.
func copySource(text string) (object string, version bool) {
	source, query, _ := strings.Cut(strings.TrimPrefix(text, "/"), "?")
	if plain, err := url.PathUnescape(source); err == nil {
		source = plain
	}
	return source, strings.HasPrefix(query, "versionId=")
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
