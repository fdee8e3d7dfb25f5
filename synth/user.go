package synth

import (
	"iter"
	"slices"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/iam"
)

// Users judges IAM users as roles are judged, one proposal each, sorted as the
// accounts are. Nothing is proposed for a user: each is blocked, and its
// findings say what a role would lose.
func Users(in Inputs, wanted func(*account.Account, *account.User) bool) ([]*Proposal, error) {
	s, err := newSynthesizer(in)
	if err != nil {
		return nil, err
	}
	if _, err := s.calibrate(1); err != nil {
		return nil, err
	}
	var out []*Proposal
	for _, a := range s.Org.Accounts {
		for _, u := range a.Users {
			if !wanted(a, u) {
				continue
			}
			h, err := s.userHolder(a, u)
			if err != nil {
				return nil, err
			}
			h.alone = true
			p, err := s.propose([]*Holder{h})
			if err != nil {
				return nil, err
			}
			out = append(out, p)
		}
	}
	return out, nil
}

// userHolder is a user as a holder.
func (s *synthesizer) userHolder(a *account.Account, u *account.User) (*Holder, error) {
	standIn := &account.Role{ARN: u.ARN, ID: u.ID, Name: u.Name, Created: u.Created, Boundary: u.Boundary, LastUsed: u.LastUsed}
	return s.holder(roleRef{account: a, role: standIn, user: u, holdings: a.UserHoldings(u)})
}

// share finds the users who hold a policy of the proposal's roles, by themselves
// or through a group. What they share is narrowed to what all its holders use:
// their use is seen, judged and replayed as a role's is. What they have for
// themselves stays.
func (s *synthesizer) share(p *Proposal) error {
	byARN := map[iam.ARN]*PolicyChange{}
	sharers := map[iam.ARN]*Holder{}
	for _, h := range p.Holders {
		if h.alone {
			return nil // nothing of it changes
		}
		for _, c := range h.Policies {
			if c.Kind != account.CustomerManaged || byARN[c.ARN] != nil {
				continue
			}
			byARN[c.ARN] = c
			for _, u := range h.Account.UsersHolding(c.ARN) {
				if sharers[u.ARN] != nil {
					continue
				}
				one, err := s.userHolder(h.Account, u)
				if err != nil {
					return err
				}
				sharers[u.ARN] = one
				p.Sharers = append(p.Sharers, one)
			}
		}
	}
	slices.SortFunc(p.Sharers, func(a, b *Holder) int { return compare(a.Role.ARN, b.Role.ARN) })
	for _, h := range p.Sharers {
		for i, c := range h.Policies {
			if have := byARN[c.ARN]; have != nil && c.Kind == account.CustomerManaged {
				h.Policies[i] = have
				if !slices.Contains(have.Holders, h.Role.ARN) {
					have.Holders = append(slices.Clip(have.Holders), h.Role.ARN)
				}
			}
		}
		if err := s.unexplained(h); err != nil {
			return err
		}
		h.blockers, h.idle = s.blockers(h), s.idle(h)
	}
	return nil
}

// all are the holders, roles before users.
func (p *Proposal) all() iter.Seq[*Holder] {
	return func(yield func(*Holder) bool) {
		for _, list := range [][]*Holder{p.Holders, p.Sharers} {
			for _, h := range list {
				if !yield(h) {
					return
				}
			}
		}
	}
}

// mayBePerson: a user who does something, and of whom nothing says that nobody
// signs in as it. What people do is not regular enough to be learnt. One that
// hands its permissions on does not do all its work in its own name.
//
// Source: IAM User Guide, "Generate credential reports for your AWS account",
// column password_enabled; AWS STS API Reference, GetFederationToken: the
// credentials have the permissions of the user who asks for them.
func (h *Holder) mayBePerson() bool {
	return h.user != nil && !h.idle && (!h.user.Machine || len(h.index.byAction["sts:getfederationtoken"]) > 0)
}
