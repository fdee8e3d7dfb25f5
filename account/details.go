package account

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/iam"
)

type inlineData struct {
	PolicyName     string
	PolicyDocument document
}

type attachedData struct{ PolicyArn iam.ARN }

type boundaryData struct{ PermissionsBoundaryArn iam.ARN }

type tagData struct{ Key, Value string }

// authorizationDetails is what get-account-authorization-details prints.
//
// Source: IAM API Reference, GetAccountAuthorizationDetails.
type authorizationDetails struct {
	UserDetailList  []userData
	GroupDetailList []groupData
	RoleDetailList  []roleData
	Policies        []policyData
}

type userData struct {
	UserName, UserId        string
	Arn                     iam.ARN
	CreateDate              time.Time
	UserPolicyList          []inlineData
	AttachedManagedPolicies []attachedData
	PermissionsBoundary     boundaryData
	GroupList               []string
}

type groupData struct {
	GroupName               string
	Arn                     iam.ARN
	GroupPolicyList         []inlineData
	AttachedManagedPolicies []attachedData
}

type roleData struct {
	Path, RoleName, RoleId   string
	Arn                      iam.ARN
	CreateDate               time.Time
	AssumeRolePolicyDocument document
	RolePolicyList           []inlineData
	AttachedManagedPolicies  []attachedData
	PermissionsBoundary      boundaryData
	InstanceProfileList      []struct{ Arn iam.ARN }
	RoleLastUsed             struct{ LastUsedDate time.Time }
	Tags                     []tagData
}

type policyData struct {
	PolicyName, PolicyId, DefaultVersionId string
	Arn                                    iam.ARN
	CreateDate                             time.Time
	PolicyVersionList                      []struct {
		VersionId        string
		IsDefaultVersion bool
		CreateDate       time.Time
		Document         document
	}
}

// fill makes the account out of its authorization details. A document that
// cannot be read is nil and named in Missing.
func (o *Organization) fill(a *Account, d *authorizationDetails, file string) {
	r := reader{org: o, file: filepath.ToSlash(file)}
	for i := range d.RoleDetailList {
		a.Roles = append(a.Roles, r.role(&d.RoleDetailList[i]))
	}
	slices.SortFunc(a.Roles, func(x, y *Role) int { return strings.Compare(string(x.ARN), string(y.ARN)) })
	for i := range d.UserDetailList {
		a.Users = append(a.Users, r.user(&d.UserDetailList[i]))
	}
	slices.SortFunc(a.Users, func(x, y *User) int { return strings.Compare(string(x.ARN), string(y.ARN)) })
	for _, g := range d.GroupDetailList {
		a.Groups[g.GroupName] = &Group{g.GroupName, r.inline(g.Arn, g.GroupPolicyList), attached(g.AttachedManagedPolicies)}
	}
	for i := range d.Policies {
		a.Managed[d.Policies[i].Arn] = r.managed(&d.Policies[i])
	}
}

// reader takes the details apart and notes documents it cannot read.
type reader struct {
	org  *Organization
	file string
}

func (r reader) document(d document, where string) *iam.Policy {
	if d.bad != nil {
		r.org.Missing = append(r.org.Missing, Missing{r.file, fmt.Sprintf("%s cannot be read and stays as it is: %v", where, d.bad)})
	}
	return d.Policy
}

func (r reader) role(d *roleData) *Role {
	role := &Role{
		ARN: d.Arn, ID: d.RoleId, Name: d.RoleName, Path: d.Path, Created: d.CreateDate,
		Trust:    r.document(d.AssumeRolePolicyDocument, "the trust policy of "+string(d.Arn)),
		Boundary: d.PermissionsBoundary.PermissionsBoundaryArn,
		Inline:   r.inline(d.Arn, d.RolePolicyList), Attached: attached(d.AttachedManagedPolicies),
		Tags: map[string]string{}, LastUsed: d.RoleLastUsed.LastUsedDate,
	}
	for _, t := range d.Tags {
		role.Tags[t.Key] = t.Value
	}
	for _, p := range d.InstanceProfileList {
		role.InstanceProfiles = append(role.InstanceProfiles, p.Arn)
	}
	return role
}

func (r reader) user(d *userData) *User {
	return &User{
		ARN: d.Arn, ID: d.UserId, Name: d.UserName, Created: d.CreateDate, Boundary: d.PermissionsBoundary.PermissionsBoundaryArn,
		Inline: r.inline(d.Arn, d.UserPolicyList), Attached: attached(d.AttachedManagedPolicies), Groups: d.GroupList,
	}
}

func (r reader) managed(d *policyData) *ManagedPolicy {
	m := &ManagedPolicy{
		ARN: d.Arn, ID: d.PolicyId, Name: cmp.Or(d.PolicyName, d.Arn.Name()), Created: d.CreateDate,
		AWSManaged: d.Arn.Account() == "aws", Versions: len(d.PolicyVersionList),
	}
	for _, v := range d.PolicyVersionList {
		p := r.document(v.Document, "version "+v.VersionId+" of "+string(d.Arn))
		m.History = append(m.History, PolicyVersion{v.VersionId, v.CreateDate, p})
		if v.IsDefaultVersion || v.VersionId == d.DefaultVersionId {
			m.Version, m.VersionAt, m.Document = v.VersionId, v.CreateDate, p
		}
	}
	slices.SortStableFunc(m.History, func(x, y PolicyVersion) int { return x.Created.Compare(y.Created) })
	return m
}

func (r reader) inline(owner iam.ARN, list []inlineData) []InlinePolicy {
	var out []InlinePolicy
	for _, p := range list {
		out = append(out, InlinePolicy{p.PolicyName, r.document(p.PolicyDocument, "inline policy "+p.PolicyName+" of "+string(owner))})
	}
	return out
}

func attached(list []attachedData) []iam.ARN {
	var out []iam.ARN
	for _, p := range list {
		out = append(out, p.PolicyArn)
	}
	return out
}
