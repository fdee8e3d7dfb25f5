package usage

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
)

func TestSegmented(t *testing.T) {
	for _, c := range []struct {
		pattern iam.Pattern
		level   int
		want    iam.Pattern
	}{
		{"arn:aws:s3:::b/2026/10/x", 0, "arn:aws:s3:::b/*"},
		{"arn:aws:s3:::b/2026/10/x", 1, "arn:aws:s3:::b/2026/*"},
		{"arn:aws:s3:::b/2026/10/x", 2, "arn:aws:s3:::b/2026/10/*"},
		{"arn:aws:s3:::b/2026/10/x", 3, "arn:aws:s3:::b/2026/10/x"},
		{"arn:aws:s3:::b/2026/*", 1, "arn:aws:s3:::b/2026/*"},
		{"arn:aws:s3:::b/x${*}y/z", 1, "arn:aws:s3:::b/x${*}y/*"},
		{"arn:aws:s3:::b", 0, "arn:aws:s3:::*"},
		{"arn:aws:sqs:eu-west-1:1:q", 0, "arn:aws:sqs:eu-west-1:1:*"},
		{"arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/f:*", 2, "arn:aws:logs:eu-west-1:1:log-group:/aws/*"},
		{"*", 0, "*"},
	} {
		if got := segmented(c.pattern, c.level); got != c.want {
			t.Errorf("%s at %d: %s, want %s", c.pattern, c.level, got, c.want)
		}
	}
}

// keyedCalls are calls on keys of two buckets: many below few folders, and few.
func keyedCalls(rng *rand.Rand, n int) (list []iam.Call) {
	for range n {
		key := fmt.Sprintf("arn:aws:s3:::many/%d/%d/%d", rng.IntN(3), rng.IntN(20), rng.IntN(40))
		if rng.IntN(20) == 0 {
			key = fmt.Sprint("arn:aws:s3:::few/x/", rng.IntN(5))
		}
		call := iam.Call{Action: "s3:GetObject", Resources: []iam.Pattern{iam.Pattern(key)}, Kind: iam.Primary, Resolution: iam.Exact}
		if rng.IntN(10) == 0 {
			call = iam.Call{
				Action: "s3:ListBucket", Resources: []iam.Pattern{"arn:aws:s3:::many"}, Kind: iam.Primary, Resolution: iam.Exact,
				Context: iam.Context{{Key: "aws:ViaAWSService", Values: []string{"false"}}, {Key: "s3:prefix", Values: []string{key}}},
			}
		}
		list = append(list, call)
	}
	return list
}

// folded gathers calls in an order, the i-th of the list on a day and hour of
// its own.
func foldedUse(calls []iam.Call, order []int, l limits) *Usage {
	g := newGathering(interpret.Principal{})
	g.limits = l
	for _, i := range order {
		at := time.Date(2026, 8, 1+i%60, i%24, i%60, 0, 0, time.UTC)
		o := &trail.Observation{Day: trail.DayOf(at), First: at, Last: at, Hours: trail.HourOf(at), EventID: fmt.Sprint(i)}
		g.origins.note(g.use(&calls[i], trail.Allowed, o), g.origins.from(o))
	}
	return g.usage()
}

// naiveLevel is the level that the words of the documentation give for keys of
// one bucket.
func naiveLevel(keys map[iam.Pattern]bool, most int) int {
	for level := maxSegments; ; level-- {
		seen := map[iam.Pattern]bool{}
		for k := range keys {
			seen[segmented(k, level)] = true
		}
		if len(seen) <= most || level == 0 {
			return level
		}
	}
}

// TestManyKeys: past the limit an action's calls below a bucket are patterns,
// the same whatever their order and number, which cover all of them and have all
// of their evidence.
func TestManyKeys(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, l := range []limits{{1 << 20, 10}, {100, 100}, {100, 61}, {100, 59}, {100, 2}, {7, 2}, {3, 2}} {
		calls := keyedCalls(rng, 3000)
		order := rng.Perm(len(calls))
		first := foldedUse(calls, order, l)
		again := append(rng.Perm(len(calls)), order[:500]...)
		if diff := cmp.Diff(first, foldedUse(calls, again, l)); diff != "" {
			t.Fatalf("%+v: in another order:\n%s", l, diff)
		}
		keys := map[iam.Pattern]bool{}
		for i := range calls {
			if c := &calls[i]; c.Action == "s3:GetObject" && bucketOf(c) == "arn:aws:s3:::many/" {
				keys[c.Resources[0]] = true
			}
			covered(t, first, &calls[i], i)
		}
		level := -1
		if len(keys) > l.exact {
			level = naiveLevel(keys, l.patterns)
		}
		want := map[iam.Pattern]bool{}
		for k := range keys {
			if level >= 0 {
				k = segmented(k, level)
			}
			want[k] = true
		}
		for i := range first.Uses {
			if c := &first.Uses[i].Call; c.Action == "s3:GetObject" && bucketOf(c) == "arn:aws:s3:::many/" && !want[c.Resources[0]] {
				t.Errorf("%+v: %s is not at level %d", l, c.Resources[0], level)
			}
		}
		few := slices.ContainsFunc(first.Uses, func(u Use) bool { return u.Call.Resources[0] == "arn:aws:s3:::few/x/1" })
		if few != (l.exact > 5) {
			t.Errorf("%+v: the bucket with few keys: %v", l, few)
		}
	}
}

func bucketOf(c *iam.Call) iam.Pattern { return c.Resources[0][:bucketEnd(c.Resources[0])] }

// covered: a use has the call's resource and the day it was made on, and asks
// nothing more of its context.
func covered(t *testing.T, u *Usage, c *iam.Call, i int) {
	t.Helper()
	day := trail.DayOf(time.Date(2026, 8, 1+i%60, 0, 0, 0, 0, time.UTC))
	for k := range u.Uses {
		have := &u.Uses[k]
		inContext := func(a iam.Attribute) bool {
			return slices.ContainsFunc(c.Context, func(b iam.Attribute) bool { return a.Key == b.Key && slices.Equal(a.Values, b.Values) })
		}
		if have.Call.Action == c.Action && have.Call.Resources[0].Match(string(c.Resources[0])) && slices.Contains(have.Days, day) &&
			!slices.ContainsFunc(have.Call.Context, func(a iam.Attribute) bool { return !inContext(a) }) {
			return
		}
	}
	t.Errorf("nothing covers %s on %v, %v, call %d", c.Action, c.Resources, day, i)
}

// TestDaysOfAFact: the uses that a fact's first day found serve its other days,
// unless its second call, of the same family, moved that of its first: it is the
// same whether the days of a fact come in a row.
func TestDaysOfAFact(t *testing.T) {
	var byFact, byDay []trail.Observation
	for key := range 10 {
		for d := range 3 {
			passed := func(by string) string {
				return fmt.Sprintf("arn:aws:iam::111122223333:role/%s%d/%d/%d", by, key%2, key%5, key)
			}
			o := event(fmt.Sprint(key, d), "ecs.amazonaws.com", "RegisterTaskDefinition", "", day(1+3*key+d),
				trail.Param{Path: "executionRoleArn", Value: passed("pull")}, trail.Param{Path: "family", Value: "f"}, trail.Param{Path: "taskRoleArn", Value: passed("run")})
			o.Identity.ARN = fmt.Sprint("session", key%4)
			byFact = append(byFact, o)
		}
	}
	for d := range 3 {
		for i := d; i < len(byFact); i += 3 {
			byDay = append(byDay, byFact[i])
		}
	}
	gathered := func(list []trail.Observation, l limits) *Usage {
		c := newCollector(interpret.New(catalog.Default()), august)
		for i := range list {
			c.add(&list[i])
			for _, g := range c.byKey {
				g.limits = l
			}
		}
		return c.byKey[Key{ordersARN, "AROANEW"}].usage()
	}
	for _, l := range []limits{keptApart, {9, 4}, {8, 4}, {9, 1}, {5, 2}} {
		got := gathered(byFact, l)
		if diff := cmp.Diff(gathered(byDay, l), got); diff != "" {
			t.Errorf("%+v (-day by day +fact by fact):\n%s", l, diff)
		}
		if n := len(got.Uses); n > min(l.patterns, 2*10)+1 || n < 2 { // with that of the definition
			t.Errorf("%+v: %d uses", l, n)
		}
	}
}
