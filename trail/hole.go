package trail

import (
	"slices"
	"time"
)

// Coverage says what is known about an hour of one account and region.
type Coverage string

// The kinds of coverage.
const (
	Proved  Coverage = "proved"  // a chained, validated digest covers the hour
	Assumed Coverage = "assumed" // no digest, but log files around it and no trail change
	Hole    Coverage = "hole"    // something is or may be missing: the hour is not visible
)

// Interval is a stretch of time in one account and region with one coverage.
// From is inclusive, To exclusive; both lie on full hours.
type Interval struct {
	Account, Region string
	From, To        time.Time
	Coverage        Coverage
	Cause           string // for a hole: "no log file delivered", "unreadable record in …", "digest: …"
}

// Strict is coverage where only what is proved counts: hours that are assumed
// to be complete become holes.
func Strict(list []Interval) []Interval {
	out := slices.Clone(list)
	for i := range out {
		if out[i].Coverage == Assumed {
			out[i].Coverage, out[i].Cause = Hole, "no valid digest covers it, and integrity is require"
		}
	}
	return out
}
