package synth

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/iam"
)

// A user's policies, its groups' among them, are judged and never changed.
func TestUsers(t *testing.T) {
	sc := newScenario(t, txtar.Parse([]byte(`
-- managed/some.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:DeleteCluster","Resource":"*"}]}
`)))
	a := sc.account(t)
	document, err := iam.ParsePolicy([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:PurgeQueue","Resource":"*"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	a.Users = []*account.User{
		{ARN: "arn:aws:iam::111122223333:user/ann", ID: "AIDAANN", Name: "ann", Attached: []iam.ARN{policyARN("some")}, Groups: []string{"ops"}},
		{ARN: "arn:aws:iam::111122223333:user/bob", ID: "AIDABOB", Name: "bob"},
	}
	a.Groups = map[string]*account.Group{"ops": {Name: "ops", Inline: []account.InlinePolicy{{Name: "queues", Document: document}}}}
	sc.org = &account.Organization{Accounts: []*account.Account{a}, Known: true}
	proposals, err := Users(sc.inputs(t), func(_ *account.Account, u *account.User) bool { return u.Name == "ann" })
	if err != nil || len(proposals) != 1 {
		t.Fatalf("%d proposals, %v; want ann's", len(proposals), err)
	}
	p := proposals[0]
	judged := map[string]bool{}
	for _, f := range p.Findings {
		if f.Finding == Removed {
			judged[f.Policy+" "+f.Action] = true
			if f.Blocker == "" {
				t.Errorf("%+v is proposed", f)
			}
		}
	}
	if len(p.Policies) != 2 || !judged["some ecs:DeleteCluster"] || !judged["ops/queues sqs:PurgeQueue"] {
		t.Errorf("%d policies, judged %v; want the attached one and the group's", len(p.Policies), judged)
	}
	for _, c := range p.Policies {
		if c.Changed() {
			t.Errorf("%s is changed", c.Name)
		}
	}
}

// Explain answers for one action of a wildcard with the rule, and says what
// holds a removal back.
func TestExplain(t *testing.T) {
	sc := newScenario(t, txtar.Parse([]byte(`
-- roles/app/inline/p.json --
{"Version":"2012-10-17","Statement":[
 {"Sid":"Fleet","Effect":"Allow","Action":"ecs:*","Resource":"*"},
 {"Sid":"More","Effect":"Allow","NotAction":["iam:*","sqs:*"],"Resource":"*"}]}
-- roles/cdk-x/inline/q.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:*","Resource":"*"}]}
-- events --
app ecs ListClusters 1-90
cdk-x ecs ListClusters 1-90
`)))
	in := sc.inputs(t)
	answers := func(role string, a iam.Action) []Finding {
		t.Helper()
		got, err := Explain(in, sc.roleARN(role), a)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := answers("app", "ecs:deleteCluster")
	if len(got) != 2 || got[0].Statement != "Fleet" || got[1].Statement != "More" || got[0].Finding != Removed || got[0].Grade != Safe || got[0].Blocker != "" {
		t.Errorf("an action of a wildcard: %+v", got)
	}
	if got := answers("app", "ecs:ListClusters"); len(got) != 2 || got[0].Finding != Kept || got[0].Evidence == nil || got[0].Evidence.Days != 90 {
		t.Errorf("a used action: %+v", got)
	}
	if got := answers("cdk-x", "ecs:DeleteCluster"); len(got) != 1 || got[0].Blocker != "cdk-x is on the protect list" {
		t.Errorf("of a protected role: %+v", got)
	}
	if got := answers("app", "sqs:PurgeQueue"); len(got) != 0 {
		t.Errorf("an action that is not granted: %+v", got)
	}
}

// What users hold as well, by themselves or through a group, is narrowed to what
// all its holders use, where nobody signs in as the user.
func TestSharedWithUsers(t *testing.T) {
	const files = `
-- roles/app/attached --
shared
-- groups/ops/attached --
shared
-- users/robot/groups --
ops
-- users/robot/inline/own.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sns:Publish","sns:DeleteTopic"],"Resource":"*"}]}
-- users/unused/attached --
shared
-- managed/shared.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:ListClusters","ecs:DeleteCluster","sqs:ListQueues","sqs:PurgeQueue","ecs:ListTasks"],"Resource":"*"}]}
-- events --
app ecs ListClusters 1-90
user:robot sqs ListQueues 1-90
`
	const narrowed = `-- stay --
app ecs:ListClusters *
user:robot sqs:ListQueues *
user:robot sns:DeleteTopic arn:aws:sns:us-east-1:111122223333:t
-- gone --
app ecs:DeleteCluster arn:aws:ecs:us-east-1:111122223333:cluster/c
user:robot sqs:PurgeQueue arn:aws:sqs:us-east-1:111122223333:q
user:unused ecs:DeleteCluster arn:aws:ecs:us-east-1:111122223333:cluster/c
`
	const machine = "-- users/robot/machine --\n"
	for name, c := range map[string]struct{ files, want string }{
		"a machine":              {files + machine + narrowed, ""},
		"may be a person":        {files, "user robot uses it too and may be a person: report only by default"},
		"hands permissions on":   {files + "user:robot sts GetFederationToken 3\n" + machine, "user robot uses it too and may be a person: report only by default"},
		"signs in":               {files + "user:unused signin ConsoleLogin 3\n" + machine, "user unused uses it too and may be a person: report only by default"},
		"is there for emergency": {strings.ReplaceAll(files, "unused", "break-glass"), "break-glass is on the protect list"},
	} {
		t.Run(name, func(t *testing.T) {
			sc := newScenario(t, txtar.Parse([]byte(c.files)))
			sc.check(t, false)
			for _, p := range sc.propose(t, sc.inputs(t)) {
				if len(p.Holders) != 1 || len(p.Sharers) != 2 || len(p.Policies[0].Holders) != 3 {
					t.Errorf("%d roles, %d users, held by %v", len(p.Holders), len(p.Sharers), p.Policies[0].Holders)
				}
				if got := p.Policies[0].Report; got != c.want {
					t.Errorf("report only because %q, want %q", got, c.want)
				}
			}
		})
	}
}

// Keys that were used while no record shows it are at work on what is not
// recorded: whoever has them may be a person.
func TestUserSeenByIAMAlone(t *testing.T) {
	sc := newScenario(t, txtar.Parse([]byte(`
-- roles/app/attached --
shared
-- users/ann/attached --
shared
-- managed/shared.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:ListClusters","ecs:DeleteCluster"],"Resource":"*"}]}
-- events --
app ecs ListClusters 1-90
`)))
	for at, want := range map[string]string{"-5": "", "5": "user ann uses it too and may be a person: report only by default"} {
		in := sc.inputs(t)
		sc.org.Accounts[0].Users[0].LastUsed = day(at, t)
		if got := sc.propose(t, in)[0].Policies[0].Report; got != want {
			t.Errorf("last used on day %s: %q, want %q", at, got, want)
		}
	}
}

// A user's grant is as young as what made it one.
func TestUsersGrantsAreYoung(t *testing.T) {
	const files = `
-- roles/app/attached --
shared
-- groups/ops/attached --
shared
-- users/robot/groups --
ops
-- users/robot/machine --
-- managed/shared.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:ListClusters","ecs:DeleteCluster"],"Resource":"*"}]}
-- stay --
app ecs:DeleteCluster arn:aws:ecs:us-east-1:111122223333:cluster/c
-- events --
app ecs ListClusters 1-90
`
	for _, event := range []string{
		"admin iam AddUserToGroup 50 groupName=ops userName=robot",
		"admin iam AttachGroupPolicy 50 groupName=ops policyArn=arn:aws:iam::111122223333:policy/shared",
		"admin iam AttachUserPolicy 50 userName=robot policyArn=arn:aws:iam::111122223333:policy/shared",
	} {
		newScenario(t, txtar.Parse([]byte(files+event+"\n"))).check(t, false)
	}
}
