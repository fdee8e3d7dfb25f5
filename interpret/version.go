package interpret

import (
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// versioned gives the actions of a call on one version of an object: S3
// authorises those by actions of their own, such as s3:GetObjectVersion for
// GetObject with a versionId. Of HeadObject the sources disagree, so both are
// taken as needed. It gives nil where no event of the form can be such a call.
//
// Source: S3 API Reference, GetObject, GetObjectAcl, GetObjectAttributes,
// PutObjectAcl, DeleteObject, section "Permissions"; Service Authorization
// Reference, "Actions defined by Amazon S3".
func (in *Interpreter) versioned(f *form, actions []*catalog.Action) []*catalog.Action {
	if f.source != "s3.amazonaws.com" || !f.has("versionId") {
		return nil
	}
	var out []*catalog.Action
	for _, a := range actions {
		version, ok := in.catalog.Action(iam.Action(strings.Replace(string(a.Name), "Object", "ObjectVersion", 1)))
		if !ok || version == a || f.name == "HeadObject" {
			out = append(out, a)
		}
		if ok && version != a {
			out = append(out, version)
		}
	}
	return out
}
