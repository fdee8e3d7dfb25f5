package synth

import (
	"context"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
	"github.com/pruner/pruner/usage"
)

var testCatalog = catalog.Default()

const testAccount = "111122223333"

// testWindow is 90 days; day 1 of a scenario is its first, day 0 and below lie
// before it.
var testWindow = usage.WindowOf(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), 90)

// scenario is an account and its events as a txtar:
//
//	trails                     lines "data TYPE PREFIX", "exclude SOURCE", "writes", "stopped", "one-region", and
//	                           "advanced FIELD=VALUE FIELD!=VALUE …"; default: all management events, everywhere
//	roles/R/inline/P.json      an inline policy; trust.json the trust policy
//	roles/R/attached           ARNs or names of managed policies
//	users/U/…, groups/G/…      the same of a user or group; a user's groups lists them, machine says that nobody signs in
//	managed/P.json             a customer-managed policy
//	aws/P.json                 an AWS-managed policy, P may hold a path
//	since                      lines "P DAY": when managed policy P became what it is
//	accessed                   lines "R SERVICE DAY", "R SERVICE:ACTION DAY": last-accessed data; "R - 0": known, nothing accessed
//	events                     lines "R|user:U SOURCE EVENT DAYS [resource=TYPE|ARN] [error=CODE] [named=ACTION|RESOURCE|POLICY] [by=SERVICE] [id=ID] [session=NAME] [param=value…]"
//	holes                      lines "DAY"
//
// DAYS is a list of days and ranges with an optional step: 1,5-9,1-90/7.
type scenario struct {
	files map[string]string
	org   *account.Organization
}

func newScenario(t *testing.T, a *txtar.Archive) *scenario {
	t.Helper()
	sc := &scenario{files: map[string]string{}}
	for _, f := range a.Files {
		sc.files[f.Name] = string(f.Data)
	}
	return sc
}

func (sc *scenario) lines(name string) []string {
	var out []string
	for line := range strings.Lines(sc.files[name]) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}

func (sc *scenario) roleARN(name string) iam.ARN {
	return iam.ARN("arn:aws:iam::" + testAccount + ":role/" + name)
}

func policyARN(name string) iam.ARN {
	if strings.HasPrefix(name, "arn:") {
		return iam.ARN(name)
	}
	return iam.ARN("arn:aws:iam::" + testAccount + ":policy/" + name)
}

func day(text string, t *testing.T) time.Time {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return testWindow.From.AddDate(0, 0, n-1)
}

func (sc *scenario) policy(t *testing.T, name string) *iam.Policy {
	t.Helper()
	p, err := iam.ParsePolicy([]byte(sc.files[name]))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p
}

// account builds the account as it stands.
func (sc *scenario) account(t *testing.T) *account.Account {
	t.Helper()
	a := &account.Account{
		ID: testAccount, Managed: map[iam.ARN]*account.ManagedPolicy{}, TrailsKnown: true,
		LastAccessed: map[iam.ARN]map[string]time.Time{}, Trails: []account.Trail{sc.trail()},
		ActionsAccessed: map[iam.ARN]map[iam.Action]time.Time{},
	}
	roles, users := map[string]*account.Role{}, map[string]*account.User{}
	for _, name := range sortedNames(sc.files) {
		parts := strings.Split(strings.TrimSuffix(name, ".json"), "/")
		switch parts[0] {
		case "roles":
			r := roles[parts[1]]
			if r == nil {
				r = &account.Role{ARN: sc.roleARN(parts[1]), ID: "AROA" + strings.ToUpper(parts[1]), Name: parts[1], Path: "/"}
				roles[parts[1]] = r
				a.Roles = append(a.Roles, r)
			}
			sc.rolePart(t, r, name, parts[2:])
		case "users", "groups":
			sc.userPart(t, a, users, name, parts)
		case "managed", "aws":
			arn := policyARN(parts[1])
			if parts[0] == "aws" {
				arn = iam.ARN("arn:aws:iam::aws:policy/" + strings.Join(parts[1:], "/"))
			}
			a.Managed[arn] = &account.ManagedPolicy{ARN: arn, Name: path.Base(strings.Join(parts, "/")), Document: sc.policy(t, name), AWSManaged: parts[0] == "aws"}
		}
	}
	for _, line := range sc.lines("since") {
		f := strings.Fields(line)
		a.Managed[policyARN(f[0])].VersionAt = day(f[1], t)
	}
	for _, line := range sc.lines("accessed") {
		f := strings.Fields(line)
		if a.LastAccessed[sc.roleARN(f[0])] == nil {
			a.LastAccessed[sc.roleARN(f[0])] = map[string]time.Time{}
		}
		if action := iam.Action(f[1]); action.Name() != "" {
			a.ActionsAccessed[sc.roleARN(f[0])] = map[iam.Action]time.Time{action.Fold(): day(f[2], t)}
			continue
		}
		a.LastAccessed[sc.roleARN(f[0])][f[1]] = day(f[2], t)
	}
	return a
}

func sortedNames(files map[string]string) []string {
	names := make([]string, 0, len(files))
	for n := range files {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func (sc *scenario) rolePart(t *testing.T, r *account.Role, name string, parts []string) {
	t.Helper()
	switch parts[0] {
	case "trust":
		r.Trust = sc.policy(t, name)
	case "inline":
		r.Inline = append(r.Inline, account.InlinePolicy{Name: parts[1], Document: sc.policy(t, name)})
	case "attached":
		for _, line := range sc.lines(name) {
			r.Attached = append(r.Attached, policyARN(line))
		}
	case "boundary":
		r.Boundary = policyARN(strings.TrimSpace(sc.files[name]))
	case "created":
		r.Created = day(strings.TrimSpace(sc.files[name]), t)
	default:
		t.Fatalf("%s: no such part of a role", name)
	}
}

func (sc *scenario) userPart(t *testing.T, a *account.Account, users map[string]*account.User, name string, parts []string) {
	t.Helper()
	if parts[0] == "groups" {
		if a.Groups == nil {
			a.Groups = map[string]*account.Group{}
		}
		g := &account.Group{Name: parts[1]}
		for _, line := range sc.lines(name) {
			g.Attached = append(g.Attached, policyARN(line))
		}
		a.Groups[g.Name] = g
		return
	}
	u := users[parts[1]]
	if u == nil {
		u = &account.User{ARN: iam.ARN("arn:aws:iam::" + testAccount + ":user/" + parts[1]), ID: "AIDA" + strings.ToUpper(parts[1]), Name: parts[1]}
		users[parts[1]], a.Users = u, append(a.Users, u)
	}
	switch parts[2] {
	case "attached":
		for _, line := range sc.lines(name) {
			u.Attached = append(u.Attached, policyARN(line))
		}
	case "inline":
		u.Inline = append(u.Inline, account.InlinePolicy{Name: parts[3], Document: sc.policy(t, name)})
	case "groups":
		u.Groups = sc.lines(name)
	case "machine":
		u.Machine = true
	default:
		t.Fatalf("%s: no such part of a user", name)
	}
}

func (sc *scenario) trail() account.Trail {
	tr := account.Trail{ARN: "arn:aws:cloudtrail:us-east-1:" + testAccount + ":trail/t", HomeRegion: "us-east-1", MultiRegion: true, Logging: true}
	s := account.Selector{ReadWrite: "All", Management: true}
	for _, line := range sc.lines("trails") {
		switch f := strings.Fields(line); f[0] {
		case "data":
			s.Data = append(s.Data, account.DataResource{Type: f[1], Values: f[2:]})
		case "exclude":
			s.Excluded = append(s.Excluded, f[1])
		case "writes":
			s.ReadWrite = "WriteOnly"
		case "stopped":
			tr.Logging = false
		case "one-region":
			tr.MultiRegion = false
		case "advanced":
			tr.Advanced = append(tr.Advanced, account.AdvancedSelector{Fields: fieldSelectors(f[1:])})
		}
	}
	if tr.Advanced == nil {
		tr.Basic = []account.Selector{s}
	}
	return tr
}

func fieldSelectors(words []string) []account.FieldSelector {
	var out []account.FieldSelector
	for _, w := range words {
		field, value, _ := strings.Cut(w, "=")
		if name, not := strings.CutSuffix(field, "!"); not {
			out = append(out, account.FieldSelector{Field: name, NotEquals: []string{value}})
			continue
		}
		out = append(out, account.FieldSelector{Field: field, Equals: []string{value}})
	}
	return out
}

// inputs reads the events through interpretation and usage, as the program
// does.
func (sc *scenario) inputs(t *testing.T) Inputs {
	t.Helper()
	if sc.org == nil {
		sc.org = &account.Organization{Accounts: []*account.Account{sc.account(t)}, Known: true}
	}
	used, err := usage.Collect(context.Background(), sc.observations(t), interpret.New(testCatalog), testWindow)
	if err != nil {
		t.Fatal(err)
	}
	return Inputs{
		Catalog: testCatalog, Engine: eval.New(testCatalog), Org: sc.org, Usage: used, Window: testWindow,
		Coverage: func(string) []trail.Interval { return sc.coverage(t) },
	}
}

func (sc *scenario) coverage(t *testing.T) []trail.Interval {
	out := []trail.Interval{{Account: testAccount, Region: "us-east-1", From: testWindow.From.AddDate(-1, 0, 0), To: testWindow.To, Coverage: trail.Assumed}}
	for _, line := range sc.lines("holes") {
		from := day(line, t)
		out = append(out, trail.Interval{Account: testAccount, Region: "us-east-1", From: from, To: from.Add(time.Hour), Coverage: trail.Hole, Cause: "no log file delivered"})
	}
	return out
}

type observations []*trail.Observation

func (o observations) Observations(context.Context) iter.Seq2[*trail.Observation, error] {
	return func(yield func(*trail.Observation, error) bool) {
		for _, one := range o {
			if !yield(one, nil) {
				return
			}
		}
	}
}

func (sc *scenario) observations(t *testing.T) observations {
	t.Helper()
	var out observations
	for i, line := range sc.lines("events") {
		f := strings.Fields(line)
		if len(f) < 4 {
			t.Fatalf("event %q: want role, source, event, days", line)
		}
		for _, d := range days(t, f[3]) {
			at := testWindow.From.AddDate(0, 0, d-1).Add(10 * time.Hour)
			o := &trail.Observation{Fact: sc.fact(f), Day: trail.DayOf(at), First: at, Last: at, Hours: trail.HourOf(at), EventID: "e" + strconv.Itoa(i) + "-" + strconv.Itoa(d)}
			out = append(out, o)
		}
	}
	return out
}

func (sc *scenario) fact(f []string) trail.Fact {
	fact := trail.Fact{
		Identity: trail.Identity{
			Type: "AssumedRole", Account: testAccount,
			ARN:       "arn:aws:sts::" + testAccount + ":assumed-role/" + f[0] + "/s",
			IssuerARN: string(sc.roleARN(f[0])), IssuerID: "AROA" + strings.ToUpper(f[0]),
		},
		Account: testAccount, Region: "us-east-1", EventSource: f[1] + ".amazonaws.com", EventName: f[2],
		EventType: "AwsApiCall", Category: "Management",
	}
	if user, ok := strings.CutPrefix(f[0], "user:"); ok {
		fact.Identity = trail.Identity{Type: "IAMUser", Account: testAccount, ARN: "arn:aws:iam::" + testAccount + ":user/" + user, ID: "AIDA" + strings.ToUpper(user)}
	}
	for _, option := range f[4:] {
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "resource":
			kind, arn, _ := strings.Cut(value, "|")
			fact.Resources = append(fact.Resources, trail.Resource{ARN: arn, Account: testAccount, Type: kind})
		case "error":
			fact.ErrorCode = value
		case "by":
			fact.Identity.InvokedBy = value
		case "id":
			fact.Identity.IssuerID = value
		case "session":
			fact.Identity.ARN = "arn:aws:sts::" + testAccount + ":assumed-role/" + f[0] + "/" + value
		case "region":
			fact.Region = value
		case "named":
			part := append(strings.Split(value, "|"), "", "")
			fact.Denial = trail.Denial{Action: part[0], Resource: part[1], Policy: part[2]}
		default:
			fact.Params = append(fact.Params, trail.Param{Path: key, Value: value})
		}
	}
	fact.Params = trail.SortParams(fact.Params)
	return fact
}

func days(t *testing.T, text string) []int {
	t.Helper()
	var out []int
	for part := range strings.SplitSeq(text, ",") {
		span, step, stepped := strings.Cut(part, "/")
		by := 1
		if stepped {
			by = number(t, step)
		}
		from, to, ranged := strings.Cut(strings.TrimPrefix(span, "-"), "-")
		first := number(t, from)
		if strings.HasPrefix(span, "-") {
			first = -first
		}
		last := first
		if ranged {
			last = number(t, to)
		}
		for d := first; d <= last; d += by {
			out = append(out, d)
		}
	}
	return out
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
