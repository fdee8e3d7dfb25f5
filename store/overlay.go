package store

import (
	"cmp"
	"slices"
	"time"

	"github.com/pruner/pruner/trail"
)

// overlay lays intervals over others of the same account: where they meet, the
// upper ones count. The lower ones do not overlap each other. Neighbours that
// say the same become one.
func overlay(lower, upper []trail.Interval) []trail.Interval {
	upper = flatten(upper)
	if len(upper) == 0 {
		return lower
	}
	out := slices.Clone(upper)
	for _, in := range lower {
		at, _ := slices.BinarySearchFunc(upper, in, func(u, in trail.Interval) int {
			return cmp.Or(cmp.Compare(u.Region, in.Region), u.To.Compare(in.From))
		})
		for ; at < len(upper) && upper[at].Region == in.Region && upper[at].From.Before(in.To); at++ {
			if in.From.Before(upper[at].From) {
				out = append(out, part(in, in.From, upper[at].From))
			}
			in.From = later(in.From, upper[at].To)
		}
		if in.From.Before(in.To) {
			out = append(out, in)
		}
	}
	return join(out)
}

func part(in trail.Interval, from, to time.Time) trail.Interval {
	in.From, in.To = from, to
	return in
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// flatten cuts off what an interval before covers already, in intervals
// ordered by region and start.
func flatten(list []trail.Interval) []trail.Interval {
	var out []trail.Interval
	for _, in := range list {
		if n := len(out); n > 0 && out[n-1].Region == in.Region {
			in.From = later(in.From, out[n-1].To)
		}
		if in.From.Before(in.To) {
			out = append(out, in)
		}
	}
	return out
}

// join sorts intervals and makes one of neighbours that say the same.
func join(list []trail.Interval) []trail.Interval {
	slices.SortFunc(list, func(a, b trail.Interval) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), a.From.Compare(b.From))
	})
	out := list[:0]
	for _, in := range list {
		if n := len(out); n > 0 && same(&out[n-1], &in) {
			out[n-1].To = in.To
			continue
		}
		out = append(out, in)
	}
	return out
}

func same(a, b *trail.Interval) bool {
	return a.Region == b.Region && a.Coverage == b.Coverage && a.Cause == b.Cause && a.To.Equal(b.From)
}
