// Package trail holds CloudTrail's words: a Record is one event, an
// Observation is equal records of one day folded into one. They say what
// happened; what it means is package interpret's business, so that a better
// catalog re-reads the store and not the logs.
//
// The package depends on the standard library only.
package trail

import (
	"strings"
	"time"
)

// Record is one CloudTrail event: the fields that pruner needs and no others.
// Text that can identify a person (session names) is already hashed, and only
// allow-listed request parameters are held.
//
// Source: CloudTrail User Guide, "CloudTrail record contents".
type Record struct {
	Version       string // eventVersion, "1.11"
	EventID       string // "" where the log has none
	EventTime     time.Time
	EventSource   string // "s3.amazonaws.com"
	EventName     string // trimmed
	EventType     string // "AwsApiCall", "AwsServiceEvent", …; "" in very old logs
	Category      string // eventCategory: "Management", "Data", "Insight", …; "" in old logs
	Region        string // awsRegion
	Account       string // recipientAccountId, else userIdentity.accountId
	SharedEventID string // set when two accounts received the same event
	ErrorCode     string // "" for success
	Denial        Denial // read from errorMessage
	SourceIP      string // an IP address, a service's DNS name, or "AWS Internal"
	VPCEndpoint   string // vpcEndpointId
	ReadOnly      Tristate
	Identity      Identity
	Resources     []Resource
	Params        []Param // allow-listed, sorted by path, then value
	Omitted       bool    // requestParameters were dropped or truncated ("omitted": true)
	Addendum      bool    // a later correction to an event delivered before
}

// Tristate is a boolean that a log may not have.
type Tristate uint8

// The three states.
const (
	NotSaid Tristate = iota
	False
	True
)

// Identity is userIdentity: who made the call. For an assumed role, IssuerARN
// and IssuerID are the role's; the session belongs to the role.
//
// Source: CloudTrail User Guide, "CloudTrail userIdentity element".
type Identity struct {
	Type      string // "AssumedRole", "IAMUser", "Root", "AWSService", "AWSAccount", …
	ARN       string // userIdentity.arn; the session name in an assumed-role ARN is replaced by its hash
	ID        string // principalId, without the session name behind ":"
	Account   string // accountId of the caller
	IssuerARN string // sessionContext.sessionIssuer.arn: the role
	IssuerID  string // sessionContext.sessionIssuer.principalId: AROA…
	InvokedBy string // the service that called on the caller's behalf
	Provider  string // web identity or SAML provider of the session
	MFA       Tristate
	OnBehalf  string // identity-center user ID in onBehalfOf.userId, hashed
	Source    string // sessionContext.sourceIdentity, hashed
}

// Principal is what observations are ordered by: the role of a session, else
// the caller's ARN, else whatever names the caller.
func (id *Identity) Principal() string {
	for _, name := range []string{id.IssuerARN, id.ARN, id.InvokedBy, id.ID} {
		if name != "" {
			return name
		}
	}
	return id.Type
}

// Resource is an entry of the event's resources list.
type Resource struct {
	ARN     string // ARN, or ARNPrefix followed by "*"
	Account string // accountId: the owner
	Type    string // "AWS::S3::Object"
}

// Param is one scalar of requestParameters (or of the few response elements
// the catalog asks for, whose paths begin with "response."). Path joins member
// names with "."; a list element adds "[]" to the name of its list
// ("TransactItems[].Put.TableName"). Names are spelled as in the event.
type Param struct {
	Path, Value string
}

// Denial is what a message such as "User: arn:… is not authorized to perform:
// s3:GetObject on resource: arn:… because no identity-based policy allows the
// s3:GetObject action" says. Zero when there is no such message.
//
// Source: IAM User Guide, "Troubleshoot access denied error messages".
type Denial struct {
	Action   string // "s3:GetObject"
	Resource string // ARN, or "*"
	Policy   string // "identity-based", "resource-based", "service control", …
	Explicit bool   // "with an explicit deny"
}

// NeverUse names the category of a record that tells of no single call: an
// insight, an aggregated event, a call as a VPC endpoint saw it. It is "" for
// any other; a category that nobody has heard of may be use.
//
// Source: CloudTrail User Guide, "CloudTrail record contents for Insights
// events for trails" (no eventSource, no eventName; no eventCategory before
// version 1.07), "CloudTrail record contents for aggregated events" (no
// eventTime, no eventName) and "Network activity events".
func (r *Record) NeverUse() string {
	switch {
	case r.Category == "Management" || r.Category == "Data":
		return ""
	case strings.EqualFold(r.Category, "Insight"), r.Category == "" && r.EventType == "AwsCloudTrailInsight":
		return "Insight"
	case strings.EqualFold(r.Category, "Aggregated"):
		return "Aggregated"
	case strings.EqualFold(r.Category, "NetworkActivity"):
		return "NetworkActivity"
	}
	return ""
}
