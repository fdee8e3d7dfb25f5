package diff

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pruner/pruner/synth"
)

// Repo is the policies of a repo, matched with those of the accounts.
type Repo struct {
	dir     string
	from    *finder
	found   []Found
	matches map[*synth.PolicyChange][]*Found
	serves  map[*Found][]*synth.PolicyChange
	clean   map[*synth.PolicyChange]bool // those of accepted proposals
	states  []*State
	texts   map[place][]*Found // policies that a statement is of
}

// Match finds, for every policy of the proposals, the blocks that may hold it:
// those that a state names, else those whose names fit. The proposals must be
// all of the accounts, those too that are not to be made: a block may serve
// both.
func Match(dir string, proposals []*synth.Proposal, states ...*State) (*Repo, error) {
	from, found, err := search(dir)
	if err != nil {
		return nil, err
	}
	r := &Repo{
		dir: dir, from: from, found: found, states: states, clean: map[*synth.PolicyChange]bool{},
		matches: map[*synth.PolicyChange][]*Found{}, serves: map[*Found][]*synth.PolicyChange{}, texts: map[place][]*Found{},
	}
	for i := range found {
		for p := range found[i].places() {
			r.texts[p] = append(r.texts[p], &found[i])
		}
	}
	for _, p := range proposals {
		for _, c := range p.Policies {
			r.match(c)
		}
	}
	return r, nil
}

func (r *Repo) match(c *synth.PolicyChange) {
	var fit, named []*Found
	for i := range r.found {
		f := &r.found[i]
		if f.Kind != "identity" {
			continue
		}
		if r.stated(f, c) && holds(f, c) {
			named = append(named, f)
		}
		if holds(f, c) {
			fit = append(fit, f)
		}
	}
	if len(named) > 0 {
		fit = named
	}
	r.matches[c] = fit
	for _, f := range fit {
		r.serves[f] = append(r.serves[f], c)
	}
}

// Accept takes a clean proposal: a block that serves several policies changes
// when all of them are in accepted ones.
func (r *Repo) Accept(clean *synth.Clean) {
	for _, c := range clean.Proposal().Policies {
		r.clean[c] = true
	}
}

// holds: by its names the block can be the policy.
func holds(f *Found, c *synth.PolicyChange) bool {
	switch c.Kind {
	case synth.PermissionSetInline:
		return f.set != "" && namePattern(f.set).Match(c.Set)
	case synth.CustomerManaged:
		return f.set == "" && f.name != "" && namePattern(f.name).Match(c.Name) && !strings.Contains(f.Address, "role_policy")
	case synth.Inline:
		return f.set == "" && namePattern(f.name).Match(c.Name) && slices.ContainsFunc(f.Roles, func(role string) bool {
			return namePattern(role).Match(c.Owner.Name())
		})
	}
	return false
}

// Where gives the block of a policy, or why there is none that can be edited.
func (r *Repo) Where(c *synth.PolicyChange) (*Found, error) {
	candidates := r.matches[c]
	exact := slices.DeleteFunc(slices.Clone(candidates), func(f *Found) bool {
		if f.Policy == nil || c.Document == nil {
			return true
		}
		_, err := agree(f.Policy, c.Document)
		return err != nil
	})
	switch {
	case len(candidates) == 0:
		return nil, errors.New("no block of the repo has this policy's name")
	case len(exact) == 0:
		return nil, disagreement(c, candidates)
	case len(exact) > 1 && !r.oneText(exact):
		return nil, fmt.Errorf("ambiguous: %s and %s both fit", exact[0].Address, exact[1].Address)
	}
	return exact[0], nil
}

// disagreement says why none of the blocks of the right name is the policy.
func disagreement(c *synth.PolicyChange, candidates []*Found) error {
	for _, f := range candidates {
		if f.Policy != nil && c.Document != nil && f.node.open() {
			return fmt.Errorf("%s: expressions decide how much of it there is, so it cannot be held against what the account has", f.Address)
		}
		if f.Policy != nil && c.Document != nil {
			_, err := agree(f.Policy, c.Document)
			return &drift{fmt.Errorf("%s: %w", f.Address, err)}
		}
	}
	return fmt.Errorf("%s: %s", candidates[0].Address, candidates[0].Reason)
}

// drift: live and code do not agree under one binding of the references.
type drift struct{ error }

// Error says that it is drift, and what differs.
func (d *drift) Error() string { return "drift: " + d.error.Error() }

// Edit is what became of one change of a proposal in the repo.
type Edit struct {
	Policy  string // name
	Address string
	File    string
	Line    int
	Reason  string // not "": no edit was made, and why
	Drift   bool   // no edit was made because live and code do not agree

	Unchanged bool // the proposal leaves the policy as it is: the drift alone is told

	With     []string // the other policies of the accounts that the block makes and the edit changes
	Literals []string // ARNs written out beside references, for want of an expression that names them
}

// ForProposal makes the patch of a clean proposal. A change that cannot be
// made in place is in the edits with its reason; the others go on.
func (r *Repo) ForProposal(clean *synth.Clean) (Patch, []Edit) {
	var patch Patch
	var edits []Edit
	for _, c := range clean.Proposal().Policies {
		if !c.Changed() {
			edits = append(edits, r.drifts(c)...)
			continue
		}
		one, e := r.edit(c)
		joined, err := patch.Join(one)
		if err != nil {
			e.Reason = err.Error()
		}
		patch = joined
		edits = append(edits, e)
	}
	return patch, edits
}

// Drifts tells, of the policies of a proposal that is not made, those that the
// code has otherwise than the account.
func (r *Repo) Drifts(p *synth.Proposal) []Edit {
	var out []Edit
	for _, c := range p.Policies {
		out = append(out, r.drifts(c)...)
	}
	return out
}

// drifts tells the drift of a policy that is not edited. Only a block that is
// sure to be the policy's tells any: one that a state names, or one whose names
// are those of the policy to the letter.
func (r *Repo) drifts(c *synth.PolicyChange) []Edit {
	if c.Document == nil {
		return nil
	}
	var sure []*Found
	for _, f := range r.matches[c] {
		if f.Policy == nil {
			continue
		}
		if _, err := agree(f.Policy, c.Document); err == nil {
			return nil
		}
		if (r.stated(f, c) || named(f, c)) && !f.node.open() {
			sure = append(sure, f)
		}
	}
	if len(sure) != 1 {
		return nil
	}
	f := sure[0]
	return []Edit{{Policy: c.Name, Address: f.Address, File: f.File, Line: f.Line, Reason: disagreement(c, sure).Error(), Drift: true, Unchanged: true}}
}

// stated: a state says that the block makes the policy.
func (r *Repo) stated(f *Found, c *synth.PolicyChange) bool {
	return slices.ContainsFunc(r.states, func(s *State) bool { return s.names(f, c) })
}

// named: the block's names are the policy's, nothing of them left open.
func named(f *Found, c *synth.PolicyChange) bool {
	switch c.Kind {
	case synth.PermissionSetInline:
		return f.set == c.Set
	case synth.Inline:
		return f.name == c.Name && slices.Contains(f.Roles, c.Owner.Name())
	}
	return f.name == c.Name
}

func (r *Repo) edit(c *synth.PolicyChange) (Patch, Edit) {
	e := Edit{Policy: c.Name}
	if f := r.saying(c); f != nil && c.Document == nil {
		e.Address, e.File, e.Line, e.Reason = f.Address, f.File, f.Line, saysAlready
		return Patch{}, e
	}
	if patch, e, ok := r.managed(c); ok {
		return patch, e
	}
	f, err := r.Where(c)
	if said := r.saying(c); err != nil && said != nil {
		e.Address, e.File, e.Line, e.Reason = said.Address, said.File, said.Line, saysAlready
		return Patch{}, e
	}
	if err != nil {
		e.Reason, e.Drift = err.Error(), errors.As(err, new(*drift))
		return Patch{}, e
	}
	e.Address, e.File, e.Line = f.Address, f.File, f.Line
	patch, err := r.editText(f, c, &e)
	if err != nil {
		e.Reason = err.Error()
	}
	return patch, e
}

// saysAlready: a second run has nothing to do.
const saysAlready = "the code says it already; it waits to be applied to the account"

// saying is a block that says what the change is to say: an earlier edit was
// merged and not applied yet.
func (r *Repo) saying(c *synth.PolicyChange) *Found {
	for _, f := range r.matches[c] {
		if f.Policy == nil || c.New == nil {
			continue
		}
		if _, err := agree(f.Policy, c.New); err == nil {
			return f
		}
	}
	return nil
}

// agreeing lists the policies of the accounts that a block makes.
func (r *Repo) agreeing(f *Found) []*synth.PolicyChange {
	return slices.DeleteFunc(slices.Clone(r.serves[f]), func(c *synth.PolicyChange) bool {
		if c.Document == nil || f.Policy == nil {
			return true
		}
		_, err := agree(f.Policy, c.Document)
		return err != nil
	})
}
