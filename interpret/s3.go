package interpret

import (
	"slices"
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

// at: the parameter at the path is the header.
func (n *needing) at(path string) bool {
	return len(path) >= len(n.header) && strings.EqualFold(path[:len(n.header)], n.header) && (len(path) == len(n.header) || strings.HasSuffix(n.header, "-"))
}

// in: the request has the header.
func (n *needing) in(f *trail.Fact) bool {
	for i := range f.Params {
		if n.at(f.Params[i].Path) {
			return f.Params[i].Value != "false" || n.header != "x-amz-bucket-object-lock-enabled"
		}
	}
	return false
}

// headerRule adds each action that some header needs, once.
func headerRule(f *form, headers []needing, resource func(*resolver) iam.Pattern) rule {
	var there []needing
	for _, h := range headers {
		if slices.ContainsFunc(f.paths, h.at) {
			there = append(there, h)
		}
	}
	if there == nil {
		return nil
	}
	return func(r *resolver) {
		on := resource(r)
		var last iam.Action
		for i := range there {
			if h := &there[i]; on != "" && h.action != last && h.in(r.fact) {
				r.add(h.action, on)
				last = h.action
			}
		}
	}
}

// isCopy: the event copies an object, or a part of one.
func isCopy(event string) bool { return event == "CopyObject" || event == "UploadPartCopy" }

// s3Rule covers what S3's parameters prove beside the source of a copy: what
// headers need, and the 404 that a caller sees only if it may list the bucket.
//
// Source: S3 API Reference, CopyObject, GetObject, PutObjectRetention and
// PutBucketReplication, section "Permissions".
func s3Rule(f *form) rule {
	switch f.name {
	case "PutObject", "CopyObject", "CreateMultipartUpload", "POST Object":
		return headerRule(f, objectHeaders, (*resolver).object)
	case "DeleteObject", "DeleteObjects", "PutObjectRetention":
		return bypassed
	case "CreateBucket":
		return headerRule(f, bucketHeaders, (*resolver).bucket)
	case "GetObject", "HeadObject", "GetObjectAttributes":
		return listed
	}
	return nil
}

func bypassed(r *resolver) {
	if strings.EqualFold(first(r.fact, "x-amz-bypass-governance-retention"), "true") {
		if object := r.object(); object != "" {
			r.add("s3:BypassGovernanceRetention", object)
		}
	}
}

func listed(r *resolver) {
	if missing(r.fact) {
		if bucket := r.bucket(); bucket != "" {
			r.add("s3:ListBucket", bucket)
		}
	}
}

// bucket is the ARN of the bucket that the request names, "" for none.
func (r *resolver) bucket() iam.Pattern {
	name := first(r.fact, "bucketName")
	if name == "" || strings.HasPrefix(name, "arn:") {
		return ""
	}
	return iam.Pattern("arn:"+partition(r.fact.Region)+":s3:::") + iam.Escape(name)
}

// object is the ARN of the object that the request names, "" for none; any of
// the bucket's where it names several in its body, which is not logged.
func (r *resolver) object() iam.Pattern {
	bucket := r.bucket()
	if bucket == "" {
		return ""
	}
	if key := first(r.fact, "key"); key != "" && key != catalog.Given {
		return bucket + "/" + iam.Escape(key)
	}
	return bucket + "/*"
}

// copied adds the read of a copy's source.
func copied(r *resolver) {
	f := r.fact
	source := first(f, "x-amz-copy-source")
	if source == "" {
		r.add("s3:GetObject", "*")
		return
	}
	object, version := copySource(source)
	action := iam.Action("s3:GetObject")
	if version {
		action = "s3:GetObjectVersion"
	}
	if strings.HasPrefix(object, "arn:") {
		r.add(action, iam.Escape(object))
		return
	}
	r.add(action, iam.Pattern("arn:"+partition(f.Region)+":s3:::")+iam.Escape(object))
}
