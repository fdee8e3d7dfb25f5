package interpret

import (
	"net/url"
	"slices"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// byDefault is what a service takes where the request names nothing, "" if
// there is no default.
//
// Source: EventBridge API Reference, PutEvents, EventBusName; ECS API
// Reference, RunTask, cluster: "If you do not specify a cluster, the default
// cluster is assumed"; EventBridge Scheduler API Reference, CreateSchedule,
// GroupName; Athena API Reference, WorkGroup of the operations listed.
func byDefault(event string, t *catalog.ResourceType, variable string) string {
	switch {
	case t.Prefix == "ecs" && variable == "ClusterName",
		t.Prefix == "events" && t.Name == "event-bus",
		t.Prefix == "scheduler" && t.Name == "schedule" && variable == "GroupName":
		return "default"
	case t.Prefix == "athena" && variable == "WorkGroupName" && workgroupDefault[event]:
		return "primary"
	}
	return ""
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

// fallbackOf is what tells a variable that no parameter of its name tells: the
// service's default, or what the identifiers of the type begin with; nil if
// there is no such thing.
func fallbackOf(p *plan, t *catalog.ResourceType, piece *catalog.Piece) fallback {
	atTop := func(p *param) bool { return p.depth < 2 }
	switch t.Prefix {
	case "ec2":
		return byPrefix(idPrefixes[t.Name], func(p *param) bool { return p.name == "resourceid" || p.name == "resourceids" })
	case "ssm":
		return byPrefix(managed[t.Name], func(p *param) bool { return p.name == "target" })
	case "organizations":
		if t.Name == "account" && piece.Variable == "AccountId" {
			return inOrganization("", func(p *param) bool { return atTop(p) && isAccount(p.Value) })
		}
		if piece.Again != "" {
			return inOrganization(piece.Again, atTop)
		}
	}
	value := byDefault(p.event, t, piece.Variable)
	if value == "" {
		return nil
	}
	return func(*resolver, int) (string, bool) { return value, true }
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
// parameters that may hold one; nil for no prefix.
func byPrefix(prefix string, may func(*param) bool) fallback {
	if prefix == "" {
		return nil
	}
	return func(r *resolver, nth int) (string, bool) {
		p := r.nthWith(prefix, nth, may)
		if p == nil {
			return "", false
		}
		return p.Value, true
	}
}

// inOrganization is byPrefix for the things of an organisation, in whose ARNs
// the prefix stands already.
func inOrganization(prefix string, may func(*param) bool) fallback {
	return func(r *resolver, nth int) (string, bool) {
		p := r.nthWith(prefix, nth, may)
		if p == nil || p.Value == prefix {
			return "", false
		}
		return p.Value[len(prefix):], true
	}
}

// nthWith is the nth parameter, the last if there are not that many, whose
// value begins with the prefix; nil if there is none.
func (r *resolver) nthWith(prefix string, nth int, may func(*param) bool) *param {
	var last *param
	for i := range r.params {
		p := &r.params[i]
		rest, ok := strings.CutPrefix(p.Value, prefix)
		if !ok || strings.HasPrefix(rest, "attach-") || !may(p) {
			continue
		}
		last = p
		if nth--; nth < 0 {
			break
		}
	}
	return last
}

// specialOf is the rule of a variable that holds more or less than one
// parameter, or is made up in part by the service; nil if it has none.
//
// Source: IAM User Guide, "IAM identifiers" (paths) and "Service-linked role
// permissions"; IAM API Reference, CreateOpenIDConnectProvider, Url.
func specialOf(t *catalog.ResourceType, variable string) telling {
	switch {
	case variable == "SecretId" && t.Prefix == "secretsmanager":
		return (*resolver).secret
	case variable == "Scope" && t.Prefix == "wafv2":
		return (*resolver).aclScope
	case variable == "JobDefinitionName" && t.Prefix == "batch":
		return jobDefinition(t.Name == "job-definition-revision")
	case variable == "Revision" && t.Prefix == "batch":
		return (*resolver).jobRevision
	case variable == "ProjectName" && t.Prefix == "codebuild":
		return (*resolver).buildProject
	}
	return specials[variable]
}

var specials = map[string]telling{
	"TaskDefinitionFamilyName":         (*resolver).taskFamily,
	"TaskDefinitionRevisionNumber":     (*resolver).taskRevision,
	"RoleNameWithPath":                 (*resolver).role,
	"UserNameWithPath":                 func(r *resolver) (iam.Pattern, bool) { return r.withPath("userName") },
	"GroupNameWithPath":                func(r *resolver) (iam.Pattern, bool) { return r.withPath("groupName") },
	"PolicyNameWithPath":               func(r *resolver) (iam.Pattern, bool) { return r.withPath("policyName") },
	"InstanceProfileNameWithPath":      func(r *resolver) (iam.Pattern, bool) { return r.withPath("instanceProfileName") },
	"ParameterNameWithoutLeadingSlash": (*resolver).parameterPath,
	"OidcProviderName":                 (*resolver).provider,
}

// jobDefinition is the name of a job definition that the request names with its
// revision, or without.
//
// Source: Batch API Reference, SubmitJob, jobDefinition: name or name:revision.
func jobDefinition(revised bool) telling {
	return func(r *resolver) (iam.Pattern, bool) {
		name, _, ok := strings.Cut(first(r.fact, "jobDefinition"), ":")
		return iam.Escape(name), ok == revised && name != "" && name != "arn"
	}
}

func (r *resolver) jobRevision() (iam.Pattern, bool) {
	name, revision, ok := strings.Cut(first(r.fact, "jobDefinition"), ":")
	return iam.Escape(revision), ok && name != "arn"
}

// buildProject is the project of a build that the request calls by its
// identifier, project:UUID.
//
// Source: CodeBuild API Reference, BatchGetBuilds and StopBuild, "Examples".
func (r *resolver) buildProject() (iam.Pattern, bool) {
	for _, path := range []string{"ids[]", "id"} {
		for _, id := range r.fact.Get(path) {
			if project, _, ok := strings.Cut(id, ":"); ok && project != "arn" {
				return iam.Escape(project), len(r.fact.Get(path)) == 1
			}
		}
	}
	return "", false
}

func (r *resolver) taskFamily() (iam.Pattern, bool) {
	family, _, _ := strings.Cut(r.taskDefinition(), ":")
	return iam.Escape(family), family != ""
}

func (r *resolver) taskRevision() (iam.Pattern, bool) {
	_, revision, ok := strings.Cut(r.taskDefinition(), ":")
	return iam.Escape(revision), ok
}

// role is a role that the request makes or is about, where its path is known.
func (r *resolver) role() (iam.Pattern, bool) {
	if service := first(r.fact, "aWSServiceName"); service != "" {
		return "aws-service-role/" + iam.Escape(service) + "/*", true
	}
	if name := first(r.fact, "roleName"); strings.HasPrefix(name, "AWSServiceRoleFor") {
		return "aws-service-role/*/" + iam.Escape(name), true
	}
	return r.withPath("roleName")
}

// provider is an OIDC provider by its URL.
func (r *resolver) provider() (iam.Pattern, bool) {
	url := strings.TrimPrefix(first(r.fact, "url"), "https://")
	return iam.Escape(url), url != ""
}

func (r *resolver) aclScope() (iam.Pattern, bool) {
	switch first(r.fact, "scope") {
	case "CLOUDFRONT":
		return "global", true
	case "REGIONAL":
		return "regional", true
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
	if name == "" && r.plan.event == "createsecret" {
		name = first(r.fact, "name")
	}
	if name == "" || strings.HasPrefix(name, "arn:") {
		return "", false
	}
	return iam.Escape(name) + madeUp, true
}

// madeUp are the characters behind a secret's name.
const madeUp = "-??????"

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

// finding is the rule of an action's service that tells what the rules for all
// services do not, nil if it has none.
func (in *Interpreter) finding(f *form, action *catalog.Action) finding {
	if op := in.gatewayOp(f); op != nil {
		return func(r *resolver, _ *target) []iam.Pattern { return []iam.Pattern{r.gateway(op)} }
	}
	switch prefix := action.Name.Prefix(); {
	case prefix == "iam" && len(action.Required) == 1 && action.Required[0].Name == "user":
		return (*resolver).self
	case action.Name == "elasticloadbalancing:CreateLoadBalancer":
		return (*resolver).loadBalancer
	case prefix == "s3":
		return (*resolver).accessPoint
	case action.Name == "kms:ReEncryptFrom":
		return func(r *resolver, _ *target) []iam.Pattern { return r.reEncrypted("sourceKeyId", "destinationKeyId") }
	case action.Name == "kms:ReEncryptTo":
		return func(r *resolver, _ *target) []iam.Pattern { return r.reEncrypted("destinationKeyId", "sourceKeyId") }
	case prefix == "bedrock" && f.has("modelId"):
		return (*resolver).model
	case prefix == "rds" && strings.HasPrefix(f.name, "Copy") && f.has("source"+rdsName(f.name)):
		return func(r *resolver, t *target) []iam.Pattern { return r.copiedSnapshot(t, rdsName(f.name)) }
	case prefix == "lambda" && len(action.Required) > 0 && action.Required[0].Name == "function":
		return (*resolver).qualified
	}
	return nil
}

// self is the user that calls, whom IAM takes where the request names none.
//
// Source: IAM API Reference, GetUser and CreateAccessKey, UserName; ChangePassword.
func (r *resolver) self(*target) []iam.Pattern {
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
func (r *resolver) loadBalancer(*target) []iam.Pattern {
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
func (r *resolver) accessPoint(t *target) []iam.Pattern {
	point := first(r.fact, "bucketName")
	if !strings.HasPrefix(point, "arn:") || !strings.Contains(point, ":accesspoint/") {
		return nil
	}
	if key := first(r.fact, "key"); key != "" && strings.Contains(string(t.Name), "Object") {
		return []iam.Pattern{iam.Escape(point + "/object/" + key)}
	}
	return []iam.Pattern{iam.Escape(point)}
}

// qualified is a function called by a version or an alias: its ARN ends in it.
//
// Source: Lambda Developer Guide, "Fine-tuning the Resources and Conditions
// sections of policies": a policy must name the qualified ARN for it.
func (r *resolver) qualified(*target) []iam.Pattern {
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

// gatewayOp is the operation of API Gateway that an event is of, nil if it is of
// none. Of the operations of v1 and v2 that share a name it is the version's
// whose API the request names: v2 calls it apiId, v1 restApiId.
func (in *Interpreter) gatewayOp(f *form) *catalog.GatewayOp {
	if f.source != "apigateway.amazonaws.com" {
		return nil
	}
	ops := in.catalog.Gateway(f.name)
	if len(ops) == 0 {
		return nil
	}
	want := "v1"
	if f.has("apiId") {
		want = "v2"
	}
	return &ops[max(0, slices.IndexFunc(ops, func(op catalog.GatewayOp) bool { return op.Version == want }))]
}

// gateway fills the path of an operation of API Gateway.
func (r *resolver) gateway(op *catalog.GatewayOp) iam.Pattern {
	rest := op.Template
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
