package usage

import (
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// A principal may read millions of keys of one bucket, and each is a call of
// its own. Past a number of distinct ones the calls of an action below a bucket,
// a table or whatever the ARN's first part names are folded into patterns of
// their first segments: b/2026/10/* for all keys below. A pattern is wider than
// what it stands for, so more is kept and nothing is removed for it.

// limits bound the distinct calls that are kept of an action below one bucket.
type limits struct {
	exact    int // so many are kept as they are
	patterns int // past that, so many patterns at the most
}

// keptApart are the usual limits. 100,000 calls take some 60 MB; a policy holds
// a few dozen resources, so that a thousand patterns are still more than it can
// tell apart.
var keptApart = limits{exact: 100_000, patterns: 1000}

// maxSegments bounds the segments that a pattern keeps.
const maxSegments = 8

// family is the calls that differ in no more than what follows the bucket.
type family struct {
	members []string // their keys in gathering.uses
	folded  bool
	level   int // segments that are kept, if folded
}

// familyKey is what the calls of a family share.
func familyKey(call *iam.Call, use *Use) string {
	shared := segmentedCall(*call, 0)
	shared.Resolution = iam.Partial
	return callKey(&shared, use.Outcome)
}

// bucketEnd is where the part of an ARN ends that names what its segments lie
// in: behind the first "/" or ":" of the resource, or where the resource begins
// if it has neither. What is no ARN ends itself.
func bucketEnd(p iam.Pattern) int {
	at := 0
	for range 5 {
		i := strings.IndexByte(string(p[at:]), ':')
		if i < 0 {
			return len(p)
		}
		at += i + 1
	}
	return at + nextSegment(p[at:], 0)
}

// nextSegment is the length of a segment with its end, otherwise if it is the
// last.
func nextSegment(p iam.Pattern, otherwise int) int {
	if i := strings.IndexAny(string(p), "/:"); i >= 0 {
		return i + 1
	}
	return otherwise
}

// segmented keeps so many segments of a resource behind its bucket, and a "*"
// for what follows.
func segmented(p iam.Pattern, level int) iam.Pattern {
	at := bucketEnd(p)
	for range level {
		at += nextSegment(p[at:], len(p)-at)
	}
	if at == len(p) {
		return p
	}
	return p[:at] + "*"
}

func segmentedAll(list []iam.Pattern, level int) []iam.Pattern {
	out := make([]iam.Pattern, len(list))
	for i, p := range list {
		out[i] = segmented(p, level)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// segmentedCall is the call with its resources segmented, and without what its
// context says of the keys that were asked for: whatever they are, then.
func segmentedCall(call iam.Call, level int) iam.Call {
	resources := segmentedAll(call.Resources, level)
	if !slices.Equal(resources, call.Resources) {
		call.Resources, call.Resolution = resources, iam.Partial
	}
	asked := func(a iam.Attribute) bool { return a.Key == "s3:prefix" }
	if slices.ContainsFunc(call.Context, asked) {
		call.Context = slices.DeleteFunc(slices.Clone(call.Context), asked)
	}
	return call
}

// joined puts a new use into its family and folds that if it has become too
// large. It gives the use that stands for it.
func (g *gathering) joined(key string, u *Use) *Use {
	name := familyKey(&u.Call, u)
	f := g.families[name]
	if f == nil {
		f = &family{}
		g.families[name] = f
	}
	if f.folded {
		return g.foldIn(f, u)
	}
	g.uses[key] = u
	if f.members = append(f.members, key); len(f.members) <= g.limits.exact {
		return u
	}
	f.folded, f.level = true, maxSegments
	g.fold(f)
	return g.uses[callKeyAt(u, f.level)]
}

// callKeyAt is the key of a use's call at a level.
func callKeyAt(u *Use, level int) string {
	call := segmentedCall(u.Call, level)
	return callKey(&call, u.Outcome)
}

// foldIn adds a use to a folded family.
func (g *gathering) foldIn(f *family, u *Use) *Use {
	call := segmentedCall(u.Call, f.level)
	key := callKey(&call, u.Outcome)
	if have := g.uses[key]; have != nil {
		have.merge(u)
		return have
	}
	u.Call = call
	g.uses[key] = u
	if f.members = append(f.members, key); len(f.members) <= g.limits.patterns || f.level == 0 {
		return u
	}
	g.fold(f)
	return g.uses[callKeyAt(u, f.level)]
}

// fold brings a family to the greatest level at which it is within the limit.
// That depends on the set of its calls, not on their order: what is too much at
// a level stays so, and from a level each lower one follows.
func (g *gathering) fold(f *family) {
	g.folds++
	level := 0
	for level < f.level && g.distinct(f, level+1) <= g.limits.patterns {
		level++
	}
	f.level = level
	old := make([]*Use, 0, len(f.members))
	for _, key := range f.members {
		old = append(old, g.uses[key])
		delete(g.uses, key)
	}
	f.members = nil
	for _, u := range old {
		places := g.origins.ofUse[u]
		delete(g.origins.ofUse, u)
		to := g.foldIn(f, u)
		for _, at := range places {
			g.origins.note(to, at)
		}
	}
}

// distinct counts the patterns of a family at a level, no further than it
// matters.
func (g *gathering) distinct(f *family, level int) int {
	seen := map[string]bool{}
	for _, key := range f.members {
		seen[callKeyAt(g.uses[key], level)] = true
		if len(seen) > g.limits.patterns {
			break
		}
	}
	return len(seen)
}

// merge adds the evidence of another use.
func (u *Use) merge(other *Use) {
	u.see(other.First, other.Last, other.EventID, other.Hours, other.Days...)
}

// see adds evidence: the first and last time, the event ID of the first, the
// hours and days.
func (u *Use) see(first, last time.Time, id string, hours trail.Hours, days ...trail.Day) {
	if first.Before(u.First) || first.Equal(u.First) && id < u.EventID {
		u.First, u.EventID = first, id
	}
	if last.After(u.Last) {
		u.Last = last
	}
	u.Hours |= hours
	for _, d := range days {
		if i, found := slices.BinarySearch(u.Days, d); !found {
			u.Days = slices.Insert(u.Days, i, d)
		}
	}
}
