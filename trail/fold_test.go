package trail

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// FuzzDecodeFact: no halves make decoding panic, and what it reads it writes
// again in the same way.
func FuzzDecodeFact(f *testing.F) {
	fact := Fact{Account: "1", EventName: "GetObject", Resources: []Resource{{ARN: "arn:aws:s3:::b"}}, Params: []Param{{"key", "a\x00b"}}}
	f.Add(string(fact.AppendShape(nil)), string(fact.AppendDetail(nil)))
	f.Add("", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
	f.Fuzz(func(t *testing.T, shape, detail string) {
		fact, err := DecodeFact(shape, detail)
		if err != nil {
			return
		}
		again, err := DecodeFact(string(fact.AppendShape(nil)), string(fact.AppendDetail(nil)))
		if err != nil || !reflect.DeepEqual(fact, again) {
			t.Errorf("%+v is read back as %+v (%v)", fact, again, err)
		}
	})
}

// TestFoldingIsMerging: the folding says of random records what merging their
// observations says, and keeps no text that belongs to the caller.
func TestFoldingIsMerging(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	start := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	folding, want := NewFolding(), map[string]*Observation{}
	scratch := make([]byte, 0, 64)
	for range 5000 {
		scratch = fmt.Appendf(scratch[:0], "bucket-%d", rng.IntN(9))
		r := &Record{
			EventName: "GetObject", EventTime: start.Add(time.Duration(rng.IntN(72)) * time.Hour), EventID: eventID(rng.IntN(1000)),
			Identity: Identity{IssuerARN: fmt.Sprint("role-", rng.IntN(5))}, Params: []Param{{"bucketName", view(scratch)}},
		}
		vary(r, rng)
		folding.Add(r)
		o := r.Observe(false)
		o.Params = []Param{{"bucketName", strings.Clone(o.Params[0].Value)}}
		key := fmt.Sprint(o.Day, string(o.AppendShape(nil)), string(o.AppendDetail(nil)))
		if have := want[key]; have != nil {
			have.Merge(&o)
		} else {
			want[key] = &o
		}
	}
	if len(folding.Rows) != len(want) {
		t.Fatalf("%d rows, want %d", len(folding.Rows), len(want))
	}
	for _, row := range folding.Rows {
		o := want[fmt.Sprint(row.Day, folding.Shapes[row.Shape].Text, row.Detail)]
		if o == nil || row.First != o.First.Unix() || row.Last != o.Last.Unix() || row.Hours != o.Hours || row.EventID.String() != o.EventID {
			t.Errorf("row %+v, want %+v", row, o)
		}
	}
}

// TestFoldingAgain: a folding that was reset says what a new one says.
func TestFoldingAgain(t *testing.T) {
	used, start := NewFolding(), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	for round := range uint64(4) {
		fresh := NewFolding()
		for _, f := range []*Folding{used, fresh} {
			rng := rand.New(rand.NewPCG(round, 1))
			for range 2000 {
				r := &Record{
					EventName: "GetObject", EventTime: start.Add(time.Duration(rng.IntN(72)) * time.Hour), EventID: eventID(rng.IntN(1000)),
					Params: []Param{{"key", strings.Repeat("k", rng.IntN(2000))}},
				}
				vary(r, rng)
				f.Add(r)
			}
			f.Saw(&Record{Account: fmt.Sprint(round), EventTime: start})
		}
		if !reflect.DeepEqual(used.Rows, fresh.Rows) || !reflect.DeepEqual(used.Shapes, fresh.Shapes) || used.Size() != fresh.Size() ||
			len(used.Presence()) != len(fresh.Presence()) {
			t.Fatalf("round %d: %d rows and %d shapes, want %d and %d", round, len(used.Rows), len(used.Shapes), len(fresh.Rows), len(fresh.Shapes))
		}
		used.Reset()
	}
}

// vary changes one text or flag of a record's shape, or none.
func vary(r *Record, rng *rand.Rand) {
	texts := []*string{
		&r.Account, &r.Region, &r.Identity.IssuerARN, &r.Identity.Type, &r.Identity.ARN, &r.Identity.ID, &r.Identity.Account,
		&r.Identity.IssuerID, &r.Identity.InvokedBy, &r.Identity.Provider, &r.Identity.OnBehalf, &r.Identity.Source,
		&r.EventSource, &r.EventName, &r.EventType, &r.Category, &r.ErrorCode, &r.Denial.Policy, &r.VPCEndpoint,
	}
	switch n := rng.IntN(2 * len(texts)); {
	case n < len(texts):
		*texts[n] = []string{"x", "other", "GetObject"}[rng.IntN(3)]
	case n < len(texts)+3:
		r.SourceIP = []string{"10.0.0.1", "10.0.0.2", "ec2.amazonaws.com"}[rng.IntN(3)]
	case n < len(texts)+5:
		r.Identity.MFA, r.ReadOnly = Tristate(rng.IntN(3)), Tristate(rng.IntN(3))
	case n < len(texts)+7:
		r.Omitted, r.Denial.Explicit = rng.IntN(2) == 0, rng.IntN(2) == 0
	}
}

// TestPresence: hours are told from the rows and from records that are never use.
func TestPresence(t *testing.T) {
	at := time.Date(2026, 10, 1, 5, 0, 0, 0, time.UTC)
	f := NewFolding()
	f.Add(&Record{Account: "1", Region: "r", EventTime: at})
	f.Saw(&Record{Account: "1", Region: "r", EventTime: at.Add(time.Hour), Category: "Insight"})
	want := []Presence{{"1", "r", DayOf(at), HourOf(at) | HourOf(at.Add(time.Hour))}}
	if got := f.Presence(); !reflect.DeepEqual(got, want) {
		t.Errorf("have %+v, want %+v", got, want)
	}
}

// eventID is a UUID, or for every tenth number another text.
func eventID(n int) string {
	if n%10 == 0 {
		return fmt.Sprint("event-", n)
	}
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", n, n)
}

func TestEventID(t *testing.T) {
	for _, s := range []string{"", "e1", eventID(7), strings.ToUpper(eventID(0xabc)), eventID(9) + "0", eventID(0xdef)[:35] + "g", "0123456789012345678901234567890123456"} {
		if got := ParseEventID(s).String(); got != s {
			t.Errorf("%q reads back as %q", s, got)
		}
	}
	if id := ParseEventID(eventID(0xabcdef)); id.Odd != "" || id.High != 0x00abcdef00004000 || id.Low != 0x8000000000abcdef {
		t.Errorf("%x", id)
	}
}
