package main

import (
	"encoding/json"
	"slices"
)

// organisationFile is the snapshot's organization.json.
type organisationFile struct {
	Accounts []organisationAccount `json:"accounts"`
	Policies []organisationPolicy  `json:"policies"`
}

type organisationAccount struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Management bool     `json:"management"`
	Path       []string `json:"path"`
}

type organisationPolicy struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Type     string          `json:"type"`
	Document json.RawMessage `json:"document"`
	Targets  []string        `json:"targets"`
}

func (w *world) organization() organisationFile {
	var file organisationFile
	var everywhere []string
	for _, a := range w.accounts {
		file.Accounts = append(file.Accounts, organisationAccount{a.ID, a.Name, a.Management, a.Path})
	}
	for _, a := range w.accounts {
		for _, place := range append(slices.Clone(a.Path), a.ID) {
			if !slices.Contains(everywhere, place) {
				everywhere = append(everywhere, place)
			}
		}
	}
	const service, resource = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
	file.Policies = []organisationPolicy{
		{"p-FullAWSAccess", "FullAWSAccess", service, json.RawMessage(fullAccess), everywhere},
		{"p-ac01rails", "workload-guard-rails", service, json.RawMessage(guardRails), []string{"ou-ac01-workload"}},
		{"p-RCPFullAWSAccess", "RCPFullAWSAccess", resource, json.RawMessage(fullResourceAccess), everywhere},
	}
	return file
}

const (
	fullAccess         = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	fullResourceAccess = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`
	guardRails         = `{"Version":"2012-10-17","Statement":[` +
		`{"Sid":"KeepTheTrail","Effect":"Deny","Action":["cloudtrail:DeleteTrail","cloudtrail:PutEventSelectors","cloudtrail:StopLogging","cloudtrail:UpdateTrail"],"Resource":"*"},` +
		`{"Sid":"KeepBucketsPrivate","Effect":"Deny","Action":["s3:PutBucketAcl","s3:PutBucketPublicAccessBlock"],"Resource":"*"},` +
		`{"Sid":"StayInOurRegions","Effect":"Deny","NotAction":["cloudfront:*","iam:*","organizations:*","route53:*","sts:*","support:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]}}}]}`
)

// trailFile is what `aws cloudtrail get-event-selectors` prints, with what
// get-trail and get-trail-status say of the trail.
type trailFile struct {
	TrailARN               string
	HomeRegion             string
	IsMultiRegionTrail     bool
	IsOrganizationTrail    bool
	IsLogging              bool
	EventSelectors         []json.RawMessage `json:",omitempty"`
	AdvancedEventSelectors []json.RawMessage `json:",omitempty"`
}

// recordedBuckets are the buckets whose object calls the organisation's trail
// records. Not among them: uploads of the media service, artifacts of the CI.
var recordedBuckets = []string{
	"acme-orders-invoices", "acme-finance-ledger", "acme-settlement-files", "acme-partner-drop", "acme-search-index", "acme-legacy-exports", "acme-report-archive",
}

// recordedPrefix begins the names of the generated organisation's buckets whose
// object calls are recorded.
const recordedPrefix = "acme-kept-"

func (w *world) selectors(a *account) []trailFile {
	if a == government {
		return []trailFile{{
			TrailARN: "arn:aws-us-gov:cloudtrail:us-gov-west-1:" + a.ID + ":trail/gov-trail", HomeRegion: gov,
			IsMultiRegionTrail: true, IsOrganizationTrail: true, IsLogging: true,
			EventSelectors: []json.RawMessage{json.RawMessage(`{"ReadWriteType":"All","IncludeManagementEvents":true,"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws-us-gov:s3:::acme-gov-case-files/"]}],"ExcludeManagementEventSources":[]}`)},
		}}
	}
	buckets := ""
	for i, b := range recordedBuckets {
		if i > 0 {
			buckets += ","
		}
		buckets += `"arn:aws:s3:::` + b + `/"`
	}
	if w.grown {
		buckets = `"arn:aws:s3:::` + recordedPrefix + `"`
	}
	return []trailFile{{
		TrailARN: "arn:aws:cloudtrail:us-east-1:" + management.ID + ":trail/acme-organisation", HomeRegion: home,
		IsMultiRegionTrail: true, IsOrganizationTrail: true, IsLogging: true,
		AdvancedEventSelectors: []json.RawMessage{
			selector("Management events", `{"Field":"eventCategory","Equals":["Management"]}`),
			selector("Objects of the buckets that matter", `{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]},{"Field":"resources.ARN","StartsWith":[`+buckets+`]}`),
			selector("Tables", `{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::DynamoDB::Table"]}`),
			selector("Queues", `{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::SQS::Queue"]}`),
			selector("Topics", `{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::SNS::Topic"]}`),
		},
	}}
}

func selector(name, fields string) json.RawMessage {
	return json.RawMessage(`{"Name":"` + name + `","FieldSelectors":[` + fields + `]}`)
}

// permissionSet is what `aws sso-admin` prints of a permission set, in one
// place: describe-permission-set, get-inline-policy-for-permission-set,
// list-managed-policies-in-permission-set and
// list-accounts-for-provisioned-permission-set.
type permissionSet struct {
	Name, PermissionSetArn, InstanceArn string
	Description, CreatedDate            string
	SessionDuration                     string
	InlinePolicy                        json.RawMessage
	AttachedManagedPolicies             []json.RawMessage
	CustomerManagedPolicyReferences     []json.RawMessage
	Accounts                            []string
}

func (w *world) permissionSets() []permissionSet {
	if w.grown {
		return []permissionSet{}
	}
	return []permissionSet{{
		Name: "ShopDeveloper", PermissionSetArn: "arn:aws:sso:::permissionSet/ssoins-72231b2c9a4f0d1e/ps-5d1f0c7be2a94b86",
		InstanceArn: "arn:aws:sso:::instance/ssoins-72231b2c9a4f0d1e",
		Description: "Developers of the shop, prod and staging", CreatedDate: "2025-02-11T09:20:14+00:00",
		SessionDuration: "PT8H", InlinePolicy: json.RawMessage(fromDataSource(shopDeveloperPolicy)),
		AttachedManagedPolicies: []json.RawMessage{}, CustomerManagedPolicyReferences: []json.RawMessage{},
		Accounts: []string{prod.ID, staging.ID},
	}}
}

// resourcePolicies are the resource policies that bear on the story, by ARN.
func (w *world) resourcePolicies() map[string]json.RawMessage {
	if w.grown {
		return map[string]json.RawMessage{}
	}
	return map[string]json.RawMessage{
		settlementKey:                          json.RawMessage(`{"Version":"2012-10-17","Id":"settlement","Statement":[{"Sid":"TheAccountDecides","Effect":"Allow","Principal":{"AWS":"` + prod.arn("root") + `"},"Action":"kms:*","Resource":"*"}]}`),
		"arn:aws:s3:::acme-organisation-trail": json.RawMessage(`{"Version":"2012-10-17","Statement":[{"Sid":"TrailMayWrite","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-organisation-trail/AWSLogs/` + organisationID + `/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}}]}`),
	}
}

// users and groups of the management account: one person with a key, from the
// days before Identity Center.
func users(a *account) []userDetail {
	if a != management {
		return []userDetail{}
	}
	return []userDetail{{
		Path: "/", UserName: "backup-operator", UserId: uniqueID("AIDA", "backup-operator"), Arn: a.arn("user/backup-operator"),
		CreateDate: "2021-06-02T07:45:10+00:00", GroupList: []string{"operators"}, AttachedManagedPolicies: []attached{}, Tags: []tag{},
	}}
}

func groups(a *account) []groupDetail {
	if a != management {
		return []groupDetail{}
	}
	return []groupDetail{{
		Path: "/", GroupName: "operators", GroupId: uniqueID("AGPA", "operators"), Arn: a.arn("group/operators"),
		CreateDate:              "2021-06-02T07:40:55+00:00",
		GroupPolicyList:         []inline{{"backups", json.RawMessage(`{"Version":"2012-10-17","Statement":[{"Sid":"Backups","Effect":"Allow","Action":["backup:*","ec2:CreateSnapshot","ec2:DescribeSnapshots","ec2:DescribeVolumes"],"Resource":"*"}]}`)}},
		AttachedManagedPolicies: []attached{},
	}}
}
