package synth

import "github.com/pruner/pruner/account"

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
			standIn := &account.Role{ARN: u.ARN, ID: u.ID, Name: u.Name, Created: u.Created, Boundary: u.Boundary}
			h, err := s.holder(roleRef{a, standIn, a.UserHoldings(u)})
			if err != nil {
				return nil, err
			}
			h.user = true
			p, err := s.propose([]*Holder{h})
			if err != nil {
				return nil, err
			}
			out = append(out, p)
		}
	}
	return out, nil
}
