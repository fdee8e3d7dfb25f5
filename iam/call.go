package iam

// Kind says how an observation proves a call.
type Kind string

// The two kinds of calls.
const (
	Primary Kind = "primary" // the action the event names
	Implied Kind = "implied" // an authorisation the parameters prove but CloudTrail does not log by itself
)

// Resolution says how much of a call's resource the observation shows.
type Resolution string

// The resolutions, best first.
const (
	Exact   Resolution = "exact"   // the ARN
	Partial Resolution = "partial" // a pattern with `*` where a part is not in the event
	None    Resolution = "none"    // truncated, omitted or underivable: never narrow resources on it
)

// Call is a set of requests that an observation proves were made: an action on
// every one of the resource patterns. Each resource must be authorised. An
// action that takes no resource has the one pattern `*` and is exact.
type Call struct {
	Action     Action     `json:"action"`
	Resources  []Pattern  `json:"resources"`
	Kind       Kind       `json:"kind"`
	Resolution Resolution `json:"resolution"`
	Context    Context    `json:"context"`
}
