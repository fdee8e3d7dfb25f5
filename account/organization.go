// Package account is an AWS organisation as it stands: its accounts, their
// principals and policies, the SCPs and RCPs above them, what the trails
// record, and when services were last accessed. It is read from a snapshot
// folder, which `pruner snapshot` writes.
//
// What a snapshot does not hold is named in Missing, with what it would have
// told: its consequence is blind, not wrong.
package account

import (
	"time"

	"github.com/pruner/pruner/iam"
)

// Organization is every account of a snapshot.
type Organization struct {
	Accounts       []*Account // by ID
	Policies       []ControlPolicy
	PermissionSets []PermissionSet
	Known          bool // organization.json was there: no SCP means none, not unknown
	Missing        []Missing
	ResourceBased  map[iam.ARN]*iam.Policy // resource policies by the ARN of what they guard

	entries map[string]entry
}

// Missing is a part the snapshot does not have.
type Missing struct {
	File        string // relative to the snapshot folder
	Consequence string // what it would have told
}

// Account is one AWS account.
type Account struct {
	ID           string
	Roles        []*Role // by ARN
	Users        []*User
	Groups       map[string]*Group // by name
	Managed      map[iam.ARN]*ManagedPolicy
	Trails       []Trail
	TrailsKnown  bool
	LastAccessed map[iam.ARN]map[string]time.Time // principal → service prefix → last authenticated; zero time: never

	// ActionsAccessed is the same by action, folded, for the services whose
	// actions IAM tracks and where the report says so.
	ActionsAccessed map[iam.ARN]map[iam.Action]time.Time
}

// Role is an IAM role.
type Role struct {
	ARN      iam.ARN
	ID       string // AROA…
	Name     string
	Path     string
	Created  time.Time
	Trust    *iam.Policy
	Boundary iam.ARN // "" if none
	Inline   []InlinePolicy
	Attached []iam.ARN
	Tags     map[string]string

	InstanceProfiles []iam.ARN
	Changed          time.Time // last change of its policies that the logs show; zero: none
	LastUsed         time.Time // as IAM reports it, within its tracking period; zero: never
}

// User is an IAM user.
type User struct {
	ARN      iam.ARN
	ID       string // AIDA…
	Name     string
	Created  time.Time
	Boundary iam.ARN
	Inline   []InlinePolicy
	Attached []iam.ARN
	Groups   []string
	Machine  bool      // the credential report has it without a password; false too where there is no report
	LastUsed time.Time // of its password and keys, as the credential report has it; zero: never or not known
}

// Group is an IAM group.
type Group struct {
	Name     string
	Inline   []InlinePolicy
	Attached []iam.ARN
}

// InlinePolicy is a policy that lives in its principal.
type InlinePolicy struct {
	Name     string
	Document *iam.Policy
}

// ManagedPolicy is a customer-managed or AWS-managed policy at its default
// version.
type ManagedPolicy struct {
	ARN        iam.ARN
	ID         string
	Name       string
	Created    time.Time
	Version    string    // "v3"
	VersionAt  time.Time // when the default version was made
	Versions   int
	Document   *iam.Policy // of the default version; nil if it cannot be read
	AWSManaged bool
	History    []PolicyVersion // the versions IAM still keeps, oldest first
}

// PolicyVersion is one version of a managed policy.
type PolicyVersion struct {
	Version  string
	Created  time.Time
	Document *iam.Policy
}
