package synth

import (
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
func (in *Inputs) used(key usage.Key) (*usage.Usage, error) {
	if in.Ledger != nil {
		return in.Ledger.Get(key)
	}
	return in.Usage[key], nil
}

func (in *Inputs) survey() *Survey {
	if in.Survey != nil {
		return in.Survey
	}
	s := NewSurvey(in.Window)
	for key, u := range in.Usage {
		s.Note(key, u)
	}
	return s
}
