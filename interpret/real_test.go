package interpret_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/ingest"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
)

// realObservations are the calls of the real events, empty with a skip where
// those are not here.
func realObservations(tb testing.TB, c *catalog.Catalog) []trail.Observation {
	tb.Helper()
	const dir = "../../shared/cloudtrail"
	if _, err := os.Stat(dir); err != nil {
		tb.Skip("the real events are not here: ", err)
	}
	var all []trail.Observation
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".tsv") {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		for r, err := range ingest.Records(f, path, ingest.RecordOptions{Params: c.Param, Below: c.ParamBelow, Cut: c.Cut}) {
			if err == nil {
				all = append(all, r.Observe(true))
			}
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		tb.Fatalf("read the real events: %d, %v", len(all), err)
	}
	return all
}

// counted says, for each of many names, whether it was found good.
type counted map[string]bool

func (c counted) rate() float64 {
	good := 0
	for _, ok := range c {
		if ok {
			good++
		}
	}
	return percent(good, len(c))
}

func (c counted) bad() []string {
	var out []string
	for name, ok := range c {
		if !ok {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// TestRealEvents measures the interpreter on events that AWS wrote: event names
// mapped (goal 99 %), actions with a concrete ARN (goal 90 %), and agreement
// with the action that a denial message names (goal 99.5 %).
func TestRealEvents(t *testing.T) {
	c := catalog.Default()
	in := interpret.New(c)
	mapped, concrete, agree := counted{}, counted{}, counted{}
	denials, agreed := 0, 0
	for _, o := range realObservations(t, c) {
		got := in.Interpret(&o)
		if got.Class == interpret.NonAPI {
			continue
		}
		mapped[o.EventSource+" "+o.EventName] = got.Class != interpret.Unmapped
		if got.Outcome == trail.Allowed {
			for _, call := range got.Calls {
				if a, ok := c.Action(call.Action); ok && len(a.Required) > 0 {
					concrete[string(a.Name)] = concrete[string(a.Name)] || isConcrete(call)
				}
			}
		}
		if o.Denial.Action == "" {
			continue
		}
		denials++
		if named(o.Denial.Action, got.Calls) {
			agreed++
		} else {
			agree[o.EventSource+" "+o.EventName+": "+o.Denial.Action+" "+strings.Join(names(got.Calls), ",")] = false
		}
	}
	t.Logf("mapped: %.1f %% of %d; not: %v", mapped.rate(), len(mapped), mapped.bad())
	t.Logf("with a concrete ARN: %.1f %% of %d actions; not: %v", concrete.rate(), len(concrete), concrete.bad())
	t.Logf("denials whose action agrees: %.2f %% of %d; not: %v", percent(agreed, denials), denials, agree.bad())
	if mapped.rate() < 99 || concrete.rate() < 90 || percent(agreed, denials) < 99.5 {
		t.Error("worse than it was")
	}
}

// isConcrete: a resource that says more than its type.
func isConcrete(call iam.Call) bool {
	return slices.ContainsFunc(call.Resources, func(p iam.Pattern) bool {
		parts := strings.SplitN(string(p), ":", 6)
		if len(parts) < 6 {
			return false
		}
		names := strings.FieldsFunc(parts[5], func(c rune) bool { return c == ':' || c == '/' })
		if len(names) > 1 {
			names = names[1:]
		}
		return slices.ContainsFunc(names, func(n string) bool { return n != "*" })
	})
}

func named(action string, calls []iam.Call) bool {
	return slices.ContainsFunc(calls, func(c iam.Call) bool { return strings.EqualFold(string(c.Action), action) })
}

// BenchmarkInterpret interprets the distinct observations of the real events;
// the goal is 2 µs each.
func BenchmarkInterpret(b *testing.B) {
	c := catalog.Default()
	in := interpret.New(c)
	seen := map[string]bool{}
	var distinct []trail.Observation
	for _, o := range realObservations(b, c) {
		key := string(o.AppendDetail(o.AppendShape(nil)))
		if !seen[key] {
			seen[key] = true
			distinct = append(distinct, o)
		}
	}
	b.ReportAllocs()
	i := 0
	before := processorTime(b)
	for b.Loop() {
		in.Interpret(&distinct[i%len(distinct)])
		i++
	}
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
}

// processorTime is what the process has used, in nanoseconds: on a busy machine
// it says more than the clock.
func processorTime(tb testing.TB) int64 {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
