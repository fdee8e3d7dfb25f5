package main

import (
	"encoding/json"
	"slices"
	"strings"
)

// The ways in which the roles of the generated organisation hold what they are
// granted.
const (
	heldInline    = "inline"     // an inline policy
	heldOwn       = "managed"    // a customer-managed policy of its own
	heldShared    = "shared"     // one with another role that works
	heldWithIdle  = "with idle"  // one with a role that nobody uses
	heldWithUser  = "with user"  // one with a user
	heldBounded   = "bounded"    // inline, under a permissions boundary
	heldByPeople  = "people"     // inline, of a permission set's role
	heldFromAWS   = "aws"        // AWS's own policies for whole services
	heldByNothing = "never used" // inline, of a role that does nothing
)

// holdings is how often each is found, in a hundred.
var holdings = []struct {
	held string
	of   int
}{
	{heldInline, 35}, {heldOwn, 20}, {heldShared, 15}, {heldWithIdle, 6}, {heldWithUser, 4}, {heldBounded, 8}, {heldByPeople, 5}, {heldFromAWS, 7},
}

// fullAccessOf are AWS-managed policies that grant one whole service.
//
// Source: AWS Managed Policy Reference Guide.
var fullAccessOf = map[string]*managed{
	"s3": s3FullAccess,
	"sqs": {
		ARN: "arn:aws:iam::aws:policy/AmazonSQSFullAccess", ID: "ANPAI65L554VRJ33ECQS6",
		Versions: []version{{1, "2015-02-06T18:41:07+00:00", `{"Version":"2012-10-17","Statement":[{"Action":["sqs:*"],"Effect":"Allow","Resource":"*"}]}`}},
	},
}

// hold moves the roles' inline policies to where they are held.
func (w *world) hold(seed uint64) {
	var waiting *role // to share with
	for _, r := range w.roles {
		random := seeded(seed, "held", r.Name)
		r.held = held(random.below(100))
		if len(r.Inline) == 0 {
			r.held = heldInline
			if len(r.Attached) > 0 {
				r.held = heldOwn
			}
			continue
		}
		switch r.held {
		case heldOwn:
			w.move(r, r)
		case heldShared:
			if waiting == nil || waiting.Account != r.Account {
				waiting = r
				r.held = heldInline
				continue
			}
			waiting.held = heldShared
			w.move(r, r, waiting)
			waiting = nil
		case heldWithIdle:
			idle := &role{
				Account: r.Account, Name: r.Name + "-idle", Created: r.Created, Trust: r.Trust, Session: r.Session, held: heldByNothing,
				Inline: []policy{{"old", r.Inline[0].Document}}, Granted: r.Granted, Truth: truth{Story: "idle", Expect: []string{}, Needs: []string{}},
			}
			w.idle = append(w.idle, idle)
			idle.Attached = append(idle.Attached, w.move(r, r))
		case heldWithUser:
			w.users = append(w.users, heldUser{r.Account, "user-of-" + r.Name, w.move(r, r), r.Granted})
		case heldBounded:
			r.Boundary = w.boundary(r.Account)
		case heldByPeople:
			r.Name = "AWSReservedSSO_Team" + strings.TrimPrefix(r.Name, "role-") + "_" + string(digits("0123456789abcdef", "16")(nil, &moment{random: random}))
			r.Path = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
			r.Trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + r.Account.arn("saml-provider/AWSSSO_72231b2c9a4f0d1e_DO_NOT_DELETE") + `"},"Action":["sts:AssumeRoleWithSAML","sts:TagSession"]}]}`
		case heldFromAWS:
			w.fromAWS(r)
		}
	}
	w.roles = append(w.roles, w.idle...)
}

func held(choice int) string {
	for _, h := range holdings {
		if choice -= h.of; choice < 0 {
			return h.held
		}
	}
	return heldInline
}

// move makes the inline policies of the roles one customer-managed policy that
// they all have, and gives its ARN.
func (w *world) move(named *role, holders ...*role) string {
	arn := named.Account.arn("policy/" + named.Name + "-work")
	var all []statement
	for _, r := range holders {
		var d struct{ Statement []statement }
		if err := json.Unmarshal([]byte(r.Inline[0].Document), &d); err != nil {
			panic(err)
		}
		for _, s := range d.Statement {
			if len(holders) > 1 {
				s.Sid += "of" + strings.TrimPrefix(r.Name, "role-") // a Sid stands once in a document
			}
			all = append(all, s)
		}
		r.Inline, r.Attached = nil, append(r.Attached, arn)
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": all})
	if err != nil {
		panic(err)
	}
	w.managed = append(w.managed, &managed{ARN: arn, Versions: []version{{1, named.Created, string(text)}}})
	return arn
}

// boundary is the account's permissions boundary, which bounds little.
func (w *world) boundary(a *account) string {
	arn := a.arn("policy/boundary")
	for _, m := range w.managed {
		if m.ARN == arn {
			return arn
		}
	}
	w.managed = append(w.managed, &managed{ARN: arn, Versions: []version{{
		1, "2024-03-01T10:00:00+00:00",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":["organizations:*","account:*"],"Resource":"*"}]}`,
	}}})
	return arn
}

// fromAWS gives the role AWS's policy for each service that there is one for,
// in place of the statements that grant it.
func (w *world) fromAWS(r *role) {
	var d struct{ Statement []statement }
	if err := json.Unmarshal([]byte(r.Inline[0].Document), &d); err != nil {
		panic(err)
	}
	var rest []statement
	for _, s := range d.Statement {
		var prefix string
		if len(s.Action) > 0 {
			prefix, _, _ = strings.Cut(s.Action[0], ":")
		}
		m := fullAccessOf[prefix]
		if m == nil {
			rest = append(rest, s)
			continue
		}
		if !slices.Contains(r.Attached, m.ARN) {
			r.Attached = append(r.Attached, m.ARN)
		}
	}
	r.Inline = nil
	if len(rest) > 0 {
		text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": rest})
		if err != nil {
			panic(err)
		}
		r.Inline = []policy{{"work", string(text)}}
	}
}

// heldUser is a user of the generated organisation who holds a policy and does
// nothing.
type heldUser struct {
	account *account
	name    string
	policy  string
	granted []string // as of a role
}

func (u *heldUser) arn() string { return u.account.arn("user/" + u.name) }

func (u *heldUser) detail() userDetail {
	return userDetail{
		Path: "/", UserName: u.name, UserId: uniqueID("AIDA", u.account.ID, u.name), Arn: u.arn(),
		CreateDate: "2022-01-10T08:00:00+00:00", GroupList: []string{}, AttachedManagedPolicies: attach([]string{u.policy}), Tags: []tag{},
	}
}

// usersOf are the account's users: those of the stories and the generated ones.
func (w *world) usersOf(a *account) []userDetail {
	all := users(a)
	for _, u := range w.users {
		if u.account == a {
			all = append(all, u.detail())
		}
	}
	return all
}
