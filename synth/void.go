package synth

import (
	"slices"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// sharedPrefixes are services that share a prefix with another: the catalog
// may know the resource types of one of the two only.
var sharedPrefixes = []string{"apigateway", "elasticloadbalancing", "execute-api"}

// void reports whether a wildcard's action grants nothing in the statement,
// because it cannot be used on any of the statement's resources: s3:* on a
// bucket does not grant s3:ListAllMyBuckets, which needs the resource "*".
// What a person named is not judged so: there the name may say more than the
// catalog knows.
//
// Source: Service Authorization Reference, "Resource types": actions without
// one need "*" in the Resource element, others an ARN of their types.
func (n *narrower) void(s *iam.Statement, word iam.Pattern, a iam.Action) bool {
	known, ok := n.catalog.Action(a)
	if _, named := word.Literal(); named || !ok || s.NotResource != nil || slices.Contains(sharedPrefixes, a.Prefix()) {
		return false
	}
	return !slices.ContainsFunc(s.Resource, func(r iam.Pattern) bool {
		return r.HasVariable() || r.Match("*") || len(known.Resources) > 0 &&
			slices.ContainsFunc(known.Resources, func(t *catalog.ResourceType) bool { return t.Pattern.OverlapsARN(r) })
	})
}
