package account

import (
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/iam"
)

// PolicyKind says where an identity policy lives.
type PolicyKind string

// The kinds.
const (
	Inline              PolicyKind = "inline"
	CustomerManaged     PolicyKind = "managed"
	AWSManaged          PolicyKind = "aws-managed"
	PermissionSetInline PolicyKind = "permission-set-inline"
)

// Holding is one identity policy that a role has.
type Holding struct {
	Name     string
	Kind     PolicyKind
	ARN      iam.ARN // of a managed policy
	Owner    iam.ARN // of an inline one: its role
	Set      string  // permission set whose inline policy this is
	Document *iam.Policy
	Since    time.Time // when the document became what it is; zero if not known
	Holders  []iam.ARN // every role that has it, sorted
}

// Holdings lists a role's identity policies: inline in order, then attached.
func (o *Organization) Holdings(a *Account, r *Role) []Holding {
	var out []Holding
	set := o.permissionSet(r)
	for _, p := range r.Inline {
		h := Holding{Name: p.Name, Kind: Inline, Owner: r.ARN, Document: p.Document, Since: latest(r.Created, r.Changed), Holders: []iam.ARN{r.ARN}}
		if set != nil && set.Inline != nil {
			h.Kind, h.Set, h.Holders = PermissionSetInline, set.Name, o.setRoles(set.Name)
		}
		out = append(out, h)
	}
	for _, arn := range r.Attached {
		m := a.Managed[arn]
		if m == nil {
			out = append(out, Holding{Name: arn.Name(), Kind: AWSManaged, ARN: arn})
			continue
		}
		h := Holding{Name: m.Name, Kind: CustomerManaged, ARN: arn, Document: m.Document, Since: latest(m.VersionAt, r.Created, r.Changed), Holders: a.holders(arn)}
		if m.AWSManaged {
			h.Kind = AWSManaged
		}
		out = append(out, h)
	}
	return out
}

// UserHoldings lists a user's identity policies: inline, attached, and those of
// its groups under the group's name. They are for reports: nothing is proposed
// for users.
func (a *Account) UserHoldings(u *User) []Holding {
	out := a.held(u.ARN, "", u.Created, u.Inline, u.Attached)
	for _, name := range u.Groups {
		if g := a.Groups[name]; g != nil {
			out = append(out, a.held(u.ARN, g.Name+"/", u.Created, g.Inline, g.Attached)...)
		}
	}
	return out
}

func (a *Account) held(owner iam.ARN, prefix string, since time.Time, inline []InlinePolicy, attached []iam.ARN) []Holding {
	var out []Holding
	for _, p := range inline {
		out = append(out, Holding{Name: prefix + p.Name, Kind: Inline, Owner: owner, Document: p.Document, Since: since, Holders: []iam.ARN{owner}})
	}
	for _, arn := range attached {
		h := Holding{Name: prefix + arn.Name(), Kind: AWSManaged, ARN: arn, Holders: []iam.ARN{owner}}
		if m := a.Managed[arn]; m != nil {
			h.Document, h.Since = m.Document, latest(m.VersionAt, since)
			if !m.AWSManaged {
				h.Kind = CustomerManaged
			}
		}
		out = append(out, h)
	}
	return out
}

// latest is the youngest of the dates: a policy is a grant of its role no
// longer than it reads as it does, than the role is there, and than the last
// change of the role's policies that the logs show.
func latest(dates ...time.Time) time.Time {
	return slices.MaxFunc(dates, time.Time.Compare)
}

// holders lists the roles of the account that have a managed policy attached.
func (a *Account) holders(arn iam.ARN) []iam.ARN {
	var out []iam.ARN
	for _, r := range a.Roles {
		if slices.Contains(r.Attached, arn) {
			out = append(out, r.ARN)
		}
	}
	return out
}

// UsersHolding lists the users who have a managed policy, attached to them or to
// a group that they are in, in the order of Users.
func (a *Account) UsersHolding(arn iam.ARN) []*User {
	var out []*User
	for _, u := range a.Users {
		if slices.Contains(u.Attached, arn) || slices.ContainsFunc(u.Groups, func(name string) bool {
			g := a.Groups[name]
			return g != nil && slices.Contains(g.Attached, arn)
		}) {
			out = append(out, u)
		}
	}
	return out
}

// ReservedSet is the permission set of an AWSReservedSSO_<set>_<hash> role.
//
// Source: IAM Identity Center User Guide, "Referencing permission sets in
// resource policies".
func ReservedSet(roleName string) (string, bool) {
	rest, ok := strings.CutPrefix(roleName, "AWSReservedSSO_")
	if !ok {
		return "", false
	}
	end := strings.LastIndexByte(rest, '_')
	if end <= 0 {
		return "", false
	}
	return rest[:end], true
}

func (o *Organization) permissionSet(r *Role) *PermissionSet {
	name, ok := ReservedSet(r.Name)
	if !ok {
		return nil
	}
	for i := range o.PermissionSets {
		if o.PermissionSets[i].Name == name {
			return &o.PermissionSets[i]
		}
	}
	return nil
}

// setRoles lists the roles of a permission set in every account.
func (o *Organization) setRoles(set string) []iam.ARN {
	var out []iam.ARN
	for _, a := range o.Accounts {
		for _, r := range a.Roles {
			if name, ok := ReservedSet(r.Name); ok && name == set {
				out = append(out, r.ARN)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Unprunable says why a role's policies are never changed, or "".
func (r *Role) Unprunable() string {
	if strings.HasPrefix(r.Path, "/aws-service-role/") {
		return "a service-linked role: its policy is AWS's"
	}
	return ""
}
