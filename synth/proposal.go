// Package synth turns what was granted and what was used into the smallest
// policies a careful engineer would merge: the old documents made smaller, a
// finding for every line, and a verdict without which nothing is emitted.
package synth

import (
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/usage"
)

// FindingKind is what becomes of one action or resource of a statement.
type FindingKind string

// The findings.
const (
	Kept      FindingKind = "kept"      // used: there is evidence
	Narrowed  FindingKind = "narrowed"  // some of what the word grants goes
	Removed   FindingKind = "removed"   // goes
	Blind     FindingKind = "blind"     // CloudTrail cannot show use: stays
	Young     FindingKind = "young"     // granted for less than the window: stays
	Protected FindingKind = "protected" // config or service baseline: stays
	Drift     FindingKind = "drift"     // of a whole policy: the repo's code and the account do not agree, so it is not edited
)

// Grade says how sure a removal is.
type Grade string

// The grades. Only Safe ones are in the first proposal.
const (
	Safe  Grade = "safe"  // no sign of use in anything we have, visible for the whole window
	Later Grade = "later" // seen before the window only, or judged by a generalisation
)

// Evidence is what shows a use.
type Evidence struct {
	Days    int       `json:"days"` // distinct days with use
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	EventID string    `json:"eventID"`
}

// own is a copy that holds no more than itself: texts of a use are parts of all
// that the principal used.
func (e Evidence) own() *Evidence {
	e.EventID = strings.Clone(e.EventID)
	return &e
}

// Finding is what becomes of one action or resource of one statement, and why.
type Finding struct {
	Finding   FindingKind `json:"finding"`
	Grade     Grade       `json:"grade,omitempty"`
	Policy    string      `json:"policy"`
	Statement string      `json:"statement"`
	Action    string      `json:"action,omitempty"`
	Resource  string      `json:"resource,omitempty"`
	Weight    int         `json:"weight"` // of what goes, or of what is kept
	Evidence  *Evidence   `json:"evidence,omitempty"`
	Reason    string      `json:"reason"`
	Blocker   string      `json:"blocker,omitempty"` // why it is not in the proposal although it could go
	Members   []Member    `json:"-"`                 // where it tells of several actions, all of them: see Each

	of *PolicyChange
}

// FindingsOf lists the findings on what one holder holds.
func (p *Proposal) FindingsOf(h *Holder) []Finding {
	var out []Finding
	for i := range p.Findings {
		if f := &p.Findings[i]; slices.Contains(h.Policies, f.of) {
			out = append(out, *f)
		}
	}
	return out
}

// PolicyChange is one policy of a proposal. An unchanged one has New equal to
// Old; New is nil for one that goes.
type PolicyChange struct {
	account.Holding
	New         *iam.Policy
	Size, Limit int     // characters, of New
	Report      string  // not "": findings only, and why
	Replaces    iam.ARN // of an added policy: the AWS-managed one that it will stand in for

	replaced *PolicyChange
	unproved bool // taken back, see Check
}

// Changed reports whether the proposal changes the policy.
func (c *PolicyChange) Changed() bool {
	if c.Document == nil || c.New == nil {
		return c.New != c.Document
	}
	before, err1 := c.Document.MarshalJSON()
	after, err2 := c.New.MarshalJSON()
	return err1 != nil || err2 != nil || string(before) != string(after)
}

// Proposal is new documents for a set of policies and all who hold them.
type Proposal struct {
	Holders  []*Holder
	Sharers  []*Holder // users who hold some of the policies too: judged along, reported by themselves
	Policies []*PolicyChange
	Findings []Finding
	Blockers []string // what keeps the whole proposal from being made
	Advice   []Advice // what a person should look at; changes no document
}

// Holder is a role whose policies a proposal covers, or a user, as a role.
type Holder struct {
	Account  *account.Account
	Role     *account.Role
	Uses     []HeldUse
	Policies []*PolicyChange

	reach    map[string]reach // by service prefix, see reachOf
	seen     bool             // some event names the role, if only a denied one
	user     *account.User    // nil: a role
	alone    bool             // a user judged alone, for whom nothing is proposed
	idle     bool             // nothing tells of any use in the window
	blockers []string         // what keeps all its policies as they are
	index    *index
	unseen   map[string]gap // by service prefix; "" is every service
	refusals []usage.Refusal
	services []string               // see trusted; nil until asked
	refused  map[iam.Action]bool    // folded: denied in the window
	stays    map[iam.Action]Blocker // what keeps each granted action; "" if nothing does
	summed   *Yield                 // once stays is forgotten
}

// HeldUse is one use of a holder, inside or before the window.
type HeldUse struct {
	Call     iam.Call
	Outcome  usage.Outcome
	Days     []usage.Day
	InWindow bool
	Apart    bool // see [usage.Use.Apart]
	Evidence Evidence
}

// Options are how daring synthesis is. The zero value is the careful default.
type Options struct {
	MinVisibleDays int           // 0 is 85: a window of 90 days with a few holes
	Protect        []iam.Pattern // actions never removed
	Later          bool          // carry the Later grade as well
}

func (o Options) minVisible() int {
	if o.MinVisibleDays == 0 {
		return 85
	}
	return o.MinVisibleDays
}

// Where a policy lives, as [account.Holding] says.
const (
	Inline              = account.Inline
	CustomerManaged     = account.CustomerManaged
	AWSManaged          = account.AWSManaged
	PermissionSetInline = account.PermissionSetInline
)
