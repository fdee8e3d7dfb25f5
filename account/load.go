package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/iam"
)

var accountID = regexp.MustCompile(`^\d{12}$`)

// Load reads a snapshot folder. A missing file is named in Missing; one that
// cannot be understood is an error with its path.
func Load(dir string) (*Organization, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the account snapshot: %w", err)
	}
	o := &Organization{entries: map[string]entry{}}
	for _, e := range entries {
		if !e.IsDir() || !accountID.MatchString(e.Name()) {
			continue
		}
		a, err := o.loadAccount(dir, e.Name())
		if err != nil {
			return nil, err
		}
		o.Accounts = append(o.Accounts, a)
	}
	if len(o.Accounts) == 0 {
		return nil, fmt.Errorf("read the account snapshot: %s has no folder named for an account ID; `pruner snapshot` writes one", dir)
	}
	if err := o.loadOrganization(dir); err != nil {
		return nil, err
	}
	return o, o.loadPermissionSets(dir)
}

// read decodes one JSON file; false means it is not there.
func (o *Organization) read(dir, name, consequence string, into any) (bool, error) {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		o.Missing = append(o.Missing, Missing{filepath.ToSlash(name), consequence})
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the account snapshot: %w", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return false, fmt.Errorf("read the account snapshot: %s: %w", filepath.Join(dir, name), err)
	}
	return true, nil
}

func (o *Organization) loadAccount(dir, id string) (*Account, error) {
	a := &Account{ID: id, Managed: map[iam.ARN]*ManagedPolicy{}, Groups: map[string]*Group{}}
	var details authorizationDetails
	_, err := o.read(dir, filepath.Join(id, "authorization-details.json"), "no role of the account can be judged", &details)
	if err != nil {
		return nil, err
	}
	details.fill(a)
	var trails []trailData
	if a.TrailsKnown, err = o.read(dir, filepath.Join(id, "event-selectors.json"), "what the trails record is not known: data events count as not visible", &trails); err != nil {
		return nil, err
	}
	for _, t := range trails {
		a.Trails = append(a.Trails, t.trail())
	}
	var accessed []lastAccessed
	if _, err = o.read(dir, filepath.Join(id, "last-accessed.json"), "no second vote on blind services: they stay", &accessed); err != nil {
		return nil, err
	}
	a.LastAccessed = map[iam.ARN]map[string]time.Time{}
	for _, l := range accessed {
		services := map[string]time.Time{}
		for _, s := range l.ServicesLastAccessed {
			services[s.ServiceNamespace] = s.LastAuthenticated
		}
		a.LastAccessed[l.Arn] = services
	}
	return a, nil
}

// document is a policy as the CLI prints it (an object) or the API (a
// URL-encoded text).
type document struct{ *iam.Policy }

func (d *document) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		plain, err := url.PathUnescape(text)
		if err != nil {
			return fmt.Errorf("policy document: %w", err)
		}
		data = []byte(plain)
	}
	p, err := iam.ParsePolicy(data)
	d.Policy = p
	return err
}

type inlineData struct {
	PolicyName     string
	PolicyDocument document
}

type attachedData struct{ PolicyArn iam.ARN }

type boundaryData struct{ PermissionsBoundaryArn iam.ARN }

type tagData struct{ Key, Value string }

type authorizationDetails struct {
	UserDetailList []struct {
		UserName, UserId        string
		Arn                     iam.ARN
		CreateDate              time.Time
		UserPolicyList          []inlineData
		AttachedManagedPolicies []attachedData
		PermissionsBoundary     boundaryData
		GroupList               []string
	}
	GroupDetailList []struct {
		GroupName               string
		GroupPolicyList         []inlineData
		AttachedManagedPolicies []attachedData
	}
	RoleDetailList []struct {
		Path, RoleName, RoleId   string
		Arn                      iam.ARN
		CreateDate               time.Time
		AssumeRolePolicyDocument document
		RolePolicyList           []inlineData
		AttachedManagedPolicies  []attachedData
		PermissionsBoundary      boundaryData
		Tags                     []tagData
	}
	Policies []struct {
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
}

func (d *authorizationDetails) fill(a *Account) {
	for _, r := range d.RoleDetailList {
		role := &Role{
			ARN: r.Arn, ID: r.RoleId, Name: r.RoleName, Path: r.Path, Created: r.CreateDate,
			Trust: r.AssumeRolePolicyDocument.Policy, Boundary: r.PermissionsBoundary.PermissionsBoundaryArn,
			Inline: inline(r.RolePolicyList), Attached: attached(r.AttachedManagedPolicies), Tags: map[string]string{},
		}
		for _, t := range r.Tags {
			role.Tags[t.Key] = t.Value
		}
		a.Roles = append(a.Roles, role)
	}
	slices.SortFunc(a.Roles, func(x, y *Role) int { return strings.Compare(string(x.ARN), string(y.ARN)) })
	for _, u := range d.UserDetailList {
		a.Users = append(a.Users, &User{
			ARN: u.Arn, ID: u.UserId, Name: u.UserName, Created: u.CreateDate, Boundary: u.PermissionsBoundary.PermissionsBoundaryArn,
			Inline: inline(u.UserPolicyList), Attached: attached(u.AttachedManagedPolicies), Groups: u.GroupList,
		})
	}
	for _, g := range d.GroupDetailList {
		a.Groups[g.GroupName] = &Group{g.GroupName, inline(g.GroupPolicyList), attached(g.AttachedManagedPolicies)}
	}
	for _, p := range d.Policies {
		m := &ManagedPolicy{
			ARN: p.Arn, ID: p.PolicyId, Name: p.PolicyName, Created: p.CreateDate,
			AWSManaged: p.Arn.Account() == "aws", Versions: len(p.PolicyVersionList),
		}
		for _, v := range p.PolicyVersionList {
			if v.IsDefaultVersion || v.VersionId == p.DefaultVersionId {
				m.Version, m.VersionAt, m.Document = v.VersionId, v.CreateDate, v.Document.Policy
			}
		}
		a.Managed[p.Arn] = m
	}
}

func inline(list []inlineData) []InlinePolicy {
	var out []InlinePolicy
	for _, p := range list {
		out = append(out, InlinePolicy{p.PolicyName, p.PolicyDocument.Policy})
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

type lastAccessed struct {
	Arn                  iam.ARN
	ServicesLastAccessed []struct {
		ServiceNamespace  string
		LastAuthenticated time.Time
	}
}
