package synth

import (
	"maps"
	"slices"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/usage"
)

// Survey is what must be known of everybody before anybody is judged: who
// changed whose grants and who assumed which role. It stays small however many
// principals there are.
type Survey struct {
	window   usage.Window
	grants   map[string]grantTimes // by roleKey
	assumers map[string][]iam.ARN  // by roleKey: who assumed it in the window
}

// NewSurvey is the survey before anybody is noted.
func NewSurvey(w usage.Window) *Survey {
	return &Survey{window: w, grants: map[string]grantTimes{}, assumers: map[string][]iam.ARN{}}
}

// Note adds a principal, or a part of its usage: the order does not matter.
func (s *Survey) Note(key usage.Key, u *usage.Usage) {
	for i := range u.Uses {
		s.noteGrant(&u.Uses[i])
		s.noteAssumer(key.ARN, &u.Uses[i])
	}
}

// used is what a principal used, nil if it was never seen.
func (in *Inputs) used(key usage.Key) (u *usage.Usage, err error) {
	if u = in.Usage[key]; in.Ledger != nil {
		u, err = in.Ledger.Get(key)
	}
	if u == nil || in.before.IsZero() {
		return u, err
	}
	return usageBefore(u, in.before), nil
}

// survey is the survey that is there, or one made of all the usage.
func (in *Inputs) survey() (*Survey, error) {
	if in.Survey != nil {
		return in.Survey, nil
	}
	keys := slices.Collect(maps.Keys(in.Usage))
	if in.Ledger != nil {
		keys = in.Ledger.Keys()
	}
	s := NewSurvey(in.Window)
	for _, key := range keys {
		u, err := in.used(key)
		if err != nil {
			return nil, err
		}
		if u != nil {
			s.Note(key, u)
		}
	}
	return s, nil
}
