package interpret

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// versioned gives the actions of a call on one version of an object: S3
// authorises those by actions of their own, such as s3:GetObjectVersion for
// GetObject with a versionId. Of HeadObject the sources disagree, so both are
// taken as needed.
//
// Source: S3 API Reference, GetObject, GetObjectAcl, GetObjectAttributes,
// PutObjectAcl, DeleteObject, section "Permissions"; Service Authorization
// Reference, "Actions defined by Amazon S3".
func (in *Interpreter) versioned(f *trail.Fact, actions []iam.Action) []iam.Action {
	if f.EventSource != "s3.amazonaws.com" || first(f, "versionId") == "" {
		return actions
	}
	var out []iam.Action
	for _, a := range actions {
		version := iam.Action(strings.Replace(string(a), "Object", "ObjectVersion", 1))
		known, ok := in.catalog.Action(version)
		if !ok {
			out = append(out, a)
			continue
		}
		if f.EventName == "HeadObject" {
			out = append(out, a)
		}
		out = append(out, known.Name)
	}
	return slices.Compact(out)
}
