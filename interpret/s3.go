package interpret

import (
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// objectHeaders are the headers of a put that need an action of their own.
//
// Source: S3 API Reference, PutObject, section "Permissions".
var objectHeaders = []needing{
	{"x-amz-tagging", "s3:PutObjectTagging"},
	{"x-amz-acl", "s3:PutObjectAcl"},
	{"x-amz-grant-", "s3:PutObjectAcl"},
	{"x-amz-object-lock-mode", "s3:PutObjectRetention"},
	{"x-amz-object-lock-retain-until-date", "s3:PutObjectRetention"},
	{"x-amz-object-lock-legal-hold", "s3:PutObjectLegalHold"},
}

// bucketHeaders are the headers of CreateBucket that need an action of their
// own.
//
// Source: S3 API Reference, CreateBucket, section "Permissions".
var bucketHeaders = []needing{
	{"x-amz-acl", "s3:PutBucketAcl"},
	{"x-amz-grant-", "s3:PutBucketAcl"},
	{"x-amz-bucket-object-lock-enabled", "s3:PutBucketObjectLockConfiguration"},
	{"x-amz-bucket-object-lock-enabled", "s3:PutBucketVersioning"},
	{"x-amz-object-ownership", "s3:PutBucketOwnershipControls"},
}

// needing is a header, or what one begins with, and the action it needs.
type needing struct {
	header string
	action iam.Action
}

// in: the request has the header.
func (n needing) in(f *trail.Fact) bool {
	for i := range f.Params {
		path := f.Params[i].Path
		if len(path) >= len(n.header) && strings.EqualFold(path[:len(n.header)], n.header) && (len(path) == len(n.header) || strings.HasSuffix(n.header, "-")) {
			return f.Params[i].Value != "false" || n.header != "x-amz-bucket-object-lock-enabled"
		}
	}
	return false
}

// addNeeded adds each action that some header needs, once.
func addNeeded(f *trail.Fact, headers []needing, resource iam.Pattern, add adder) {
	var last iam.Action
	for _, h := range headers {
		if h.action != last && h.in(f) {
			add(h.action, resource)
			last = h.action
		}
	}
}

// isCopy: the event copies an object, or a part of one.
func isCopy(event string) bool { return event == "CopyObject" || event == "UploadPartCopy" }

// s3Implied covers what S3's parameters prove: the source of a copy, what
// headers need, and the 404 that a caller sees only if it may list the bucket.
//
// Source: S3 API Reference, CopyObject, GetObject, PutObjectRetention and
// PutBucketReplication, section "Permissions".
func s3Implied(f *trail.Fact, add adder) {
	if isCopy(f.EventName) {
		copied(f, add)
	}
	bucket := first(f, "bucketName")
	if bucket == "" || strings.HasPrefix(bucket, "arn:") {
		return
	}
	whole := iam.Pattern("arn:"+partition(f.Region)+":s3:::") + iam.Escape(bucket)
	object := whole + "/" + keyOrAny(f)
	switch f.EventName {
	case "PutObject", "CopyObject", "CreateMultipartUpload", "POST Object":
		addNeeded(f, objectHeaders, object, add)
	case "DeleteObject", "DeleteObjects", "PutObjectRetention":
		if strings.EqualFold(first(f, "x-amz-bypass-governance-retention"), "true") {
			add("s3:BypassGovernanceRetention", object)
		}
	case "CreateBucket":
		addNeeded(f, bucketHeaders, whole, add)
	case "GetObject", "HeadObject", "GetObjectAttributes":
		if missing(f) {
			add("s3:ListBucket", whole)
		}
	}
}

// copied adds the read of a copy's source.
func copied(f *trail.Fact, add adder) {
	source := first(f, "x-amz-copy-source")
	if source == "" {
		add("s3:GetObject", "*")
		return
	}
	object, version := copySource(source)
	action := iam.Action("s3:GetObject")
	if version {
		action = "s3:GetObjectVersion"
	}
	if strings.HasPrefix(object, "arn:") {
		add(action, iam.Escape(object))
		return
	}
	add(action, iam.Pattern("arn:"+partition(f.Region)+":s3:::")+iam.Escape(object))
}

// keyOrAny is the object's key, or any where the request names several in its
// body, which is not logged.
func keyOrAny(f *trail.Fact) iam.Pattern {
	if key := first(f, "key"); key != "" && key != catalog.Given {
		return iam.Escape(key)
	}
	return "*"
}
