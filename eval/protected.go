package eval

import (
	"slices"
	"strings"
)

// protected are things in an account that AWS keeps to itself: whatever the
// policies say, nobody's request changes them.
//
// Source: IAM User Guide, "AWS managed policies": "You cannot change the
// permissions defined in AWS managed policies"; "Service-linked roles": they
// "can be modified or deleted only through the linked service" (IAM API
// Reference, error UnmodifiableEntity of each operation); IAM Identity Center
// User Guide, "Troubleshooting IAM Identity Center issues", section "I get a
// 'Cannot perform the operation on the protected role' error when modifying an
// IAM role"; KMS API Reference, CreateAlias: "The alias/aws/ prefix is reserved
// for AWS managed keys".
var protected = []struct {
	service, account, resource string // account "": any
	actions                    []string
	missing                    string
}{
	{
		"iam", "aws", "policy/",
		[]string{
			"iam:createpolicy", "iam:createpolicyversion", "iam:deletepolicy", "iam:deletepolicyversion",
			"iam:setdefaultpolicyversion", "iam:tagpolicy", "iam:untagpolicy",
		},
		"an AWS managed policy is changed by AWS alone",
	},
	{
		"iam", "", "role/aws-reserved/",
		append([]string{
			"iam:createrole", "iam:createservicelinkedrole", "iam:deleteservicelinkedrole", "iam:passrole", "iam:tagrole",
			"iam:untagrole", "iam:updaterole", "iam:updateroledescription",
		}, roleChanges...),
		"a role under aws-reserved is used and changed by the service that made it alone",
	},
	{
		"iam", "", "role/aws-service-role/",
		append([]string{"iam:createrole"}, roleChanges...),
		"a service-linked role is changed by its service alone; its description and tags may be edited",
	},
	{
		"kms", "", "alias/aws/",
		[]string{"kms:createalias", "kms:deletealias", "kms:updatealias"},
		"aliases under alias/aws/ are those of AWS managed keys",
	},
}

// roleChanges change what a role may do or who may assume it, or end it.
var roleChanges = []string{
	"iam:attachrolepolicy", "iam:deleterole", "iam:deleterolepermissionsboundary", "iam:deleterolepolicy",
	"iam:detachrolepolicy", "iam:putrolepermissionsboundary", "iam:putrolepolicy", "iam:updateassumerolepolicy",
}

// keptByAWS says why the request cannot change its resource, or "".
func (a *authorization) keptByAWS() string {
	p, _ := a.in.Request.Resource.Split()
	for _, k := range protected {
		if p.Service == k.service && (k.account == "" || p.Account == k.account) &&
			strings.HasPrefix(p.Resource, k.resource) && slices.Contains(k.actions, a.folded) {
			return k.missing
		}
	}
	return ""
}
