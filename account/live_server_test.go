package account_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// policyText has a percent sign in a name: it must survive the encoding.
const policyText = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/100%25/*"}]}`

// server speaks the Query protocol of IAM and STS and the JSON protocol of
// CloudTrail, Organizations and IAM Identity Center, for an organisation of
// two accounts. It notes every operation it is asked for.
type server struct {
	*httptest.Server
	mu        sync.Mutex
	asked     map[string]int
	denied    map[string]bool // operations refused
	throttled map[string]int  // operations still to be throttled so many times
	roles     int             // beside the one there always is
	pending   int             // looks at the credential report before it is there
}

func newServer(t *testing.T) *server {
	s := &server{asked: map[string]int{}, denied: map[string]bool{}, throttled: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *server) config() aws.Config {
	return aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String(s.URL), Credentials: credentials.NewStaticCredentialsProvider("OWN", "secret", "")}
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		s.json(w, target, string(body))
		return
	}
	form, _ := url.ParseQuery(string(body))
	s.query(w, form, strings.Contains(r.Header.Get("Authorization"), "Credential=MEMBER/"))
}

// refuse answers for throttled and denied operations.
func (s *server) refuse(operation string) (code string, refused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[operation]++
	if s.throttled[operation] > 0 {
		s.throttled[operation]--
		return "ThrottlingException", true
	}
	return "AccessDenied", s.denied[operation]
}

func (s *server) query(w http.ResponseWriter, form url.Values, member bool) {
	action := form.Get("Action")
	service := "iam"
	if form.Get("Version") == "2011-06-15" {
		service = "sts"
	}
	w.Header().Set("Content-Type", "text/xml")
	if code, refused := s.refuse(service + ":" + action); refused {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>no</Message></Error></ErrorResponse>`, code)
		return
	}
	account := "111122223333"
	if member {
		account = "444455556666"
	}
	fmt.Fprintf(w, `<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>`, action, s.queryResult(action, account, form))
}

func (s *server) queryResult(action, account string, form url.Values) string {
	switch action {
	case "GetCallerIdentity":
		return `<Arn>arn:aws:iam::` + account + `:role/pruner</Arn><UserId>AROAX</UserId><Account>` + account + `</Account>`
	case "AssumeRole":
		return `<Credentials><AccessKeyId>MEMBER</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>`
	case "GetAccountAuthorizationDetails":
		return details(account, form.Get("Marker"), s.roles)
	case "GenerateServiceLastAccessedDetails":
		return `<JobId>` + url.QueryEscape(form.Get("Arn")) + `</JobId>`
	case "GetServiceLastAccessedDetails":
		return lastAccessed(form.Get("Marker"))
	case "GenerateCredentialReport":
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.pending > 0 {
			s.pending--
			return `<State>STARTED</State>`
		}
		return `<State>COMPLETE</State>`
	case "GetCredentialReport":
		report := "user,arn,password_enabled\n<root_account>,arn:aws:iam::" + account + ":root,not_supported\nrobot,arn:aws:iam::" + account + ":user/robot,false\n"
		return `<Content>` + base64.StdEncoding.EncodeToString([]byte(report)) + `</Content><ReportFormat>text/csv</ReportFormat>`
	}
	return ""
}

// details answers in two pages: a role, then a managed policy.
func details(account, marker string, more int) string {
	if marker == "" {
		var others strings.Builder
		for n := range more {
			fmt.Fprintf(&others, `<member><Path>/</Path><RoleName>r%[2]d</RoleName><Arn>arn:aws:iam::%[1]s:role/r%[2]d</Arn></member>`, account, n)
		}
		return `<IsTruncated>true</IsTruncated><Marker>2</Marker><RoleDetailList><member><Path>/app/</Path><RoleName>orders</RoleName>` +
			`<RoleId>AROA` + account + `</RoleId><Arn>arn:aws:iam::` + account + `:role/app/orders</Arn><CreateDate>2025-01-02T03:04:05Z</CreateDate>` +
			`<AssumeRolePolicyDocument>` + url.PathEscape(trust) + `</AssumeRolePolicyDocument>` +
			`<RolePolicyList><member><PolicyName>own</PolicyName><PolicyDocument>` + url.PathEscape(policyText) + `</PolicyDocument></member></RolePolicyList>` +
			`<AttachedManagedPolicies><member><PolicyName>shared</PolicyName><PolicyArn>arn:aws:iam::` + account + `:policy/shared</PolicyArn></member></AttachedManagedPolicies>` +
			`<Tags><member><Key>team</Key><Value>shop</Value></member></Tags></member>` + others.String() + `</RoleDetailList>`
	}
	return `<IsTruncated>false</IsTruncated><Policies><member><PolicyName>shared</PolicyName><PolicyId>ANPA</PolicyId><Arn>arn:aws:iam::` + account +
		`:policy/shared</Arn><DefaultVersionId>v2</DefaultVersionId><CreateDate>2024-01-01T00:00:00Z</CreateDate><PolicyVersionList>` +
		`<member><VersionId>v2</VersionId><IsDefaultVersion>true</IsDefaultVersion><CreateDate>2025-06-01T00:00:00Z</CreateDate><Document>` + url.PathEscape(policyText) + `</Document></member>` +
		`<member><VersionId>v1</VersionId><IsDefaultVersion>false</IsDefaultVersion><CreateDate>2024-01-01T00:00:00Z</CreateDate><Document>` + url.PathEscape(trust) + `</Document></member>` +
		`</PolicyVersionList></member></Policies>` +
		`<UserDetailList><member><UserName>robot</UserName><Arn>arn:aws:iam::` + account + `:user/robot</Arn><GroupList><member>ops</member></GroupList></member>` +
		`<member><UserName>other</UserName><Arn>arn:aws:iam::` + account + `:user/other</Arn></member></UserDetailList>` +
		`<GroupDetailList><member><GroupName>ops</GroupName><AttachedManagedPolicies><member><PolicyArn>arn:aws:iam::` + account + `:policy/shared</PolicyArn></member></AttachedManagedPolicies></member></GroupDetailList>`
}

func lastAccessed(marker string) string {
	entry := func(name, last string) string {
		return `<member><ServiceName>` + name + `</ServiceName><ServiceNamespace>` + name + `</ServiceNamespace>` + last + `</member>`
	}
	head := `<JobStatus>COMPLETED</JobStatus><JobCreationDate>2026-10-01T00:00:00Z</JobCreationDate>`
	if marker == "" {
		return head + `<IsTruncated>true</IsTruncated><Marker>2</Marker><ServicesLastAccessed>` + entry("s3", `<LastAuthenticated>2026-09-01T00:00:00Z</LastAuthenticated><TrackedActionsLastAccessed><member><ActionName>CreateBucket</ActionName><LastAccessedTime>2026-08-01T00:00:00Z</LastAccessedTime></member><member><ActionName>DeleteBucket</ActionName></member></TrackedActionsLastAccessed>`) + `</ServicesLastAccessed>`
	}
	return head + `<IsTruncated>false</IsTruncated><ServicesLastAccessed>` + entry("sqs", "") + `</ServicesLastAccessed>`
}

func (s *server) json(w http.ResponseWriter, target, body string) {
	prefix, operation, _ := strings.Cut(target, ".")
	service := map[string]string{"SWBExternalService": "sso", "AWSOrganizationsV20161128": "organizations"}[prefix]
	if service == "" {
		service = "cloudtrail"
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if code, refused := s.refuse(service + ":" + operation); refused {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"__type":%q,"message":"no"}`, code)
		return
	}
	io.WriteString(w, jsonResult(operation, body))
}

func jsonResult(operation, body string) string {
	const trail = "arn:aws:cloudtrail:us-east-1:111122223333:trail/all"
	switch operation {
	case "DescribeTrails":
		return `{"trailList":[{"TrailARN":"` + trail + `","HomeRegion":"us-east-1","IsMultiRegionTrail":true,"IsOrganizationTrail":true}]}`
	case "ListTrails":
		return `{"Trails":[{"TrailARN":"` + trail + `","HomeRegion":"us-east-1"}]}`
	case "GetTrailStatus":
		return `{"IsLogging":true}`
	case "GetEventSelectors":
		return `{"TrailARN":"` + trail + `","EventSelectors":[{"ReadWriteType":"All","IncludeManagementEvents":true,"DataResources":[]}]}`
	case "ListInstances":
		return `{"Instances":[{"InstanceArn":"arn:aws:sso:::instance/i","IdentityStoreId":"d-1"}]}`
	case "ListPermissionSets":
		return `{"PermissionSets":["arn:aws:sso:::permissionSet/i/p"]}`
	case "DescribePermissionSet":
		return `{"PermissionSet":{"Name":"Developer","PermissionSetArn":"arn:aws:sso:::permissionSet/i/p"}}`
	case "GetInlinePolicyForPermissionSet":
		return `{"InlinePolicy":` + fmt.Sprintf("%q", policyText) + `}`
	case "ListManagedPoliciesInPermissionSet":
		return `{"AttachedManagedPolicies":[{"Name":"ReadOnlyAccess","Arn":"arn:aws:iam::aws:policy/ReadOnlyAccess"}]}`
	case "ListCustomerManagedPolicyReferencesInPermissionSet":
		return `{"CustomerManagedPolicyReferences":[{"Name":"extra","Path":"/"}]}`
	case "ListAccountsForProvisionedPermissionSet":
		return `{"AccountIds":["444455556666"]}`
	}
	return organizationResult(operation, body)
}

// organizationResult is a root with the management account and a unit below it
// with the other one.
func organizationResult(operation, body string) string {
	inUnit := strings.Contains(body, "ou-1")
	switch operation {
	case "DescribeOrganization":
		return `{"Organization":{"Id":"o-1","MasterAccountId":"111122223333"}}`
	case "ListRoots":
		return `{"Roots":[{"Id":"r-1"}]}`
	case "ListOrganizationalUnitsForParent":
		if !inUnit {
			return `{"OrganizationalUnits":[{"Id":"ou-1"}]}`
		}
	case "ListAccountsForParent":
		if inUnit {
			return `{"Accounts":[{"Id":"444455556666","Name":"shop","State":"ACTIVE"}]}`
		}
		return `{"Accounts":[{"Id":"111122223333","Name":"main","State":"ACTIVE"}]}`
	case "ListPolicies":
		if strings.Contains(body, "SERVICE_CONTROL_POLICY") {
			return `{"Policies":[{"Id":"p-1","Name":"rails","Type":"SERVICE_CONTROL_POLICY"}]}`
		}
	case "DescribePolicy":
		return `{"Policy":{"PolicySummary":{"Id":"p-1","Name":"rails","Type":"SERVICE_CONTROL_POLICY"},"Content":` + fmt.Sprintf("%q", policyText) + `}}`
	case "ListTargetsForPolicy":
		return `{"Targets":[{"TargetId":"ou-1","Type":"ORGANIZATIONAL_UNIT"}]}`
	}
	return `{}`
}
