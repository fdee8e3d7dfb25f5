package synth

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
	"github.com/pruner/pruner/usage"
)

var pairs = flag.Int("synth.pairs", 3000, "random (granted, used) pairs for the property tests, two a seed; 1000000 is the long target")

var firstPair = flag.Uint64("synth.first", 0, "seed of the first pair: a long target can be run in stretches")

// The generator's alphabet: enough services to split over, names that are
// prefixes of each other, and names that an attacker would choose.
var (
	randomWords = []iam.Pattern{
		"ecs:*", "sqs:*", "ecs:List*", "ecs:DeleteCluster", "ecs:ListClusters", "ecs:Describe*", "ecs:*Cluster*",
		"sqs:CreateQueue", "sqs:DeleteQueue", "sqs:Get*", "SQS:getqueueurl", "glue:StartJobRun", "glue:*Job*", "iam:PassRole",
		"sns:SetTopicAttributes", "sns:*", "nosuch:Thing",
	}
	randomActions = []iam.Action{
		"ecs:ListClusters", "ecs:DeleteCluster", "ecs:DescribeClusters", "sqs:CreateQueue", "sqs:DeleteQueue", "sqs:GetQueueUrl",
		"sqs:GetQueueAttributes", "glue:StartJobRun", "glue:DeleteJob", "sns:SetTopicAttributes", "sns:CreateTopic", "iam:PassRole",
	}
	randomNames     = []string{"a", "ab", "app-1", "app-2", "app-new", "*", "?", "${aws:username}", "a*b", "\"", "'; DROP", "$$", "x\ny"}
	randomResources = []iam.Pattern{
		"*", "arn:aws:sqs:us-east-1:111122223333:*", "arn:aws:sqs:*:111122223333:app-*", "arn:aws:ecs:*:*:cluster/*",
		"arn:aws:sns:us-east-1:111122223333:a?", "arn:aws:glue:*:111122223333:job/app-1", "arn:aws:iam::111122223333:role/${aws:PrincipalTag/team}",
		"arn:aws:iam::111122223333:role/*",
	}
	randomConditions = []iam.Condition{
		{Operator: "StringEquals", Key: "aws:RequestedRegion", Values: []string{"us-east-1", "eu-west-1"}},
		{Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"true"}},
		{Operator: "StringEquals", Key: "aws:ResourceTag/team", Values: []string{"shop"}},
	}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func several[T any](r *rand.Rand, from []T, most int) []T {
	out := make([]T, 1+r.IntN(most))
	for i := range out {
		out[i] = pick(r, from)
	}
	return out
}

func randomPolicy(r *rand.Rand) *iam.Policy {
	p := &iam.Policy{Version: iam.Version2012}
	for i := range 1 + r.IntN(3) {
		s := iam.Statement{Effect: iam.Allow, Action: several(r, randomWords, 3), Resource: several(r, randomResources, 3)}
		if r.IntN(2) == 0 {
			s.Sid = fmt.Sprintf("S%d", i)
		}
		if r.IntN(6) == 0 {
			s.Effect = iam.Deny
		}
		if r.IntN(4) == 0 {
			s.Condition = several(r, randomConditions, 1)
		}
		p.Statements = append(p.Statements, s)
	}
	return p
}

func randomARN(r *rand.Rand, a iam.Action) iam.ARN {
	region, kind := pick(r, []string{"us-east-1", "eu-west-1"}), ""
	switch a.Prefix() {
	case "ecs":
		if a == "ecs:ListClusters" {
			return "*"
		}
		kind = "cluster/"
	case "glue":
		kind = "job/"
	case "iam":
		region, kind = "", "role/"
	}
	return iam.ARN("arn:aws:" + a.Prefix() + ":" + region + ":111122223333:" + kind + pick(r, randomNames))
}

func randomUse(r *rand.Rand, i int) usage.Use {
	a := pick(r, randomActions)
	resource := iam.Pattern("*")
	if arn := randomARN(r, a); arn != "*" {
		resource = iam.Escape(string(arn))
	}
	u := usage.Use{Outcome: trail.Allowed, EventID: fmt.Sprint("e", i), Call: iam.Call{
		Action: a, Resources: []iam.Pattern{resource}, Kind: iam.Primary, Resolution: iam.Exact,
	}}
	switch r.IntN(8) {
	case 0:
		u.Call.Resolution = iam.None
		u.Call.Resources = []iam.Pattern{"*"}
	case 1:
		u.Outcome = trail.Undecided
	case 2:
		u.Call.Context = u.Call.Context.Set("aws:RequestedRegion", pick(r, []string{"us-east-1", "ap-south-1"}))
	}
	first := trail.DayOf(testWindow.From) + trail.Day(r.IntN(95)-5)
	for d := range 1 + r.IntN(4) {
		if day := first + trail.Day(20*d); testWindow.Contains(day) || d == 0 {
			u.Days = append(u.Days, day)
		}
	}
	u.First, u.Last = u.Days[0].Start(), u.Days[len(u.Days)-1].Start()
	return u
}

// randomInputs is an account of two roles that share a policy, in one of four
// cases with a user who is in a group.
func randomInputs(seed uint64, later bool) Inputs {
	r := rand.New(rand.NewPCG(seed, 1))
	shared := &account.ManagedPolicy{ARN: "arn:aws:iam::111122223333:policy/shared", Name: "shared", Document: randomPolicy(r)}
	a := &account.Account{
		ID: testAccount, TrailsKnown: true, Managed: map[iam.ARN]*account.ManagedPolicy{shared.ARN: shared},
		LastAccessed: map[iam.ARN]map[string]time.Time{}, Trails: []account.Trail{(&scenario{}).trail()},
	}
	in := Inputs{
		Catalog: testCatalog, Engine: eval.New(testCatalog), Window: testWindow, Usage: map[usage.Key]*usage.Usage{},
		Coverage: func(string) []trail.Interval { return (&scenario{}).coverage(nil) },
		Options:  Options{Later: later},
	}
	for _, name := range []string{"one", "two"} {
		role := &account.Role{
			ARN: (&scenario{}).roleARN(name), ID: "AROA" + name, Name: name, Path: "/",
			Inline: []account.InlinePolicy{{Name: "p", Document: randomPolicy(r)}}, Attached: []iam.ARN{shared.ARN},
		}
		a.Roles = append(a.Roles, role)
		u := &usage.Usage{}
		for i := range 1 + r.IntN(6) {
			u.Uses = append(u.Uses, randomUse(r, i))
		}
		in.Usage[usage.Key{ARN: role.ARN, ID: role.ID}] = u
	}
	if r := rand.New(rand.NewPCG(seed, 3)); r.IntN(4) == 0 {
		user := &account.User{ARN: "arn:aws:iam::111122223333:user/three", ID: "AIDAthree", Name: "three", Groups: []string{"g"}, Machine: true}
		a.Users, a.Groups = []*account.User{user}, map[string]*account.Group{"g": {Name: "g", Attached: []iam.ARN{shared.ARN}}}
		u := &usage.Usage{}
		for i := range r.IntN(6) {
			u.Uses = append(u.Uses, randomUse(r, i))
		}
		in.Usage[usage.Key{ARN: user.ARN, ID: user.ID}] = u
	}
	in.Org = &account.Organization{Accounts: []*account.Account{a}, Known: true}
	return in
}

// TestPairs is P1 and P2 on random pairs of granted and used, judged by
// deciding requests, not by the containment and replay that the verdict rests
// on; and that a proposal is a fixed point.
func TestPairs(t *testing.T) {
	if testing.Short() {
		*pairs = min(*pairs, 500)
	}
	changed := 0
	for n := range uint64(*pairs / 2) {
		seed := *firstPair + n
		in := randomInputs(seed, seed%2 == 1)
		proposals, err := Propose(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range proposals {
			v, clean, err := Check(in.Engine, p)
			if err != nil {
				t.Fatal(err)
			}
			if clean == nil && v.Containment == "failed" {
				t.Fatalf("seed %d: synthesis made a wider policy: %+v", seed, v)
			}
			for h := range p.all() {
				checkHolder(t, seed, in, h)
			}
			changed += fixedPoint(t, seed, in, p)
		}
	}
	t.Logf("%d pairs from seed %d on, %d changed policies", *pairs, *firstPair, changed)
	if changed < *pairs/10 {
		t.Errorf("only %d policies were changed: the pairs test nothing", changed)
	}
}

func checkHolder(t *testing.T, seed uint64, in Inputs, h *Holder) {
	t.Helper()
	before := compileFor(t, in, named(h.Policies, func(c *PolicyChange) *iam.Policy { return c.Document }))
	after := compileFor(t, in, named(h.Policies, func(c *PolicyChange) *iam.Policy { return c.New }))
	r := rand.New(rand.NewPCG(seed, 2))
	for range 40 { // P1
		a := pick(r, randomActions)
		q := request(h, a, randomARN(r, a))
		q.Context = q.Context.Set("aws:RequestedRegion", "us-east-1").Set("aws:SecureTransport", "true").Set("aws:ResourceTag/team", "shop").Set("aws:PrincipalTag/team", "app-1")
		if after.Decide(q).Outcome == iam.Allowed && before.Decide(q).Outcome != iam.Allowed {
			t.Fatalf("seed %d: %s on %s is newly allowed", seed, q.Action, q.Resource)
		}
	}
	for i := range h.Uses { // P2
		u := &h.Uses[i]
		literal, exact := u.Call.Resources[0].Literal()
		if !u.InWindow || !exact && u.Call.Resources[0] != "*" {
			continue
		}
		if !exact {
			literal = "*"
		}
		q := request(h, u.Call.Action, iam.ARN(literal))
		q.Context = append(q.Context, u.Call.Context...)
		q.Context = q.Context.Set("aws:SecureTransport", "true").Set("aws:ResourceTag/team", "shop").Set("aws:PrincipalTag/team", "app-1")
		if before.Decide(q).Outcome == iam.Allowed && after.Decide(q).Outcome != iam.Allowed {
			t.Fatalf("seed %d: the used %s on %s would be denied", seed, q.Action, q.Resource)
		}
	}
}

func compileFor(t *testing.T, in Inputs, documents []eval.Named) *eval.Set {
	t.Helper()
	set, err := in.Engine.Compile(documents)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func request(h *Holder, a iam.Action, resource iam.ARN) *iam.Request {
	return &iam.Request{Principal: iam.Principal{Type: iam.PrincipalAWS, Value: string(h.Role.ARN)}, Action: a, Resource: resource}
}

// fixedPoint applies a proposal and demands that the next one changes nothing.
func fixedPoint(t *testing.T, seed uint64, in Inputs, p *Proposal) int {
	t.Helper()
	changed := 0
	a := in.Org.Accounts[0]
	for _, c := range p.Policies {
		if !c.Changed() {
			continue
		}
		changed++
		if c.Kind == account.CustomerManaged {
			if c.New == nil {
				delete(a.Managed, c.ARN)
				for _, r := range a.Roles {
					r.Attached = nil
				}
				for _, g := range a.Groups {
					g.Attached = nil
				}
				continue
			}
			a.Managed[c.ARN].Document = c.New
			continue
		}
		for _, r := range a.Roles {
			if r.ARN == c.Owner {
				r.Inline = slices.DeleteFunc(slices.Clone(r.Inline), func(account.InlinePolicy) bool { return true })
				if c.New != nil {
					r.Inline = append(r.Inline, account.InlinePolicy{Name: c.Name, Document: c.New})
				}
			}
		}
	}
	if changed == 0 {
		return 0
	}
	again, err := Propose(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range again {
		for _, c := range p.Policies {
			if c.Changed() {
				was, _ := json.Marshal(c.Document)
				is, _ := json.Marshal(c.New)
				t.Fatalf("seed %d: a second run changes %s again\nfrom %s\nto   %s", seed, c.Name, was, is)
			}
		}
	}
	return changed
}

// TestOrder: the order of uses and of last-accessed entries decides nothing.
func TestOrder(t *testing.T) {
	for seed := range uint64(200) {
		var outputs [2]string
		for i := range outputs {
			in := randomInputs(seed, true)
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			for _, u := range in.Usage {
				if i == 1 {
					r.Shuffle(len(u.Uses), func(a, b int) { u.Uses[a], u.Uses[b] = u.Uses[b], u.Uses[a] })
				}
			}
			proposals, err := Propose(in)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range proposals {
				data, err := json.Marshal(struct {
					F []Finding
					P []*PolicyChange
				}{p.Findings, p.Policies})
				if err != nil {
					t.Fatal(err)
				}
				outputs[i] += string(data)
			}
		}
		if diff := cmp.Diff(outputs[0], outputs[1]); diff != "" {
			t.Fatalf("seed %d: another order of uses gives another proposal:\n%s", seed, diff)
		}
	}
}
