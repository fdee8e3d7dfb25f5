package synth

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/usage"
)

// Calibration says how often our reading of events and our engine agree with
// what AWS really decided.
type Calibration struct {
	Services      []Agreement    `json:"services"`      // by prefix
	Disagreements []Disagreement `json:"disagreements"` // sorted; at most maxDisagreements a service
}

// Agreement is one service's. A case is one role with one call or refusal,
// whatever the number of its days. What hangs on something that is not known
// (a condition key, the text of a session policy) is in no count.
type Agreement struct {
	Service   string `json:"service"`
	Successes Tally  `json:"successes"`      // AWS allowed it: so must we
	Named     Tally  `json:"named"`          // AWS named the refused action: we must read it in the event
	Denials   Tally  `json:"denials"`        // AWS named action, resource and policy type: we must deny too
	Gate      string `json:"gate,omitempty"` // why nothing of the service is removed, or ""
}

// Tally counts cases, and those in which we agree.
type Tally struct {
	Cases int `json:"cases"`
	Agree int `json:"agree"`
}

// Add sums another tally in.
func (t *Tally) Add(o Tally) { t.Cases, t.Agree = t.Cases+o.Cases, t.Agree+o.Agree }

func (t *Tally) add(agrees bool) {
	t.Cases++
	if agrees {
		t.Agree++
	}
}

// Disagreement is one case in which AWS decided otherwise than we would.
type Disagreement struct {
	Service  string     `json:"service"`
	Role     iam.ARN    `json:"role"`
	Action   iam.Action `json:"action"`
	Resource string     `json:"resource,omitempty"`
	AWS      string     `json:"aws"`  // what AWS did
	Ours     string     `json:"ours"` // what we would have said
	EventID  string     `json:"eventID"`
}

// maxDisagreements bounds the list for each service: enough to find the fault.
const maxDisagreements = 20

// manyDisagreements is from how many on the list is cut while it grows: more
// than a few of each service that AWS has.
const manyDisagreements = 1 << 14

// Calibrate compares what AWS decided, after the last change of each role's
// policies, with what the policies say by our reading. Before the change other
// policies held.
func Calibrate(in Inputs) (*Calibration, error) {
	s, err := newSynthesizer(in)
	if err != nil {
		return nil, err
	}
	return s.calibrate(1)
}

type calibrator struct {
	*synthesizer
	byService map[string]*Agreement
	against   map[string]map[iam.ARN]bool // service → roles with a success that we would have denied
	misread   map[iam.Action]string       // folded action named by AWS → what we read instead
	out       []Disagreement
}

func newCalibrator(s *synthesizer) *calibrator {
	return &calibrator{synthesizer: s, byService: map[string]*Agreement{}, against: map[string]map[iam.ARN]bool{}, misread: map[iam.Action]string{}}
}

// calibrate judges the roles in so many goroutines. What each finds is sets,
// sums and minima, so that it does not matter which judged what.
func (s *synthesizer) calibrate(workers int) (*Calibration, error) {
	var roles []roleRef
	for _, a := range s.Org.Accounts {
		for _, r := range a.Roles {
			roles = append(roles, roleRef{account: a, role: r})
		}
	}
	parts, errs := make([]*calibrator, workers), make([]error, workers)
	var running sync.WaitGroup
	for i := range parts {
		parts[i] = newCalibrator(s.beside())
		running.Go(func() {
			for n := i; n < len(roles) && errs[i] == nil; n += workers {
				errs[i] = parts[i].ref(roles[n])
			}
		})
	}
	running.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	c := parts[0]
	for _, other := range parts[1:] {
		c.merge(other)
	}
	s.misread, s.distrusted = c.misread, map[string]string{}
	result := &Calibration{Services: []Agreement{}, Disagreements: []Disagreement{}}
	for prefix, g := range c.byService {
		if g.Gate = c.gate(g); g.Gate != "" {
			s.distrusted[prefix] = g.Gate
		}
		result.Services = append(result.Services, *g)
	}
	slices.SortFunc(result.Services, func(a, b Agreement) int { return cmp.Compare(a.Service, b.Service) })
	result.Disagreements = append(result.Disagreements, few(c.out)...)
	return result, nil
}

// ref compares a role by its place in the organisation.
func (c *calibrator) ref(r roleRef) error {
	r.holdings = c.Org.Holdings(r.account, r.role)
	h, err := c.holder(r)
	if err != nil {
		return err
	}
	return c.role(h)
}

// merge adds what another found of other roles.
func (c *calibrator) merge(o *calibrator) {
	for prefix, g := range o.byService {
		have := c.byService[prefix]
		if have == nil {
			c.byService[prefix] = g
			continue
		}
		have.Successes.Add(g.Successes)
		have.Named.Add(g.Named)
		have.Denials.Add(g.Denials)
	}
	for prefix, roles := range o.against {
		if c.against[prefix] == nil {
			c.against[prefix] = map[iam.ARN]bool{}
		}
		maps.Copy(c.against[prefix], roles)
	}
	for a, ours := range o.misread {
		if have, ok := c.misread[a]; !ok || ours < have {
			c.misread[a] = ours
		}
	}
	c.out = append(c.out, o.out...)
}

func few(all []Disagreement) []Disagreement {
	slices.SortFunc(all, func(a, b Disagreement) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Action, b.Action),
			cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.AWS, b.AWS), cmp.Compare(a.EventID, b.EventID))
	})
	var out []Disagreement
	n, service := 0, ""
	for _, d := range all {
		if d.Service != service {
			n, service = 0, d.Service
		}
		if n++; n <= maxDisagreements {
			out = append(out, d)
		}
	}
	return out
}

func (c *calibrator) service(a iam.Action) *Agreement {
	prefix := strings.ToLower(a.Prefix())
	g := c.byService[prefix]
	if g == nil {
		g = &Agreement{Service: prefix}
		c.byService[prefix] = g
	}
	return g
}

// role compares one role's successes and refusals.
func (c *calibrator) role(h *Holder) error {
	if !h.seen || h.Role.Unprunable() != "" {
		return nil
	}
	changed := c.lastChange(h)
	if err := c.successes(h, changed); err != nil {
		return err
	}
	if len(h.refusals) == 0 {
		return nil
	}
	layers, err := c.layers(h)
	if err != nil {
		return err
	}
	for i := range h.refusals {
		if r := &h.refusals[i]; !r.Last.Start().Before(changed) {
			c.refusal(h, r, layers)
		}
	}
	return nil
}

// lastChange is when the role's policies became what they are, as far as
// anything tells.
func (c *calibrator) lastChange(h *Holder) time.Time {
	last := h.Role.Changed
	for _, p := range h.Policies {
		for _, t := range []time.Time{p.Since, c.grantedSince(h, p)} {
			if t.After(last) {
				last = t
			}
		}
	}
	return last
}

// successes: what AWS allowed, some identity policy must allow, or the policy
// of the resource. Implied calls are left out: that AWS checked them is our
// own claim.
func (c *calibrator) successes(h *Holder, changed time.Time) error {
	var uses []*HeldUse
	var calls []iam.Call
	for i := range h.Uses {
		u := &h.Uses[i]
		if u.Outcome == usage.Allowed && u.Call.Kind == iam.Primary && !u.Evidence.Last.Before(changed) {
			uses, calls = append(uses, u), append(calls, u.Call)
		}
	}
	documents := named(h.Policies, document)
	replayed, err := c.Engine.Replay(documents, documents, calls)
	if err != nil {
		return fmt.Errorf("calibrate with role %s: %w", h.Role.ARN, err)
	}
	for i, r := range replayed {
		if r.State == eval.Unexplained && c.byResource(&calls[i]) {
			continue
		}
		agrees := r.State != eval.Unexplained
		c.service(calls[i].Action).Successes.add(agrees)
		if agrees {
			continue
		}
		prefix := strings.ToLower(calls[i].Action.Prefix())
		if c.against[prefix] == nil {
			c.against[prefix] = map[iam.ARN]bool{}
		}
		c.against[prefix][h.Role.ARN] = true
		c.note(h, Disagreement{
			Action: calls[i].Action, Resource: words(calls[i].Resources, nil), EventID: uses[i].Evidence.EventID,
			AWS: "allowed", Ours: "no policy of the role allows it",
		})
	}
	return nil
}

func (c *calibrator) note(h *Holder, d Disagreement) {
	d.Role, d.Service = h.Role.ARN, strings.ToLower(d.Action.Prefix())
	d.Action, d.Resource, d.EventID = clone(d.Action), clone(d.Resource), clone(d.EventID)
	if c.out = append(c.out, d); len(c.out) >= manyDisagreements {
		c.out = few(c.out)
	}
}

// byResource: a resource the call names has a policy of its own, which may be
// what allowed it.
func (c *calibrator) byResource(call *iam.Call) bool {
	for arn := range c.Org.ResourceBased {
		escaped := iam.Escape(string(arn))
		for _, r := range call.Resources {
			if r.OverlapsARN(escaped) || r.OverlapsARN(escaped+"/*") {
				return true
			}
		}
	}
	return false
}

// refusal compares one denial that AWS explained.
func (c *calibrator) refusal(h *Holder, r *usage.Refusal, layers map[string][]*eval.Set) {
	service := c.service(r.Action)
	read := slices.ContainsFunc(r.Read, r.Action.Equal)
	service.Named.add(read)
	if !read {
		ours := "the event " + r.EventName + " of " + r.EventSource + " is read as " + actionWords(r.Read)
		c.note(h, Disagreement{Action: r.Action, Resource: r.Resource, EventID: r.EventID, AWS: "named the action in a denial", Ours: ours})
		if have, ok := c.misread[r.Action.Fold()]; !ok || ours < have { // the same whatever the order
			c.misread[r.Action.Fold()] = ours
		}
	}
	sets, known := layers[r.Policy]
	resource := r.Resource
	if a, ok := c.catalog.Action(r.Action); ok && len(a.Resources) == 0 {
		resource = "*"
	}
	if !known || resource == "" {
		return
	}
	got := decideAll(sets, &iam.Request{
		Principal: iam.Principal{Type: iam.PrincipalAWS, Value: string(h.Role.ARN)},
		Action:    r.Action, Resource: iam.ARN(resource), Unknown: []string{"*"},
	})
	if got == iam.Unknown {
		return
	}
	service.Denials.add(got != iam.Allowed)
	if got == iam.Allowed {
		c.note(h, Disagreement{Action: r.Action, Resource: r.Resource, EventID: r.EventID, AWS: "denied by a policy of type " + r.Policy, Ours: "those policies allow it"})
	}
}

func actionWords(actions []iam.Action) string {
	out := make([]string, len(actions))
	for i, a := range actions {
		out[i] = string(a)
	}
	return strings.Join(out, ", ")
}

// decideAll: what all the sets allow is allowed.
func decideAll(sets []*eval.Set, r *iam.Request) iam.Outcome {
	out := iam.Allowed
	for _, s := range sets {
		switch got := s.Decide(r).Outcome; got {
		case iam.Allowed:
		case iam.Unknown:
			out = iam.Unknown
		default:
			return got
		}
	}
	return out
}

// layers compiles the policies that a refusal may name, by the words of the
// message. Session and endpoint policies are in no snapshot.
func (c *calibrator) layers(h *Holder) (map[string][]*eval.Set, error) {
	groups := map[string][][]eval.Named{"identity-based": {named(h.Policies, document)}}
	if m := h.Account.Managed[h.Role.Boundary]; m != nil && m.Document != nil {
		groups["permissions boundary"] = [][]eval.Named{{{Name: m.Name, Policy: m.Document}}}
	}
	if levels, ok := c.Org.SCPs(h.Account.ID); ok {
		groups["service control"] = controls(levels)
	}
	out := map[string][]*eval.Set{}
	for kind, levels := range groups {
		for _, level := range levels {
			set, err := c.Engine.Compile(level)
			if err != nil {
				return nil, fmt.Errorf("calibrate with role %s: %w", h.Role.ARN, err)
			}
			out[kind] = append(out[kind], set)
		}
	}
	return out, nil
}

func controls(levels [][]account.ControlPolicy) [][]eval.Named {
	out := make([][]eval.Named, len(levels))
	for i, level := range levels {
		for _, p := range level {
			if p.Document != nil {
				out[i] = append(out[i], eval.Named{Name: p.Name, Policy: p.Document})
			}
		}
	}
	return out
}

// From how many roles, and from which share of a service's cases, our reading
// of a service is held to be wrong. One role alone can have a history of its
// own (a policy put back, a grant by a resource policy that no snapshot
// holds): for it alone nothing is removed, see unexplained.
const (
	distrustRoles = 2
	distrustShare = 0.05
)

// gate says why nothing of a service is to be removed, or "".
func (c *calibrator) gate(g *Agreement) string {
	wrong := g.Successes.Cases - g.Successes.Agree
	if len(c.against[g.Service]) < distrustRoles || float64(wrong) <= distrustShare*float64(g.Successes.Cases) {
		return ""
	}
	return fmt.Sprintf("AWS allowed %d of %d calls of %s that no policy explains: our reading of it is not trusted", wrong, g.Successes.Cases, g.Service)
}
