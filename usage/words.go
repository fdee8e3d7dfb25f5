package usage

import "github.com/pruner/pruner/trail"

// The words of package trail that usage speaks: who reads usage needs no
// records.
type (
	Day      = trail.Day      // of a Use
	Outcome  = trail.Outcome  // of a Use
	Interval = trail.Interval // of coverage, for NewVisibility
)

// The outcomes of a Use.
const (
	Allowed   = trail.Allowed
	Denied    = trail.Denied
	Undecided = trail.Undecided
)
