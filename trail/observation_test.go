package trail

import (
	"reflect"
	"testing"
	"time"
)

func TestDay(t *testing.T) {
	for text, want := range map[string]string{
		"2026-10-31T23:59:59Z": "2026-10-31", "1969-12-31T23:59:59Z": "1969-12-31", "1970-01-01T00:00:00Z": "1970-01-01",
	} {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := DayOf(at).String(); got != want {
			t.Errorf("%s lies on %s, want %s", text, got, want)
		}
	}
}

// TestMergeOrder: the first record by time, then by ID, gives the sample.
func TestMergeOrder(t *testing.T) {
	at := time.Date(2026, 10, 1, 10, 0, 0, 0, time.UTC)
	a := Observation{First: at, Last: at, Hours: HourOf(at), EventID: "b"}
	b := Observation{First: at, Last: at.Add(time.Hour), Hours: HourOf(at.Add(time.Hour)), EventID: "a"}
	ab, ba := a, b
	ab.Merge(&b)
	ba.Merge(&a)
	if ab.EventID != "a" || ab.EventID != ba.EventID || ab.Hours != ba.Hours || !ab.Last.Equal(ba.Last) {
		t.Errorf("a+b = %+v, b+a = %+v", ab, ba)
	}
}

// TestKeysDiffer: no two different facts share both halves, whatever their
// texts hold, and the halves tell the whole fact.
func TestKeysDiffer(t *testing.T) {
	key := func(f Fact) string {
		shape, detail := string(f.AppendShape(nil)), string(f.AppendDetail(nil))
		if got, err := DecodeFact(shape, detail); err != nil || !reflect.DeepEqual(got, f) {
			t.Errorf("%+v is read back as %+v (%v)", f, got, err)
		}
		return shape + "|" + detail
	}
	facts := []Fact{
		{},
		{EventName: "a"},
		{EventSource: "a"},
		{Omitted: true},
		{Params: []Param{{"a", "b"}}},
		{Params: []Param{{"ab", ""}}},
		{Params: []Param{{"a", ""}, {"", "b"}}},
		{Resources: []Resource{{ARN: "a", Account: "b"}}},
		{Resources: []Resource{{ARN: "ab"}}},
		{Identity: Identity{MFA: True}},
		{Identity: Identity{MFA: False}},
		{EventName: "1:a"},
	}
	seen := map[string]int{}
	for i, f := range facts {
		if j, dup := seen[key(f)]; dup {
			t.Errorf("facts %d and %d share a key", i, j)
		}
		seen[key(f)] = i
	}
}

func TestOutcome(t *testing.T) {
	for code, want := range map[string]Outcome{
		"": Allowed, "NoSuchKey": Allowed, "Client.DryRunOperation": Allowed, "AccessDenied": Denied,
		"Client.UnauthorizedOperation": Denied, "ThrottlingException": Undecided, "never heard of": Undecided,
	} {
		if got := OutcomeOf(code); got != want {
			t.Errorf("%q is %s, want %s", code, got, want)
		}
	}
}
