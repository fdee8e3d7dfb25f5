package usage

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// halves says which of an account's management events a selector records.
type halves struct{ reads, writes bool }

func (h halves) and(o halves) halves { return halves{h.reads && o.reads, h.writes && o.writes} }
func (h halves) or(o halves) halves  { return halves{h.reads || o.reads, h.writes || o.writes} }

// recordsManagement: the trail's selectors together record every management
// event of the action.
//
// Source: CloudTrail User Guide, "Logging management events".
func recordsManagement(c *catalog.Catalog, t account.Trail, a *catalog.Action) bool {
	var got halves
	for _, s := range t.Basic {
		if s.Management && !excludes(c, s.Excluded, a) {
			got = got.or(readWrite(s.ReadWrite))
		}
	}
	for _, s := range t.Advanced {
		got = got.or(advancedManagement(c, s, a))
	}
	switch {
	case got.reads && got.writes:
		return true
	case got.reads:
		return surelyReads(a)
	case got.writes:
		return surelyWrites(a)
	}
	return false
}

func readWrite(kind string) halves {
	switch kind {
	case "All", "": // the API's default
		return halves{true, true}
	case "ReadOnly":
		return halves{reads: true}
	case "WriteOnly":
		return halves{writes: true}
	}
	return halves{}
}

// excludes reports whether one of the event sources carries the action: the
// source's name need not be the action's prefix (rdsdata.amazonaws.com carries
// rds-data actions).
func excludes(c *catalog.Catalog, sources []string, a *catalog.Action) bool {
	return slices.ContainsFunc(sources, func(source string) bool {
		return source == a.Name.Prefix()+".amazonaws.com" || slices.Contains(c.Prefixes(source), a.Name.Prefix())
	})
}

// advancedManagement judges an advanced selector. Whatever it cannot judge
// counts as not recorded.
//
// Source: CloudTrail API Reference, AdvancedFieldSelector.
func advancedManagement(c *catalog.Catalog, s account.AdvancedSelector, a *catalog.Action) halves {
	got := halves{true, true}
	management := false
	for _, f := range s.Fields {
		switch f.Field {
		case "eventCategory":
			management = onlyEquals(f) && slices.Contains(f.Equals, "Management")
		case "readOnly":
			got = got.and(readOnlyField(f))
		case "eventSource":
			if !onlyNotEquals(f) || excludes(c, f.NotEquals, a) {
				return halves{}
			}
		default:
			return halves{}
		}
	}
	if !management {
		return halves{}
	}
	return got
}

func readOnlyField(f account.FieldSelector) halves {
	if !onlyEquals(f) {
		return halves{}
	}
	return halves{reads: slices.Contains(f.Equals, "true"), writes: slices.Contains(f.Equals, "false")}
}

func onlyEquals(f account.FieldSelector) bool {
	return len(f.NotEquals)+len(f.StartsWith)+len(f.NotStartsWith)+len(f.EndsWith)+len(f.NotEndsWith) == 0
}

func onlyNotEquals(f account.FieldSelector) bool {
	return len(f.Equals)+len(f.StartsWith)+len(f.NotStartsWith)+len(f.EndsWith)+len(f.NotEndsWith) == 0
}

// An event's readOnly field follows the service, not IAM's access level
// (sts:AssumeRole is a write to IAM and readOnly to CloudTrail). Where a trail
// records one half only, an action counts for it if level and verb agree.
var (
	readingVerbs = []string{"Get", "List", "Describe"}
	writingVerbs = []string{
		"Add", "Allocate", "Associate", "Attach", "Authorize", "Create", "Delete", "Deregister", "Detach", "Disable",
		"Disassociate", "Enable", "Modify", "Put", "Reboot", "Register", "Release", "Remove", "Replace", "Restore",
		"Revoke", "Run", "Set", "Stop", "Tag", "Terminate", "Untag", "Update",
	}
)

func surelyReads(a *catalog.Action) bool {
	return (a.Access == catalog.Read || a.Access == catalog.List) && hasVerb(a.Name, readingVerbs)
}

func surelyWrites(a *catalog.Action) bool {
	return a.Access != catalog.Read && a.Access != catalog.List && hasVerb(a.Name, writingVerbs)
}

func hasVerb(a iam.Action, verbs []string) bool {
	return slices.ContainsFunc(verbs, func(v string) bool { return strings.HasPrefix(a.Name(), v) })
}

func recordsData(t account.Trail, kind string, resource iam.Pattern) bool {
	for _, s := range t.Basic {
		for _, d := range s.Data {
			if d.Type == kind && s.ReadWrite == "All" && coversAny(d.Values, resource) {
				return true
			}
		}
	}
	for _, s := range t.Advanced {
		if recordsAll(s, "Data", kind, resource) {
			return true
		}
	}
	return false
}

// coversAny reports whether some prefix begins every ARN of the pattern. A call
// on a whole bucket (ListObjects) is recorded with the prefix of the objects it
// asks for, so a selector that ends behind the bucket's slash records it.
//
// Source: CloudTrail User Guide, "Logging data events", Amazon S3.
func coversAny(prefixes []string, resource iam.Pattern) bool {
	if bucket, ok := strings.CutPrefix(string(resource), "arn:"); ok && strings.Contains(bucket, ":s3:::") && !strings.ContainsAny(bucket, "/*?") {
		resource += "/"
	}
	for _, p := range prefixes {
		// "arn:aws:s3" stands for every bucket.
		if p == "arn:aws:s3" || p == "arn:aws:lambda" || p == "arn:aws:dynamodb" || (iam.Escape(p) + "*").Covers(resource) {
			return true
		}
	}
	return false
}

// recordsAll: the selector records every event of the category and type whose
// resource lies in the pattern. A field it cannot judge makes that not sure.
//
// Source: CloudTrail User Guide, "Advanced event selectors".
func recordsAll(s account.AdvancedSelector, category, kind string, resource iam.Pattern) bool {
	for _, f := range s.Fields {
		switch f.Field {
		case "eventCategory":
			if !onlyEquals(f) || !slices.Contains(f.Equals, category) {
				return false
			}
		case "resources.type":
			if !onlyEquals(f) || !slices.Contains(f.Equals, kind) {
				return false
			}
		case "readOnly":
			if readOnlyField(f) != (halves{true, true}) {
				return false
			}
		case "resources.ARN":
			if len(f.NotEquals)+len(f.NotStartsWith)+len(f.EndsWith)+len(f.NotEndsWith) > 0 {
				return false
			}
			if !coversAny(f.StartsWith, resource) && !slices.Contains(f.Equals, string(resource)) {
				return false
			}
		default:
			return false
		}
	}
	return len(s.Fields) > 0
}
