package eval

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// document reads statements in the short form of testdata/cases.
func document(t *testing.T, text string) []Named {
	t.Helper()
	if text == "" {
		return nil
	}
	raw, err := (&caseReader{t: t}).document(text)
	if err != nil {
		t.Fatal(err)
	}
	return []Named{{"p", raw}}
}

var (
	anObject   = []iam.Pattern{"arn:aws:s3:::b/k"}
	allObjects = []iam.Pattern{"arn:aws:s3:::b/*"}
	anything   = []iam.Pattern{"*"}
	blueTeam   = iam.Context{}.Set("aws:PrincipalTag/team", "blue")
)

// replays are calls of s3:GetObject under policies in the short form.
var replays = []struct {
	name      string
	old, new  string
	resources []iam.Pattern
	context   iam.Context
	want      ReplayState
	reason    string // part of it
}{
	{"the same", "allow s3:* on *", "allow s3:* on *", anObject, nil, Kept, ""},
	{"narrowed around it", "allow s3:* on *", "allow s3:GetObject on arn:aws:s3:::b/*", anObject, nil, Kept, ""},
	{"gone", "allow s3:* on *", "allow s3:PutObject on *", anObject, nil, DeniedNow, "s3:GetObject on arn:aws:s3:::b/k was allowed by p #0"},
	{"gone, a statement beside it that hangs", "allow s3:* on * if {\"StringEquals\":{\"aws:a\":\"1\"}} ; allow s3:* on *", "allow s3:PutObject on *", anObject, nil, DeniedNow, "was allowed by p #1"},
	{"gone, there is none left", "allow s3:* on *", "", anObject, nil, DeniedNow, "was allowed by p #0"},
	{"never allowed", "allow s3:Put* on *", "allow s3:Put* on *", anObject, nil, Unexplained, "no identity policy allows s3:GetObject on arn:aws:s3:::b/k"},
	{"never allowed, though it would be", "allow s3:Put* on *", "allow s3:* on *", anObject, nil, Unexplained, ""},
	{"a shown key equals a variable", "allow s3:* on * if {\"StringEquals\":{\"aws:PrincipalTag/team\":\"${aws:x}\"}}", "", allObjects, blueTeam, DeniedNow, ""},
	{"a shown key equals two variables", "allow s3:* on * if {\"StringEquals\":{\"aws:PrincipalTag/team\":\"${aws:x}${aws:y}\"}}", "", allObjects, blueTeam, NotProved, "policy variable"},
	{"denied before", "allow s3:* on * ; deny s3:Get* on *", "allow s3:Put* on *", anObject, nil, Unexplained, ""},
	{"denied before, a pattern", "allow s3:* on * ; deny s3:Get* on *", "allow s3:Put* on *", allObjects, nil, Unexplained, ""},
	{"a pattern, covered by one", "allow s3:* on *", "allow s3:Get* on arn:aws:s3:::b/*", allObjects, nil, Kept, ""},
	{"a pattern, covered in part", "allow s3:* on *", "allow s3:Get* on arn:aws:s3:::b/k*", allObjects, nil, DeniedNow, " for one"},
	{"a pattern, lost where another action is allowed before", "allow s3:Put* on * ; allow s3:* on arn:aws:s3:::b/*", "allow s3:Get* on arn:aws:s3:::b/k*", allObjects, nil, DeniedNow, "was allowed by p #1"},
	{"a pattern, lost where another resource is allowed before", "allow s3:* on arn:aws:s3:::c/* ; allow s3:* on arn:aws:s3:::b/*", "allow s3:Get* on arn:aws:s3:::b/k*", allObjects, nil, DeniedNow, "was allowed by p #1"},
	{"a pattern, as much as was allowed", "allow s3:* on arn:aws:s3:::b/k*", "allow s3:Get* on arn:aws:s3:::b/k*", allObjects, nil, Kept, ""},
	{
		"a pattern, two statements together", "allow s3:* on arn:aws:s3:::b/* if {\"StringEquals\":{\"aws:a\":[\"1\",\"2\"]}}",
		"allow s3:* on * if {\"StringEquals\":{\"aws:a\":\"1\"}} ; allow s3:* on * if {\"StringEquals\":{\"aws:a\":\"2\"}}", allObjects, nil, Kept, "",
	},
	{
		"a pattern, two statements leave a hole", "allow s3:* on arn:aws:s3:::b/* if {\"StringEquals\":{\"aws:a\":[\"1\",\"2\",\"3\"]}}",
		"allow s3:* on * if {\"StringEquals\":{\"aws:a\":\"1\"}} ; allow s3:* on * if {\"StringEquals\":{\"aws:a\":\"2\"}}", allObjects, nil, DeniedNow, "",
	},
	{"a pattern, two resources together", "allow s3:* on arn:aws:s3:::b/a*,arn:aws:s3:::b/c", "allow s3:* on arn:aws:s3:::b/a* ; allow s3:* on arn:aws:s3:::b/c", allObjects, nil, Kept, ""},
	{"a pattern, split by exclusion", "allow s3:* on not arn:aws:s3:::b/a", "allow s3:* on not arn:aws:s3:::b/a", allObjects, nil, Kept, ""},
	{"a pattern, another exclusion", "allow s3:* on not arn:aws:s3:::b/a", "allow s3:* on not arn:aws:s3:::b/a*", allObjects, nil, DeniedNow, "arn:aws:s3:::b/a"},
	{"a pattern, the exclusion became all", "allow s3:* on not arn:aws:s3:::b/a", "allow s3:* on arn:aws:s3:::b/a", allObjects, nil, DeniedNow, ""},
	{"a pattern, excluded as a whole", "allow s3:* on not arn:aws:s3:::b/*", "allow s3:Put* on *", allObjects, nil, Unexplained, ""},
	{"a new deny", "allow s3:* on *", "allow s3:* on * ; deny s3:* on arn:aws:s3:::b/secret", allObjects, nil, DeniedNow, "arn:aws:s3:::b/secret"},
	{"a new deny elsewhere", "allow s3:* on *", "allow s3:* on * ; deny s3:* on arn:aws:s3:::c/*", allObjects, nil, Kept, ""},
	{"a deny that stood", "allow s3:* on * ; deny s3:* on arn:aws:s3:::b/secret", "allow s3:Get* on * ; deny s3:* on arn:aws:s3:::b/secret", allObjects, nil, Kept, ""},
	{"a deny became an exclusion", "allow s3:* on * ; deny s3:* on arn:aws:s3:::b/secret", "allow s3:Get* on not arn:aws:s3:::b/secret", allObjects, nil, Kept, ""},
	{"a hidden key", "allow s3:* on *", "allow s3:* on * if {\"StringEquals\":{\"aws:a\":\"1\"}}", anObject, nil, DeniedNow, ""},
	{"a hidden key on both sides", "allow s3:* on * if {\"StringEquals\":{\"aws:a\":\"1\"}}", "allow s3:* on * if {\"StringEquals\":{\"aws:a\":[\"1\",\"2\"]}}", anObject, nil, Kept, ""},
	{"a hidden key, split", "allow s3:* on *", "allow s3:* on * if {\"Null\":{\"aws:a\":\"true\"}} ; allow s3:* on * if {\"Null\":{\"aws:a\":\"false\"}}", anObject, nil, Kept, ""},
	{"a shown key", "allow s3:* on *", "allow s3:* on * if {\"StringEquals\":{\"aws:PrincipalTag/team\":\"blue\"}}", anObject, blueTeam, Kept, ""},
	{"a shown key, a pattern", "allow s3:* on *", "allow s3:* on * if {\"StringEquals\":{\"aws:PrincipalTag/team\":\"blue\"}}", allObjects, blueTeam, Kept, ""},
	{"a shown key of another value", "allow s3:* on *", "allow s3:* on * if {\"StringEquals\":{\"aws:PrincipalTag/team\":\"red\"}}", allObjects, blueTeam, DeniedNow, ""},
	{"a shown key refutes the old statement", "allow s3:* on * if {\"StringEquals\":{\"aws:PrincipalTag/team\":\"red\"}}", "", allObjects, blueTeam, Unexplained, ""},
	{"a shown key meets the old statement", "allow s3:* on * if {\"StringEquals\":{\"aws:PrincipalTag/team\":\"blue\"}}", "allow s3:Get* on * if {\"StringLike\":{\"aws:PrincipalTag/team\":\"b*\"}}", allObjects, blueTeam, Kept, ""},
	{
		"a key that is a list in another action's statement", "allow s3:Get* on * if {\"NumericLessThan\":{\"aws:a\":\"-3\"}} ; allow s3:Put* on * if {\"ForAllValues:NumericLessThan\":{\"aws:a\":\"2\"}}",
		"allow s3:Get* on * if {\"NumericLessThan\":{\"aws:a\":\"-3\"},\"NumericNotEquals\":{\"aws:a\":\"10\"}} ; allow s3:Put* on * if {\"ForAllValues:NumericLessThan\":{\"aws:a\":\"2\"}}",
		anObject, nil, DeniedNow, "",
	},
	{
		"a key that is no list anywhere", "allow s3:Get* on * if {\"NumericLessThan\":{\"aws:a\":\"-3\"}}",
		"allow s3:Get* on * if {\"NumericLessThan\":{\"aws:a\":\"-3\"},\"NumericNotEquals\":{\"aws:a\":\"10\"}}", anObject, nil, Kept, "",
	},
	{
		"two values allowed what none alone does", "allow s3:* on * if {\"StringEquals\":{\"aws:a\":\"ab\"}} ; deny s3:* on * if {\"StringNotEqualsIgnoreCase\":{\"aws:a\":\"x\"}} ; allow sqs:* on * if {\"ForAnyValue:StringEquals\":{\"aws:a\":\"1\"}}",
		"", anObject, nil, DeniedNow, "",
	},
	{"a variable lost in part of the call", "allow s3:* on arn:aws:s3:::b/${aws:username}/*", "allow s3:* on arn:aws:s3:::b/${aws:username}/x", []iam.Pattern{"arn:aws:s3:::b/a/*"}, blueTeam, DeniedNow, ""},
	{"a shown key fills a variable", "allow s3:* on arn:aws:s3:::b/*", "allow s3:* on arn:aws:s3:::b/${aws:PrincipalTag/team}", []iam.Pattern{"arn:aws:s3:::b/blue"}, blueTeam, Kept, ""},
	{"a variable kept", "allow s3:* on arn:aws:s3:::b/${aws:username}/*", "allow s3:Get* on arn:aws:s3:::b/${aws:username}/*", allObjects, nil, Kept, ""},
	{"a variable lost", "allow s3:* on arn:aws:s3:::b/${aws:username}/*", "", allObjects, nil, DeniedNow, ""},
	{"any resource", "allow s3:* on arn:aws:s3:::b/*", "allow s3:Get* on arn:aws:s3:::b/*", anything, nil, Kept, ""},
	{"any resource, less", "allow s3:* on *", "allow s3:Get* on arn:aws:s3:::b/*", anything, nil, DeniedNow, ""},
	{"two resources, one lost", "allow s3:* on *", "allow s3:* on arn:aws:s3:::b/*", []iam.Pattern{"arn:aws:s3:::b/k", "arn:aws:s3:::c"}, nil, DeniedNow, "arn:aws:s3:::c"},
	{"two resources, one unexplained", "allow s3:* on arn:aws:s3:::b/*", "allow s3:* on arn:aws:s3:::b/*", []iam.Pattern{"arn:aws:s3:::c", "arn:aws:s3:::b/k"}, nil, Kept, ""},
	{"not an ARN", "allow s3:* on *", "allow s3:* on * if {\"StringEquals\":{\"aws:a\":\"1\"}}", []iam.Pattern{"b/*"}, nil, NotProved, "the resource is no ARN"},
	{"not an ARN, kept", "allow s3:* on *", "allow s3:Get* on *", []iam.Pattern{"b/*"}, nil, Kept, ""},
	{"hangs on a variable", "allow s3:* on * if {\"StringEquals\":{\"aws:a\":\"${aws:b}\"}}", "allow s3:* on * if {\"StringLike\":{\"aws:a\":\"${aws:b}\"}}", allObjects, nil, Kept, ""},
	{"hangs on another variable", "allow s3:* on * if {\"Bool\":{\"aws:a\":\"${aws:b}\"}}", "allow s3:* on * if {\"StringEqualsIgnoreCase\":{\"aws:a\":\"${aws:b}\"}}", allObjects, nil, NotProved, "policy variable"},
}

func TestReplay(t *testing.T) {
	for _, test := range replays {
		t.Run(test.name, func(t *testing.T) {
			got, err := New(catalog.Default()).Replay(document(t, test.old), document(t, test.new),
				[]iam.Call{{Action: "s3:GetObject", Resources: test.resources, Context: test.context}})
			if err != nil {
				t.Fatal(err)
			}
			if got[0].State != test.want || !strings.Contains(got[0].Reason, test.reason) {
				t.Errorf("got %+v, want %s with %q", got[0], test.want, test.reason)
			}
			if (got[0].Witness != nil) != (test.want == DeniedNow) {
				t.Errorf("witness %+v", got[0].Witness)
			}
			if w := got[0].Witness; w != nil && w.Unknown != nil {
				t.Errorf("witness %+v leaves keys open", *w)
			}
			if w := got[0].Witness; w != nil && !slices.ContainsFunc(test.resources, func(p iam.Pattern) bool { return p.MatchARN(w.Resource) }) {
				t.Errorf("witness %+v is not of the call", *w)
			}
			if w := got[0].Witness; w != nil && test.context != nil {
				if values, _ := w.Context.Get("aws:PrincipalTag/team"); !slices.Equal(values, []string{"blue"}) {
					t.Errorf("witness %+v is not of the call", *w)
				}
			}
		})
	}
}

// TestReplayNamesTheStatement: what one statement keeps of a pattern, it is
// named for; what several keep together, none is.
func TestReplayNamesTheStatement(t *testing.T) {
	const object, objects = iam.Pattern("arn:aws:s3:::b/k"), iam.Pattern("arn:aws:s3:::b/*")
	for _, test := range []struct {
		name, old, new string
		resource       iam.Pattern
		want           string
	}{
		{"one resource, beside a new deny elsewhere", "allow s3:* on *", "deny s3:* on arn:aws:s3:::c/* ; allow s3:* on *", object, "#1"},
		{"it covers the call", "allow s3:* on *", "allow s3:Put* on * ; allow s3:Get* on arn:aws:s3:::b/*", objects, "#1"},
		{"it covers what was allowed of the call", "allow s3:* on arn:aws:s3:::b/k*", "allow s3:Put* on * ; allow s3:Get* on arn:aws:s3:::b/k*", objects, "#1"},
		{"a deny of all else", "allow s3:* on * ; deny s3:* on not arn:aws:s3:::b/*", "allow s3:Get* on * ; deny s3:* on not arn:aws:s3:::b/*", objects, "#0"},
		{"it excludes the same", "allow s3:* on not arn:aws:s3:::b/a", "allow s3:Get* on not arn:aws:s3:::b/a", objects, "#0"},
		{"another excludes more", "allow s3:* on not arn:aws:s3:::b/a,arn:aws:s3:::b/c", "allow s3:Get* on not arn:aws:s3:::b/a*,arn:aws:s3:::b/c ; allow s3:Get* on not arn:aws:s3:::b/a,arn:aws:s3:::b/c", objects, "#1"},
		{"two together", "allow s3:* on arn:aws:s3:::b/a*,arn:aws:s3:::b/c", "allow s3:* on arn:aws:s3:::b/a* ; allow s3:* on arn:aws:s3:::b/c", objects, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := New(catalog.Default()).Replay(document(t, test.old), document(t, test.new),
				[]iam.Call{{Action: "s3:GetObject", Resources: []iam.Pattern{test.resource}}})
			if err != nil {
				t.Fatal(err)
			}
			if got[0].State != Kept || got[0].Statement.Statement != test.want {
				t.Errorf("got %+v, want it kept by %q", got[0], test.want)
			}
		})
	}
}

func TestReplayRefusesOperators(t *testing.T) {
	bad, good := document(t, `allow s3:* on * if {"StringIs":{"a":"b"}}`), document(t, "allow s3:* on *")
	if _, err := New(nil).Replay(bad, good, nil); err == nil {
		t.Error("an operator that is none was taken in old")
	}
	if _, err := New(nil).Replay(good, bad, nil); err == nil {
		t.Error("an operator that is none was taken in new")
	}
}

// TestReplaySurvivesRequests holds replays against random requests: of a call
// that is kept none may be lost, of one that is unexplained none was allowed,
// and one that is denied comes with a request that is lost.
func TestReplaySurvivesRequests(t *testing.T) {
	for i, families := range [][]string{{"text"}, {"number"}, {"ip"}, {"arn"}, {"bool", "text"}} {
		d, e := draw{rand.New(rand.NewPCG(11, uint64(i)))}, New(nil)
		states := map[ReplayState]int{}
		pairs := count(t, 400)
		for range pairs {
			older := d.policy(families, false)
			newer := d.change(older, families, false)
			call := d.call()
			got, err := e.Replay(older, newer, []iam.Call{call})
			if err != nil {
				t.Fatal(err)
			}
			states[got[0].State]++
			holdReplay(t, d, families, older, newer, &call, got[0])
		}
		t.Log(states)
		if states[NotProved] > pairs/100 {
			t.Errorf("%d of %d are not proved", states[NotProved], pairs)
		}
	}
}

func (d draw) call() iam.Call {
	call := iam.Call{
		Action:    iam.Action(d.pick("s3:GetObject", "s3:GetOther", "s3:PutObject", "s3:List", "sqs:SendMessage")),
		Resources: asPatterns([]string{d.pick("arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "arn:aws:s3:::b", "*", "arn:aws:s3:::?/k", "arn:*:s3:::b*")}),
	}
	return call
}

func holdReplay(t *testing.T, d draw, families []string, older, newer []Named, call *iam.Call, got Replayed) {
	t.Helper()
	e := New(nil)
	before, err1 := e.Compile(older)
	after, err2 := e.Compile(newer)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	lost := func(r *iam.Request) bool {
		return before.Decide(r).Outcome == iam.Allowed && after.Decide(r).Outcome != iam.Allowed
	}
	if got.State == DeniedNow && got.Witness != nil {
		r := *got.Witness
		r.Unknown = nil
		if !lost(&r) || !call.Resources[0].MatchARN(r.Resource) || r.Action != call.Action {
			t.Fatalf("no loss: %+v\nold %s\nnew %s", r, older[0].Policy.Indent(), newer[0].Policy.Indent())
		}
	}
	for range 100 {
		r := single(d.request(families, false), older, newer)
		r.Action = call.Action
		if !call.Resources[0].MatchARN(r.Resource) {
			continue
		}
		if got.State == Kept && lost(&r) {
			t.Fatalf("kept, but lost: %+v\nold %s\nnew %s", r, older[0].Policy.Indent(), newer[0].Policy.Indent())
		}
		if got.State == Unexplained && before.Decide(&r).Outcome == iam.Allowed {
			t.Fatalf("unexplained, but allowed: %+v\nold %s", r, older[0].Policy.Indent())
		}
	}
}
