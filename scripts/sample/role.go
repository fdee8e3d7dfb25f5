package main

import (
	"strings"
	"time"
)

// role is a role of the sample: as it stands in its account, what it does all
// day, and what pruner ought to say about it.
type role struct {
	Account     *account
	Name        string
	Path        string // "/" unless said
	ID          string // AROA…, from the name unless said
	Created     string
	Description string
	Trust       string   // assume-role policy document
	Inline      []policy // inline policies
	Attached    []string // ARNs of managed policies
	Boundary    string   // ARN
	Tags        [][2]string
	Session     session  // templates of its sessions
	Jobs        []job    // its work in the logs
	Unlogged    []string // service namespaces it uses every day without a trace in the logs
	Granted     []string // service namespaces its policies allow, for the last-accessed report
	LastUsed    string   // for roles that the logs do not show in use
	Deleted     string   // when it was deleted; such a role is in the logs only
	Truth       truth
	features    []*feature // of a role of the generated organisation
	held        string     // how such a role holds what it is granted
}

// policy is a named document.
type policy struct{ Name, Document string }

// session describes a role's sessions; in a moment it is one of them.
type session struct {
	name  string // template
	ip    string
	agent string
	hours int // a new session begins every so many hours
	mfa   bool
	// endpoint is the VPC endpoint that its calls go through.
	endpoint string
	// set in a moment
	key   string
	start int64
	// provider is the web-identity or SAML provider, "" for others.
	provider string
}

func (r *role) path() string {
	if r.Path == "" {
		return "/"
	}
	return r.Path
}

// gone says that the role exists no longer.
func (r *role) gone() bool { return r.Deleted != "" }

func (r *role) arn() string { return r.Account.arn("role" + r.path() + r.Name) }

// id is the role's unique ID: unlike the name it is never given out again.
func (r *role) id() string {
	if r.ID != "" {
		return r.ID
	}
	return uniqueID("AROA", r.Account.ID, r.Name)
}

// sessionARN is the ARN of the role's session, as a template.
func (r *role) sessionARN() string {
	return "arn:" + r.Account.Partition + ":sts::" + r.Account.ID + ":assumed-role/" + r.Name + "/$(session)"
}

// uniqueID makes an ID as IAM does: a prefix for the kind and 17 characters.
func uniqueID(prefix string, names ...string) string {
	random := seeded(1, append([]string{prefix}, names...)...)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	var b strings.Builder
	b.WriteString(prefix)
	for range 17 {
		b.WriteByte(alphabet[random.below(len(alphabet))])
	}
	return b.String()
}

// at is the role's session at a time.
func (r *role) at(unix int64, seed uint64) session {
	s := r.Session
	period := int64(max(s.hours, 1)) * 3600
	s.start = unix - unix%period
	random := seeded(seed, r.id(), time.Unix(s.start, 0).UTC().Format(time.RFC3339))
	s.key = "ASIA" + string(digits("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "16")(nil, &moment{random: random}))
	s.name = string(compile(s.name).append(nil, &moment{random: random, unix: s.start}))
	s.ip = string(compile(s.ip).append(nil, &moment{random: random, unix: s.start}))
	s.start -= int64(random.below(240))
	return s
}

// identity is the userIdentity of the role's calls, as a template. via is the
// service that calls on the role's behalf, "" for the role itself.
func (r *role) identity(via string) string {
	var b strings.Builder
	b.WriteString(`{"type":"AssumedRole","principalId":"` + r.id() + `:$(session)","arn":"` + r.sessionARN() + `","accountId":"` +
		r.Account.ID + `","accessKeyId":"$(key)","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"` +
		r.id() + `","arn":"` + r.arn() + `","accountId":"` + r.Account.ID + `","userName":"` + r.Name + `"},`)
	if r.Session.provider != "" {
		b.WriteString(`"webIdFederationData":{"federatedProvider":"` + r.Session.provider + `","attributes":{}},`)
	}
	b.WriteString(`"attributes":{"creationDate":"$(start)","mfaAuthenticated":"`)
	if r.Session.mfa {
		b.WriteString(`true"}}`)
	} else {
		b.WriteString(`false"}}`)
	}
	if via != "" {
		b.WriteString(`,"invokedBy":"` + via + `"`)
	}
	b.WriteString(`}`)
	return b.String()
}
