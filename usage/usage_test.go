package usage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
)

// list is a source that holds its observations.
type list []trail.Observation

func (l list) Observations(context.Context) iter.Seq2[*trail.Observation, error] {
	return func(yield func(*trail.Observation, error) bool) {
		for i := range l {
			if !yield(&l[i], nil) {
				return
			}
		}
	}
}

func event(id, source, name, code string, at time.Time, params ...trail.Param) trail.Observation {
	r := trail.Record{
		EventID: id, EventTime: at, EventSource: source, EventName: name, ErrorCode: code, EventType: "AwsApiCall",
		Region: "eu-west-1", Account: "111122223333", Params: params,
		Identity: trail.Identity{Type: "AssumedRole", Account: "111122223333", IssuerARN: string(ordersARN), IssuerID: "AROANEW"},
	}
	return r.Observe(false)
}

func month() list {
	queue := trail.Param{Path: "queueUrl", Value: "https://sqs.eu-west-1.amazonaws.com/111122223333/orders"}
	role := event("svc", "sqs.amazonaws.com", "SetQueueAttributes", "", day(2), queue)
	role.Identity = trail.Identity{Type: "AWSService", InvokedBy: "events.amazonaws.com"}
	out := list{
		role,
		event("b", "sqs.amazonaws.com", "SetQueueAttributes", "", day(3).Add(5*time.Hour), queue),
		event("a", "sqs.amazonaws.com", "SetQueueAttributes", "", day(3).Add(5*time.Hour), queue),
		event("c", "sqs.amazonaws.com", "SetQueueAttributes", "", day(1).Add(time.Hour), queue),
		event("d", "sqs.amazonaws.com", "SetQueueAttributes", "AccessDenied", day(4), queue),
		event("u", "sqs.amazonaws.com", "NobodyKnowsThis", "", day(4)),
		event("late", "sqs.amazonaws.com", "DeleteQueue", "", day(31), queue),
	}
	for i := range 20 {
		out = append(out, event(fmt.Sprint("q", i), "sqs.amazonaws.com", "ListQueues", "", day(1+i)))
	}
	return out
}

func collect(t testing.TB, src Source) map[Key]*Usage {
	t.Helper()
	all, err := Collect(t.Context(), src, interpret.New(catalog.Default()), august)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestCollect(t *testing.T) {
	all := collect(t, month())
	u := all[Key{ordersARN, "AROANEW"}]
	if len(all) != 1 || u == nil {
		t.Fatalf("%d principals; a service's own call is nobody's, one behind the window does not count", len(all))
	}
	if len(u.Unmapped) != 1 || u.Unmapped[0].Service != "sqs" || len(u.Denied) != 1 || len(u.Uses) != 2 {
		t.Fatalf("unmapped %v, denied %v, uses %v", u.Unmapped, u.Denied, u.Uses)
	}
	set := u.Uses[1]
	if set.Call.Action != "sqs:SetQueueAttributes" || set.EventID != "c" || !set.First.Equal(day(1).Add(time.Hour)) ||
		!set.Last.Equal(day(3).Add(5*time.Hour)) || set.Hours != 1<<1|1<<5 {
		t.Errorf("use = %+v", set)
	}
	if diff := cmp.Diff([]trail.Day{trail.DayOf(day(1)), trail.DayOf(day(3))}, set.Days); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
}

// Order and repetition of what is read do not show.
func TestCollectIsASet(t *testing.T) {
	want := encode(t, collect(t, month())[Key{ordersARN, "AROANEW"}])
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		shuffled := append(month(), month()...)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if got := encode(t, collect(t, shuffled)[Key{ordersARN, "AROANEW"}]); !bytes.Equal(want, got) {
			t.Fatalf("another order gives another bundle:\n%s", cmp.Diff(string(want), string(got)))
		}
	}
}

func encode(t testing.TB, u *Usage) []byte {
	t.Helper()
	data, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestBundleRoundTrip(t *testing.T) {
	u := collect(t, month())[Key{ordersARN, "AROANEW"}]
	u.Uses[0].Call.Context = iam.Context{}.Set("aws:RequestedRegion", "eu-west-1").Set("s3:prefix", "a\n`<b>", "c")
	want := encode(t, u)
	back, err := Decode(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	if got := encode(t, back); !bytes.Equal(want, got) {
		t.Errorf("the bundle changed (-want +got):\n%s", cmp.Diff(string(want), string(got)))
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"uses":[{"call":{"action":"s3:GetObject","context":{"k":["v"]}},"days":[1]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		u, err := Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		want := encode(t, u)
		back, err := Decode(bytes.NewReader(want))
		if err != nil || !bytes.Equal(want, encode(t, back)) {
			t.Errorf("own encoding does not read back: %v", err)
		}
	})
}

func BenchmarkCollect(b *testing.B) {
	src, in := month(), interpret.New(catalog.Default())
	for b.Loop() {
		if _, err := Collect(b.Context(), src, in, august); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(src)), "ns/observation")
}
