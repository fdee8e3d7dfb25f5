package interpret

import (
	"net/url"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// templateRule adds the read of the template that a stack is made from.
//
// Source: CloudFormation User Guide, "Create a stack from the CloudFormation
// console": "The URL must point to a template […] that is stored in an S3 bucket
// that you have read permissions to", with ?versionId= for a version;
// CloudFormation API Reference, CreateStack, UpdateStack and CreateChangeSet,
// TemplateURL.
func templateRule(f *form) rule {
	switch f.name {
	case "CreateStack", "UpdateStack", "CreateChangeSet":
		if f.has("templateURL") {
			return readTemplate
		}
	}
	return nil
}

func readTemplate(r *resolver) {
	if bucket, key, version := objectAt(first(r.fact, "templateURL")); key != "" {
		r.readObject(bucket, key, version)
	}
}

// codeRule adds the read of the object that a function's code comes from.
//
// Source: Lambda API, CreateFunction and UpdateFunctionCode, the message of
// AccessDeniedException: "please make sure your request credentials have
// permission to GetObject for" the object; Lambda API Reference, FunctionCode
// and UpdateFunctionCode, S3Bucket, S3Key and S3ObjectVersion.
func codeRule(f *form) rule {
	var at string
	switch f.plain {
	case "CreateFunction":
		at = "code."
	case "UpdateFunctionCode":
	default:
		return nil
	}
	return func(r *resolver) {
		bucket, key := first(r.fact, at+"s3Bucket"), first(r.fact, at+"s3Key")
		if bucket != "" && key != "" {
			r.readObject(bucket, key, first(r.fact, at+"s3ObjectVersion") != "")
		}
	}
}

// readObject adds the read of an object, or of one version of it.
func (r *resolver) readObject(bucket, key string, version bool) {
	action := iam.Action("s3:GetObject")
	if version {
		action = "s3:GetObjectVersion"
	}
	r.add(action, iam.Pattern("arn:"+partition(r.fact.Region)+":s3:::")+iam.Escape(bucket+"/"+key))
}

// objectAt reads the URL of an object, as [catalog.Catalog.Cut] keeps it: with
// the bucket in the path or before the host. It gives no key for what is no
// such URL.
//
// Source: S3 User Guide, "Virtual hosting of general purpose buckets"; S3 API
// Reference, "Legacy endpoints" (s3-eu-west-1.amazonaws.com).
func objectAt(text string) (bucket, key string, version bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Port() != "" {
		return "", "", false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Host), ".cn")
	service, ok := strings.CutSuffix(host, suffix)
	if !ok {
		return "", "", false
	}
	path := strings.TrimPrefix(u.Path, "/")
	version = strings.HasPrefix(u.RawQuery, catalog.VersionQuery)
	if isS3Host(service) {
		bucket, key, _ = strings.Cut(path, "/")
		return bucket, key, version
	}
	for at := range service {
		if service[at] == '.' && isS3Host(service[at+1:]) {
			return service[:at], path, version
		}
	}
	return "", "", false
}

// isS3Host: the labels before amazonaws.com are of S3 itself: s3, s3-region,
// s3.region, or s3.dualstack.region.
func isS3Host(labels string) bool {
	service, region, regional := strings.Cut(labels, ".")
	region = strings.TrimPrefix(region, "dualstack.")
	if !regional {
		return service == "s3" || strings.HasPrefix(service, "s3-")
	}
	return service == "s3" && strings.Count(region, "-") >= 2 && !strings.Contains(region, ".")
}
