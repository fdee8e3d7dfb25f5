package trail

// Outcome says what an event's error code proves about authorisation.
type Outcome string

// The three outcomes.
const (
	Allowed   Outcome = "allowed"   // no error, or one raised after the request was authorised
	Denied    Outcome = "denied"    // authorisation failed: never evidence of use
	Undecided Outcome = "undecided" // throttled, malformed, internal, or not in the table
)
