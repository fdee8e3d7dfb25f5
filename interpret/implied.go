package interpret

import (
	"strings"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// implied lists authorisations that the parameters prove but CloudTrail does
// not log by themselves.
func (in *Interpreter) implied(f *trail.Fact, primary []iam.Call, context iam.Context) []iam.Call {
	var out []iam.Call
	add := func(action iam.Action, resource iam.Pattern, extra ...iam.Attribute) {
		call := iam.Call{Action: action, Resources: []iam.Pattern{resource}, Kind: iam.Implied, Resolution: resolution([]iam.Pattern{resource})}
		call.Context = append(iam.Context{}, context...)
		for _, a := range extra {
			call.Context = call.Context.Set(a.Key, a.Values...)
		}
		out = append(out, call)
	}
	in.passedRoles(f, primary[0].Action.Prefix(), add)
	in.tagged(f, primary, add)
	byParameter(f, primary[0].Action.Prefix(), add)
	switch f.EventSource {
	case "s3.amazonaws.com":
		s3Implied(f, add)
	case "sts.amazonaws.com":
		sessionImplied(f, primary, add)
	}
	return out
}

type adder func(iam.Action, iam.Pattern, ...iam.Attribute)

// passedRoles finds every role that a parameter carries: iam:PassRole is never
// logged by itself.
//
// Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS
// service"; the operations are in catalog/data/passrole.tsv.
func (in *Interpreter) passedRoles(f *trail.Fact, prefix string, add adder) {
	paths, services := in.catalog.RoleParams(prefix, undated(f.EventName))
	var to []iam.Attribute
	if len(services) == 1 {
		to = []iam.Attribute{{Key: "iam:PassedToService", Values: services}}
	}
	seen := map[iam.Pattern]bool{}
	for _, path := range paths {
		indirect, isIndirect := strings.CutPrefix(path, "indirect:")
		for _, value := range parameter(f, indirect) {
			role := rolePattern(value, f, isIndirect)
			if role != "" && !seen[role] {
				seen[role] = true
				add("iam:PassRole", role, to...)
			}
		}
	}
}

// rolePattern is the role a parameter names: an ARN, a name whose path is not
// known, or any role where it names something that holds the role.
func rolePattern(value string, f *trail.Fact, indirect bool) iam.Pattern {
	anyRole := iam.ARNParts{Partition: partition(f.Region), Service: "iam", Account: f.Account, Resource: "role/"}.ARN()
	switch {
	case value == "":
		return ""
	case indirect:
		return iam.Pattern(anyRole) + "*"
	case strings.HasPrefix(value, "arn:"):
		if !strings.Contains(value, ":role/") {
			return ""
		}
		return iam.Escape(value)
	}
	return iam.Pattern(anyRole) + iam.Escape(value)
}

func hasTags(f *trail.Fact) bool {
	for _, p := range f.Params {
		low := strings.ToLower(p.Path)
		if strings.HasPrefix(low, "tags") || strings.HasPrefix(low, "tagspecification") || strings.HasPrefix(low, "tagging") {
			return true
		}
	}
	return false
}

// tagged proves the service's TagResource when something is created with tags.
func (in *Interpreter) tagged(f *trail.Fact, primary []iam.Call, add adder) {
	if !strings.HasPrefix(f.EventName, "Create") && f.EventName != "RunInstances" || !hasTags(f) {
		return
	}
	prefix := primary[0].Action.Prefix()
	if prefix == "ec2" {
		for _, made := range in.taggedTypes(f) {
			add("ec2:CreateTags", made, iam.Attribute{Key: "ec2:CreateAction", Values: []string{f.EventName}})
		}
		return
	}
	if noun, ok := strings.CutPrefix(f.EventName, "Create"); ok && prefix == "iam" {
		// IAM tags each kind by an action of its own: iam:TagRole.
		if a, ok := in.catalog.Action(iam.Action("iam:Tag" + noun)); ok {
			add(a.Name, primary[0].Resources[0])
		}
		return
	}
	if strings.HasSuffix(string(primary[0].Action), "Tags") {
		return // the call itself tags
	}
	if a, ok := in.catalog.Action(iam.Action(prefix + ":TagResource")); ok {
		add(a.Name, primary[0].Resources[0])
	}
}

// sessionImplied covers what a role is assumed with: session tags and a source
// identity are authorised by actions of their own.
//
// Source: IAM User Guide, "Pass session tags in AWS STS" and "Monitor and
// control actions taken with assumed roles".
func sessionImplied(f *trail.Fact, primary []iam.Call, add adder) {
	if !strings.HasPrefix(f.EventName, "AssumeRole") {
		return
	}
	if len(f.Get("sourceIdentity")) > 0 {
		add("sts:SetSourceIdentity", primary[0].Resources[0])
	}
	if len(f.Get("providedContexts[].providerArn")) > 0 {
		add("sts:SetContext", primary[0].Resources[0])
	}
	if len(f.Get("tags[].key")) > 0 {
		add("sts:TagSession", primary[0].Resources[0])
	}
}

// objectHeaders are the headers of a put that need an action of their own.
//
// Source: S3 API Reference, PutObject, section "Permissions".
var objectHeaders = []struct {
	header string
	action iam.Action
}{
	{"x-amz-tagging", "s3:PutObjectTagging"},
	{"x-amz-acl", "s3:PutObjectAcl"},
	{"x-amz-object-lock-mode", "s3:PutObjectRetention"},
	{"x-amz-object-lock-legal-hold", "s3:PutObjectLegalHold"},
}

// bucketHeaders are the headers of CreateBucket that need an action of their
// own.
//
// Source: S3 API Reference, CreateBucket, section "Permissions".
var bucketHeaders = []struct {
	header string
	action iam.Action
}{
	{"x-amz-acl", "s3:PutBucketAcl"},
	{"x-amz-bucket-object-lock-enabled", "s3:PutBucketObjectLockConfiguration"},
	{"x-amz-bucket-object-lock-enabled", "s3:PutBucketVersioning"},
	{"x-amz-object-ownership", "s3:PutBucketOwnershipControls"},
}

// keyOrAny is the object's key, or any where the request names several in its
// body, which is not logged.
func keyOrAny(f *trail.Fact) iam.Pattern {
	if key := first(f, "key"); key != "" {
		return iam.Escape(key)
	}
	return "*"
}

// s3Implied covers what S3's parameters prove: the source of a copy, and the
// 404 that a caller sees only if it may list the bucket.
//
// Source: S3 API Reference, CopyObject and GetObject, section "Permissions".
func s3Implied(f *trail.Fact, add adder) {
	bucket := first(f, "bucketName")
	arn := iam.Pattern("arn:" + partition(f.Region) + ":s3:::")
	for _, source := range f.Get("x-amz-copy-source") {
		object, version := copySource(source)
		action := iam.Action("s3:GetObject")
		if version {
			action = "s3:GetObjectVersion"
		}
		add(action, arn+iam.Escape(object))
	}
	switch f.EventName {
	case "PutObject", "CopyObject", "CreateMultipartUpload":
		for _, h := range objectHeaders {
			if len(f.Get(h.header)) > 0 && bucket != "" {
				add(h.action, arn+iam.Escape(bucket+"/"+first(f, "key")))
			}
		}
	case "DeleteObject", "DeleteObjects":
		if strings.EqualFold(first(f, "x-amz-bypass-governance-retention"), "true") && bucket != "" {
			add("s3:BypassGovernanceRetention", arn+iam.Escape(bucket)+"/"+keyOrAny(f))
		}
	case "CreateBucket":
		for _, h := range bucketHeaders {
			if len(f.Get(h.header)) > 0 && bucket != "" {
				add(h.action, arn+iam.Escape(bucket))
			}
		}
	case "GetObject", "HeadObject", "GetObjectAttributes":
		if f.ErrorCode == "NoSuchKey" && bucket != "" {
			add("s3:ListBucket", arn+iam.Escape(bucket))
		}
	}
}
