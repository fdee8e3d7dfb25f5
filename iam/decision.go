package iam

// Effect is what a statement does to a request that it matches.
type Effect string

// The two effects.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Outcome is the answer to a request. Unknown is the answer when it hangs on a
// condition key whose value is not known, or on something the engine does not
// model: never an allow.
type Outcome string

// The four outcomes.
const (
	Allowed          Outcome = "Allowed"
	ImplicitlyDenied Outcome = "ImplicitlyDenied"
	ExplicitlyDenied Outcome = "ExplicitlyDenied"
	Unknown          Outcome = "Unknown"
)

// Layer names the kind of policy that settled a decision, in the order in
// which AWS evaluates them.
//
// Source: IAM User Guide, "Policy evaluation logic".
type Layer string

// The layers.
const (
	LayerRCP      Layer = "rcp"
	LayerSCP      Layer = "scp"
	LayerEndpoint Layer = "endpoint"
	LayerResource Layer = "resource"
	LayerIdentity Layer = "identity"
	LayerBoundary Layer = "boundary"
	LayerSession  Layer = "session"
	LayerService  Layer = "service" // a rule of the service itself, as S3 Block Public Access
)

// Reason names what settled a decision. Policy and Statement are empty for an
// implicit deny, where Layer is the layer in which no statement allowed.
type Reason struct {
	Layer     Layer  `json:"layer,omitempty"`
	Policy    string `json:"policy,omitempty"`
	Statement string `json:"statement,omitempty"` // the Sid, else "#" and the index from 0
}

// Decision is an outcome with what settled it.
type Decision struct {
	Outcome Outcome `json:"decision"`
	By      Reason  `json:"by"`
	Missing string  `json:"missing,omitempty"` // for a deny or unknown: what would have been needed, in words
}
