package catalog

import (
	"maps"
	"slices"
	"strings"
)

// alsoKept names request parameters that tell something other than a resource:
// versions, copy sources, roles, and that tags were given.
var alsoKept = []string{
	"versionid", "xamzcopysource", "prefix", "key", "name", "id", "identifier", "keyid", "bucketname", "queueurl", "tablename",
	"functionname", "rolename", "username", "groupname", "policyname", "restapiid", "apiid", "stagename", "iaminstanceprofile",
	"instanceprofilename", "xamzacl", "cluster", "taskdefinition", "family", "secretid", "scope", "domainname", "loggroupname",
	"logstreamname", "sourceidentity", "omitted", "xamztagging", "xamzbypassgovernanceretention", "copysource",
	"resourceid", "resourcetype", "awsservicename", "groupid", "layers",
	"xamzbucketobjectlockenabled", "xamzobjectlockretainuntildate", "xamzobjectownership", "providerarn",
	"taskrolearn", "executionrolearn", "role", "path", "indexname", "xamzobjectlockmode", "xamzobjectlocklegalhold",
}

// neverKept are words of parameter names whose values may be secret or are
// large: they are not kept whatever else speaks for them.
//
// Source: CloudTrail User Guide, "CloudTrail record contents",
// requestParameters; services mask some of these, not all.
var neverKept = []string{
	"password", "passwd", "credential", "privatekey", "secretstring", "secretbinary", "userdata", "environment",
	"document", "plaintext", "ciphertext", "certificatebody", "certificatechain", "accesskey", "sessionkey", "authtoken", "clienttoken",
	"clientrequesttoken", "webidentitytoken", "samlassertion", "oauth", "apikeyvalue", "message", "body", "statement", "query",
}

// notNames are names of resource types that a parameter by that name does not
// name: it holds a secret, a person's name or address, or content. Those that
// name the resource end in Id, Arn or Name.
var notNames = map[string]bool{
	"token": true, "tokens": true, "tokenlist": true, "accesstoken": true, "streamkey": true, "streamkeys": true, "hostkey": true, "hostkeys": true,
	"apikey": true, "apikeys": true, "secret": true, "secrets": true, "session": true, "sessions": true, "rolesession": true, "rolesessions": true,
	"rolesessionname": true, "rolesessionnames": true, "rolesessionnamelist": true, "rolesessionidentifier": true,
	"phonenumber": true, "phonenumbers": true, "originationphonenumber": true, "originationphonenumbers": true,
	"emailaddress": true, "emailaddresss": true, "command": true, "commands": true, "content": true, "contents": true, "input": true, "inputs": true,
}

// secretBranches are words that make everything below them secret.
var secretBranches = []string{"environment", "variables", "userdata", "password", "credential", "policydocument", "plaintext", "secretstring"}

// freeMaps are the parameters whose members the caller names: the attributes of
// an item's key, the arguments of a job, the headers of a call. What is called
// "name" or "id" there is no resource, it may be a secret or a person, and in an
// item's key it is another one each time.
//
// Source: the map members of the request types of aws-sdk-go-v2's service
// packages whose keys are texts of the caller's.
var freeMaps = setOf(
	"key", "keys", "item", "expected", "exclusiveStartKey", "attributeUpdates", "keyConditions", "queryFilter", "scanFilter",
	"expressionAttributeNames", "expressionAttributeValues",
	"encryptionContext", "sourceEncryptionContext", "destinationEncryptionContext", "additionalEncryptionContext", "kmsEncryptionContext",
	"encryptionContextEquals", "encryptionContextSubset",
	"parameters", "arguments", "defaultArguments", "nonOverridableArguments", "jobParams", "hyperParameters", "staticHyperParameters",
	"properties", "connectionProperties", "sparkProperties", "athenaProperties", "pythonProperties", "customProperties",
	"messageAttributes", "messageSystemAttributes", "sessionAttributes", "requestAttributes", "userAttributes",
	"metadata", "userMetadata", "clientMetadata", "clientContext", "labels", "dockerLabels", "driverOpts", "authParameters", "challengeResponses",
	"requestParameters", "requestTemplates", "requestModels", "responseParameters", "responseTemplates", "responseModels",
	"headers", "headerParameters", "multiValueHeaders", "queryParameters", "queryStringParameters", "logins", "content",
)

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[Fold(n)] = true
	}
	return set
}

// inFreeMap: the parameter is a member of one of [freeMaps]. The value that EC2
// logs as {"content": …} is not.
func inFreeMap(path string) bool {
	for {
		name, below, ok := strings.Cut(path, ".")
		if !ok {
			return false
		}
		if freeMaps[Fold(strings.TrimRight(name, "[]"))] {
			return true
		}
		path = below
	}
}

// kept are the names of the parameters to keep, worked out once.
func (c *Catalog) kept() map[string]bool {
	c.keptOnce.Do(func() { c.keptSet = c.keptNames() })
	return c.keptSet
}

func (c *Catalog) keptNames() map[string]bool {
	names := make(map[string]bool, 1<<13)
	for _, n := range alsoKept {
		names[n] = true
	}
	for _, s := range c.services {
		for _, t := range s.Resources {
			for _, p := range t.Template() {
				for _, n := range p.Names {
					names[n.Folded] = true
				}
			}
		}
	}
	for _, f := range rows(passRole) {
		for path := range strings.SplitSeq(f[2], ";") {
			path = strings.TrimPrefix(strings.TrimSpace(path), "indirect:")
			if strings.HasPrefix(path, "maybe:") {
				continue // holds anything: kept of its service alone
			}
			names[Fold(LastName(strings.TrimPrefix(path, "any:")))] = true
		}
	}
	maps.DeleteFunc(names, func(n string, _ bool) bool { return notNames[n] })
	for n := range names {
		for _, word := range neverKept {
			if strings.Contains(n, word) && !namesThing(n) {
				delete(names, n)
			}
		}
	}
	return names
}

// keptOf are parameters that tell something of one service's calls alone.
var keptOf = map[string][]string{
	"dynamodb.amazonaws.com":             {"operation", "regionname", "targettablename"},
	"apigateway.amazonaws.com":           {"apikey"},
	"elasticloadbalancing.amazonaws.com": {"type"},
	"iam.amazonaws.com":                  {"url"},
	"kms.amazonaws.com":                  {"primaryregion", "replicaregion", "sourcekeyid", "destinationkeyid"},
	"lambda.amazonaws.com":               {"qualifier", "s3bucket", "s3key", "s3objectversion"},
	"organizations.amazonaws.com":        {"targetid", "parentid", "sourceparentid", "destinationparentid", "childid"},
	"bedrock.amazonaws.com":              {"modelid"},
	"codebuild.amazonaws.com":            {"ids"},
	"rds.amazonaws.com": {
		"sourcedbsnapshotidentifier", "targetdbsnapshotidentifier", "sourcedbclustersnapshotidentifier", "targetdbclustersnapshotidentifier",
		"sourcedbparametergroupidentifier", "targetdbparametergroupidentifier", "sourcedbclusterparametergroupidentifier", "targetdbclusterparametergroupidentifier",
		"sourceoptiongroupidentifier", "targetoptiongroupidentifier", "sourcedbinstanceidentifier", "sourcedbclusteridentifier",
	},
	"secretsmanager.amazonaws.com": {"region", "secretidlist"},
	"sns.amazonaws.com":            {"attributevalue"},
	"ssm.amazonaws.com":            {"target"},
	"sts.amazonaws.com":            {"targetprincipal", "transitivetagkeys"},
}

// onlyOf are names of which a resource type of some services is called, and which
// the calls of others give to what names nothing and is different in most: the
// host that S3 was asked at, the number of an upload.
var onlyOf = map[string][]string{
	"host":     {"codeconnections.amazonaws.com", "codestar-connections.amazonaws.com"},
	"uploadid": {"devicefarm.amazonaws.com"},
}

// Param reports whether ingest keeps a request parameter: one that can tell a
// resource, a role, or a condition, and cannot hold a secret.
func (c *Catalog) Param(eventSource, eventName, path string) bool {
	if !c.ParamBelow(eventSource, eventName, path) {
		return false
	}
	name := Fold(LastName(path))
	if services, few := onlyOf[name]; few && !slices.Contains(services, eventSource) {
		return false
	}
	if c.kept()[name] || slices.Contains(keptOf[eventSource], name) {
		return true
	}
	return (strings.HasSuffix(name, "arn") || strings.HasSuffix(name, "arns")) && !strings.Contains(name, "policydocument")
}

// ParamBelow reports whether a parameter at the path, or below it, can be one
// that ingest keeps.
func (c *Catalog) ParamBelow(_, _, path string) bool {
	if path == "response" || strings.HasPrefix(path, "response.") || inFreeMap(path) {
		return false
	}
	lower := strings.ToLower(path)
	if namesThing(lower) {
		// Only the last name may speak of an environment: what lies below one
		// is its variables.
		lower = strings.TrimSuffix(lower, lower[strings.LastIndexByte(lower, '.')+1:])
	}
	return !slices.ContainsFunc(secretBranches, func(w string) bool { return strings.Contains(lower, w) })
}

// namesThing: the parameter names an environment (of Batch, Beanstalk, MWAA,
// Cloud9) or a document (of Systems Manager), it does not hold one.
func namesThing(path string) bool {
	last := strings.ToLower(LastName(path))
	return slices.ContainsFunc([]string{"environmentname", "environmentid", "environmentarn", "environmentidentifier", "computeenvironment", "documentname"},
		func(end string) bool { return strings.HasSuffix(last, end) })
}

// Fold strips case and punctuation off a parameter's or variable's name:
// "load-balancer" meets "loadBalancer".
func Fold(name string) string {
	if !strings.ContainsAny(name, "-_ ") {
		return strings.ToLower(name)
	}
	return strings.Map(func(c rune) rune {
		switch c {
		case '-', '_', ' ':
			return -1
		}
		return c
	}, strings.ToLower(name))
}

// LastName is the last name of a parameter path. EC2 logs members of a list as
// {"content": value} below the list's name.
func LastName(path string) string {
	path = strings.TrimSuffix(path, "[]")
	path = strings.TrimSuffix(strings.TrimSuffix(path, ".content"), "[]")
	return strings.TrimSuffix(path[strings.LastIndexByte(path, '.')+1:], "[]")
}
