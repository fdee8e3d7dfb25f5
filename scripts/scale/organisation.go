package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// organisation is accounts of perAccount roles each.
type organisation struct {
	accounts []string
	roles    []*role
}

type role struct {
	n       int
	name    string
	account string
	kind    *kind
}

func (r *role) arn() string { return "arn:aws:iam::" + r.account + ":role/" + r.name }
func (r *role) id() string  { return fmt.Sprintf("AROA%012d", r.n) }

// team is the few roles that share a policy.
func (r *role) team() string { return fmt.Sprintf("team-%d", r.n/5) }

func newOrganisation(roles int) *organisation {
	org := &organisation{}
	for n := range roles {
		if n%perAccount == 0 {
			org.accounts = append(org.accounts, fmt.Sprintf("1000%08d", n/perAccount))
		}
		k := &kinds[n%len(kinds)]
		org.roles = append(org.roles, &role{n: n, name: fmt.Sprintf("%s-%d", k.name, n), account: org.accounts[len(org.accounts)-1], kind: k})
	}
	return org
}

type object = map[string]any

func (org *organisation) writeSnapshot(dir string) error {
	var entries []object
	for i, id := range org.accounts {
		entries = append(entries, object{"id": id, "name": fmt.Sprintf("account-%d", i), "path": []string{"r-1"}})
		roles := org.roles[i*perAccount : min((i+1)*perAccount, len(org.roles))]
		for name, data := range map[string]any{
			"authorization-details.json": details(roles),
			"last-accessed.json":         []object{},
			"event-selectors.json": []object{{
				"TrailARN": "arn:aws:cloudtrail:eu-west-1:" + id + ":trail/all", "HomeRegion": "eu-west-1",
				"IsMultiRegionTrail": true, "IsLogging": true,
				"EventSelectors": []object{{
					"ReadWriteType": "All", "IncludeManagementEvents": true,
					"DataResources": []object{{"Type": "AWS::S3::Object", "Values": []string{"arn:aws:s3"}}},
				}},
			}},
		} {
			if err := write(filepath.Join(dir, id, name), data); err != nil {
				return err
			}
		}
	}
	if err := write(filepath.Join(dir, "permission-sets.json"), []object{}); err != nil {
		return err
	}
	return write(filepath.Join(dir, "organization.json"), object{"accounts": entries, "policies": []object{}})
}

// details gives each role its kind's inline policy, every other one the policy
// of its team too, and one in fifty the whole of AWS.
func details(roles []*role) object {
	list, policies := []object{}, []object{{
		"PolicyName": "AdministratorAccess", "Arn": administrator, "DefaultVersionId": "v1",
		"PolicyVersionList": []object{version(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)},
	}}
	seen := map[string]bool{}
	for _, r := range roles {
		attached := []object{}
		if r.n%2 == 0 {
			arn := "arn:aws:iam::" + r.account + ":policy/" + r.team()
			attached = append(attached, object{"PolicyName": r.team(), "PolicyArn": arn})
			if !seen[arn] {
				seen[arn] = true
				policies = append(policies, object{
					"PolicyName": r.team(), "Arn": arn, "DefaultVersionId": "v1", "PolicyVersionList": []object{version(teamPolicy)},
				})
			}
		}
		if r.n%50 == 0 {
			attached = append(attached, object{"PolicyName": "AdministratorAccess", "PolicyArn": administrator})
		}
		list = append(list, object{
			"Path": "/", "RoleName": r.name, "RoleId": r.id(), "Arn": r.arn(), "CreateDate": "2024-01-01T00:00:00Z",
			"AssumeRolePolicyDocument": json.RawMessage(strings.ReplaceAll(trust, "SERVICE", r.kind.service)),
			"RolePolicyList":           []object{{"PolicyName": "own", "PolicyDocument": json.RawMessage(r.fill(r.kind.policy, 0, 0))}},
			"AttachedManagedPolicies":  attached,
		})
	}
	return object{"RoleDetailList": list, "Policies": policies, "UserDetailList": []object{}, "GroupDetailList": []object{}}
}

const (
	administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
	trust         = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"SERVICE"},"Action":"sts:AssumeRole"}]}`
	teamPolicy    = `{"Version":"2012-10-17","Statement":[{"Sid":"Team","Effect":"Allow","Action":["sqs:*","ssm:GetParameter*","ssm:PutParameter","sns:*"],"Resource":"*"}]}`
)

func version(document string) object {
	return object{"VersionId": "v1", "IsDefaultVersion": true, "CreateDate": "2024-01-01T00:00:00Z", "Document": json.RawMessage(document)}
}

func write(path string, data any) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}
