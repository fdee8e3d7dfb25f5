package usage

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
)

const (
	ordersARN = iam.ARN("arn:aws:iam::111122223333:role/app/orders")
	trailARN  = iam.ARN("arn:aws:cloudtrail:eu-west-1:111122223333:trail/all")
)

func day(n int) time.Time { return time.Date(2026, 8, n, 0, 0, 0, 0, time.UTC) }

func use(action iam.Action, resource iam.Pattern, n int) Use {
	return Use{
		Call:    iam.Call{Action: action, Resources: []iam.Pattern{resource}, Kind: iam.Primary, Resolution: iam.Exact},
		Outcome: trail.Allowed, Days: []trail.Day{trail.DayOf(day(n))}, Hours: 1, First: day(n), Last: day(n).Add(time.Minute), EventID: "e",
	}
}

func organization() *account.Organization {
	return &account.Organization{Accounts: []*account.Account{{
		ID: "111122223333", TrailsKnown: true,
		Roles:  []*account.Role{{ARN: ordersARN, ID: "AROANEW", Name: "orders", Path: "/app/", Created: day(1)}},
		Trails: []account.Trail{{ARN: trailARN, Logging: true, MultiRegion: true, Basic: []account.Selector{{ReadWrite: "All", Management: true}}}},
	}}}
}

func of(arn iam.ARN, id string, uses ...Use) (Key, *Usage) {
	return Key{arn, id}, &Usage{Principal: interpret.Principal{ARN: arn, ID: id, Kind: "role"}, Uses: uses, Denied: []Use{}, Unmapped: []Unmapped{}}
}

// Use without a unique ID, or under a session's ARN, belongs to the role; that
// of a role deleted before under the same name does not.
func TestSettleKeepsRecreatedRolesApart(t *testing.T) {
	all := map[Key]*Usage{}
	add := func(k Key, u *Usage) { all[k] = u }
	add(of(ordersARN, "AROANEW", use("s3:GetObject", "arn:aws:s3:::b/k", 1)))
	add(of("arn:aws:iam::111122223333:role/orders", "", use("s3:GetObject", "arn:aws:s3:::b/k", 3)))
	add(of("arn:aws:iam::111122223333:role/orders", "AROANEW", use("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", 2)))
	add(of(ordersARN, "AROAOLD", use("iam:CreateUser", "*", 1)))
	add(of("arn:aws:iam::999999999999:role/orders", "", use("iam:CreateUser", "*", 1)))
	Settle(all, organization())
	got := all[Key{ordersARN, "AROANEW"}]
	if len(all) != 3 || len(got.Uses) != 2 {
		t.Fatalf("%d principals, uses %v; want the old role and the other account's apart", len(all), got.Uses)
	}
	want := use("s3:GetObject", "arn:aws:s3:::b/k", 1)
	want.Days = []trail.Day{trail.DayOf(day(1)), trail.DayOf(day(3))}
	want.Last = day(3).Add(time.Minute)
	if diff := cmp.Diff(want, got.Uses[0]); diff != "" {
		t.Errorf("merged use (-want +got):\n%s", diff)
	}
}

func TestSettleNotesChanges(t *testing.T) {
	org := organization()
	all := map[Key]*Usage{}
	refused := use("iam:AttachRolePolicy", iam.Pattern(ordersARN), 20)
	refused.Outcome = trail.Undecided
	k, u := of("arn:aws:iam::111122223333:role/ci", "AROACI",
		use("iam:PutRolePolicy", iam.Pattern(ordersARN), 9), use("iam:PutRolePolicy", "arn:aws:iam::111122223333:role/other", 15), refused,
		use("cloudtrail:StopLogging", "arn:aws:cloudtrail:*:111122223333:trail/all", 4))
	all[k] = u
	Settle(all, org)
	role, tr := org.Accounts[0].Roles[0], org.Accounts[0].Trails[0]
	if want := day(9).Add(time.Minute); !role.Changed.Equal(want) {
		t.Errorf("the role's policies changed %v, want %v", role.Changed, want)
	}
	if want := day(4).Add(time.Minute); !tr.Changed.Equal(want) {
		t.Errorf("the trail changed %v, want %v", tr.Changed, want)
	}
}

// The root user is nobody to prune, but a trail it stopped was stopped.
func TestRootsChangesCount(t *testing.T) {
	o := event("r", "cloudtrail.amazonaws.com", "StopLogging", "", day(7), trail.Param{Path: "name", Value: string(trailARN)})
	o.Identity = trail.Identity{Type: "Root", ARN: "arn:aws:iam::111122223333:root", ID: "111122223333", Account: "111122223333"}
	org := organization()
	Settle(collect(t, list{o}), org)
	if got := org.Accounts[0].Trails[0].Changed; !got.Equal(day(7)) {
		t.Errorf("the trail changed %v, want %v", got, day(7))
	}
}
