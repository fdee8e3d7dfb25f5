package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The types below print what the AWS CLI prints for
// `aws iam get-account-authorization-details`, names and order included.
//
// Source: IAM API Reference, GetAccountAuthorizationDetails.

type authorizationDetails struct {
	UserDetailList  []userDetail
	GroupDetailList []groupDetail
	RoleDetailList  []roleDetail
	Policies        []policyDetail
}

type userDetail struct {
	Path, UserName, UserId, Arn, CreateDate string
	GroupList                               []string
	AttachedManagedPolicies                 []attached
	Tags                                    []tag
}

type groupDetail struct {
	Path, GroupName, GroupId, Arn, CreateDate string
	GroupPolicyList                           []inline
	AttachedManagedPolicies                   []attached
}

type roleDetail struct {
	Path, RoleName, RoleId, Arn, CreateDate string
	AssumeRolePolicyDocument                json.RawMessage
	InstanceProfileList                     []json.RawMessage
	RolePolicyList                          []inline
	AttachedManagedPolicies                 []attached
	PermissionsBoundary                     *boundary `json:",omitempty"`
	Tags                                    []tag
	RoleLastUsed                            lastUsed
}

type inline struct {
	PolicyName     string
	PolicyDocument json.RawMessage
}

type attached struct{ PolicyName, PolicyArn string }

type boundary struct{ PermissionsBoundaryType, PermissionsBoundaryArn string }

type tag struct{ Key, Value string }

type lastUsed struct {
	LastUsedDate string `json:",omitempty"`
	Region       string `json:",omitempty"`
}

type policyDetail struct {
	PolicyName, PolicyId, Arn, Path, DefaultVersionId string
	AttachmentCount, PermissionsBoundaryUsageCount    int
	IsAttachable                                      bool
	CreateDate, UpdateDate                            string
	PolicyVersionList                                 []policyVersion
}

type policyVersion struct {
	Document         json.RawMessage
	VersionId        string
	IsDefaultVersion bool
	CreateDate       string
}

// writeSnapshot writes the accounts as they stand at the end of the last day.
func (w *world) writeSnapshot(dir string, seed uint64) error {
	used := w.uses(seed)
	for _, a := range w.accounts {
		files := map[string]any{
			"authorization-details.json": w.details(a, used),
			"event-selectors.json":       w.selectors(a),
			"last-accessed.json":         w.lastAccessed(a, used),
		}
		for name, content := range files {
			if err := writeJSON(filepath.Join(dir, a.ID, name), content); err != nil {
				return err
			}
		}
	}
	if err := writeJSON(filepath.Join(dir, "organization.json"), w.organization()); err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(dir, "permission-sets.json"), w.permissionSets()); err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, "resource-policies.json"), w.resourcePolicies())
}

func (w *world) details(a *account, used map[string]map[string]use) authorizationDetails {
	d := authorizationDetails{UserDetailList: w.usersOf(a), GroupDetailList: groups(a), RoleDetailList: []roleDetail{}}
	attachments, boundaries := map[string]int{}, map[string]int{}
	for _, g := range d.GroupDetailList {
		for _, p := range g.AttachedManagedPolicies {
			attachments[p.PolicyArn]++
		}
	}
	for _, u := range d.UserDetailList {
		for _, p := range u.AttachedManagedPolicies {
			attachments[p.PolicyArn]++
		}
	}
	for _, r := range w.roles {
		if r.Account != a || r.gone() {
			continue
		}
		d.RoleDetailList = append(d.RoleDetailList, r.detail(used[r.id()]))
		for _, arn := range r.Attached {
			attachments[arn]++
		}
		if r.Boundary != "" {
			boundaries[r.Boundary]++
		}
	}
	slices.SortFunc(d.RoleDetailList, func(x, y roleDetail) int { return strings.Compare(x.Arn, y.Arn) })
	for _, m := range append(awsPolicies(), w.managed...) {
		if attachments[m.ARN]+boundaries[m.ARN] > 0 {
			d.Policies = append(d.Policies, m.detail(attachments[m.ARN], boundaries[m.ARN]))
		}
	}
	return d
}

func (r *role) detail(used map[string]use) roleDetail {
	d := roleDetail{
		Path: r.path(), RoleName: r.Name, RoleId: r.id(), Arn: r.arn(), CreateDate: r.Created,
		AssumeRolePolicyDocument: json.RawMessage(r.Trust), InstanceProfileList: []json.RawMessage{},
		RolePolicyList: []inline{}, AttachedManagedPolicies: attach(r.Attached), Tags: []tag{},
		RoleLastUsed: r.lastUsed(used),
	}
	for _, p := range r.Inline {
		d.RolePolicyList = append(d.RolePolicyList, inline{p.Name, json.RawMessage(p.Document)})
	}
	if r.Boundary != "" {
		d.PermissionsBoundary = &boundary{"Policy", r.Boundary}
	}
	for _, t := range r.Tags {
		d.Tags = append(d.Tags, tag{t[0], t[1]})
	}
	return d
}

func (r *role) lastUsed(used map[string]use) lastUsed {
	last := lastUsed{LastUsedDate: r.LastUsed, Region: r.Account.Regions[len(r.Account.Regions)-1]}
	if r.LastUsed == "" {
		last.Region = ""
	}
	for _, u := range used {
		if date := cliTime(u.last); date > last.LastUsedDate {
			last = lastUsed{date, u.region}
		}
	}
	return last
}

func attach(arns []string) []attached {
	list := []attached{}
	for _, arn := range arns {
		list = append(list, attached{arn[strings.LastIndexByte(arn, '/')+1:], arn})
	}
	return list
}

// indent is what the AWS CLI indents by, four spaces; but last-accessed reports
// are long lists, and the sample is to stay small.
func indent(path string) string {
	if filepath.Base(path) == "last-accessed.json" {
		return " "
	}
	return "    "
}

// writeJSON writes as the AWS CLI prints, with a newline at the end.
func writeJSON(path string, content any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent(path))
	if err := encoder.Encode(content); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o666)
}
