package catalog

import (
	"slices"
	"strings"
	"sync"
)

// alsoKept names request parameters that tell something other than a resource:
// versions, copy sources, roles, and that tags were given.
var alsoKept = []string{
	"versionid", "xamzcopysource", "prefix", "key", "name", "id", "identifier", "keyid", "bucketname", "queueurl", "tablename",
	"functionname", "rolename", "username", "groupname", "policyname", "restapiid", "apiid", "stagename", "iaminstanceprofile",
	"instanceprofilename", "xamzacl", "cluster", "taskdefinition", "family", "secretid", "scope", "domainname", "loggroupname",
	"logstreamname", "sourceidentity", "omitted", "xamztagging", "xamzbypassgovernanceretention", "copysource",
	"resourceid", "resourcetype", "awsservicename", "groupid", "layers",
	"xamzbucketobjectlockenabled", "xamzobjectownership", "providerarn",
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

// secretBranches are words that make everything below them secret.
var secretBranches = []string{"environment", "variables", "userdata", "password", "credential", "policydocument", "plaintext", "secretstring"}

var keptNames = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, n := range alsoKept {
		names[n] = true
	}
	for _, s := range Default().services {
		for _, t := range s.Resources {
			for _, v := range t.Variables {
				for _, n := range ParamNames(t, v.Name) {
					names[n] = true
				}
			}
		}
	}
	for _, f := range rows(passRole) {
		for path := range strings.SplitSeq(f[2], ";") {
			path = strings.TrimPrefix(strings.TrimSpace(path), "indirect:")
			names[Fold(LastName(path))] = true
		}
	}
	for n := range names {
		for _, word := range neverKept {
			if strings.Contains(n, word) && !namesThing(n) {
				delete(names, n)
			}
		}
	}
	return names
})

// Param reports whether ingest keeps a request parameter: one that can tell a
// resource, a role, or a condition, and cannot hold a secret.
func (c *Catalog) Param(eventSource, eventName, path string) bool {
	if !c.ParamBelow(eventSource, eventName, path) {
		return false
	}
	name := Fold(LastName(path))
	if keptNames()[name] {
		return true
	}
	return (strings.HasSuffix(name, "arn") || strings.HasSuffix(name, "arns")) && !strings.Contains(name, "policydocument")
}

// ParamBelow reports whether a parameter at the path, or below it, can be one
// that ingest keeps.
func (c *Catalog) ParamBelow(_, _, path string) bool {
	if path == "response" || strings.HasPrefix(path, "response.") {
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
	return slices.ContainsFunc([]string{"environmentname", "environmentid", "environmentarn", "environmentidentifier", "documentname"},
		func(end string) bool { return strings.HasSuffix(last, end) })
}

// ParamNames lists the names, folded, of parameters that can carry a variable
// of a resource type's ARN, most telling first.
func ParamNames(t *ResourceType, variable string) []string {
	v := Fold(variable)
	kind := Fold(t.Name)
	list := []string{v}
	if base, ok := strings.CutSuffix(v, "withpath"); ok {
		list = append(list, base)
	}
	if v == "objectname" || v == "keyname" {
		list = append(list, "key", "objectkey")
	}
	switch {
	case v == "queuename":
		list = append(list, "queueurl")
	case v == "keypairname":
		list = append(list, "keyname")
	case v == "securitygroupid":
		list = append(list, "groupid")
	}
	for _, suffix := range []string{"name", "id"} {
		base, ok := strings.CutSuffix(v, suffix)
		if ok && base != "" {
			list = append(list, base)
		}
		list = append(list, v+suffix)
		if ok {
			list = append(list, kind+suffix, base+"identifier")
		}
	}
	list = append(list, kind, kind+"identifier")
	if t.Prefix == "rds" { // whose requests say DB where its ARNs do not
		list = append(list, "db"+kind+"identifier", "db"+kind+"name", "db"+v)
	}
	if v != kind+"name" && (strings.Contains(v, kind) || v == "resourceid") {
		list = append(list, kind+"id") // a made-up variable: CloudHsmClusterInstanceName is clusterId
	}
	for _, suffix := range []string{"name", "id", "identifier"} {
		if strings.HasSuffix(v, suffix) {
			list = append(list, suffix)
		}
	}
	return list
}

// Fold strips case and punctuation off a parameter's or variable's name:
// "load-balancer" meets "loadBalancer".
func Fold(name string) string {
	return strings.Map(func(c rune) rune {
		switch c {
		case '-', '_', ' ':
			return -1
		}
		return c
	}, strings.ToLower(name))
}

// LastName is the last name of a parameter path.
func LastName(path string) string {
	path = strings.TrimSuffix(path, "[]")
	return strings.TrimSuffix(path[strings.LastIndexByte(path, '.')+1:], "[]")
}
