package usage

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
)

// crowd is many principals' observations, ordered by principal: the month's,
// and copies of it under other names, some with no ID or with a session's ARN.
func crowd() list {
	var out list
	for n := range 40 {
		for _, o := range month() {
			one := o
			one.Identity.IssuerARN += strconv.Itoa(n)
			if n%3 == 0 {
				one.Identity.IssuerID = ""
			}
			if n%5 == 0 {
				one.Identity.ARN, one.Identity.IssuerARN = "arn:aws:sts::111122223333:assumed-role/orders"+"/s"+strconv.Itoa(n), ""
			}
			one.EventID += strconv.Itoa(n)
			out = append(out, one)
		}
	}
	slices.SortStableFunc(out, func(a, b trail.Observation) int {
		return bytes.Compare([]byte(a.Identity.Principal()), []byte(b.Identity.Principal()))
	})
	return out
}

// Gather says what Collect and Settle say, whatever the number of workers,
// however little stays in memory and in whatever order principals come.
func TestGatherIsCollect(t *testing.T) {
	in, observations := interpret.New(catalog.Default()), crowd()
	want, err := Collect(t.Context(), observations, in, august)
	if err != nil {
		t.Fatal(err)
	}
	Settle(want, organization())
	shuffled := slices.Clone(observations)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, c := range []struct {
		name           string
		src            Source
		bound, workers int
	}{{"in memory", observations, 1 << 30, 1}, {"in a file", observations, 0, 3}, {"in pages", observations, 3000, 2}, {"in no order", shuffled, 1000, 2}} {
		l := NewLedger(t.TempDir(), c.bound)
		if err := Gather(t.Context(), c.src, in, august, organization(), l, c.workers, nil); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sortedKeys(want), l.Keys()); diff != "" {
			t.Fatalf("%s: principals (-want +got):\n%s", c.name, diff)
		}
		for _, key := range l.Keys() {
			got, err := l.Get(key)
			if err != nil {
				t.Fatal(err)
			}
			if w, g := encode(t, want[key]), encode(t, got); !bytes.Equal(w, g) {
				t.Errorf("%s: %v (-want +got):\n%s", c.name, key, cmp.Diff(string(w), string(g)))
			}
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What fails ends the gathering with its own error.
func TestGatherFails(t *testing.T) {
	in := interpret.New(catalog.Default())
	l := NewLedger(t.TempDir()+"/is/not/there", 0)
	if err := Gather(t.Context(), crowd(), in, august, organization(), l, 2, nil); err == nil {
		t.Error("a ledger that cannot make its file is no error")
	}
	broken := errors.New("torn")
	if err := Gather(t.Context(), torn{broken}, in, august, organization(), NewLedger("", 1<<20), 2, nil); !errors.Is(err, broken) {
		t.Errorf("error = %v, want the source's", err)
	}
}

type torn struct{ err error }

func (s torn) Observations(context.Context) iter.Seq2[*trail.Observation, error] {
	return func(yield func(*trail.Observation, error) bool) { yield(nil, s.err) }
}

func TestLedgerOf(t *testing.T) {
	all := collect(t, month())
	l := LedgerOf(all)
	for key, want := range all {
		got, err := l.Get(key)
		if err != nil {
			t.Fatal(err)
		}
		if w, g := encode(t, want), encode(t, got); !bytes.Equal(w, g) {
			t.Errorf("%v (-want +got):\n%s", key, cmp.Diff(string(w), string(g)))
		}
	}
	if got, err := l.Get(Key{"arn:aws:iam::111122223333:role/nobody", "x"}); got != nil || err != nil {
		t.Errorf("nobody used %v, %v", got, err)
	}
}

func FuzzUnpack(f *testing.F) {
	u := &Usage{Uses: []Use{{Call: iam.Call{Action: "s3:GetObject", Context: iam.Context{}.Set("k", "v")}, Days: []Day{3, 9}}}, Refusals: []Refusal{{Read: []iam.Action{"a:B"}}}}
	f.Add(pack(nil, u))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, data []byte) {
		u, err := unpack(string(data))
		if err != nil {
			return
		}
		again, err := unpack(string(pack(nil, u)))
		if err != nil || !bytes.Equal(encode(t, u), encode(t, again)) {
			t.Errorf("own packing does not unpack: %v", err)
		}
	})
}
