package synth

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// samePolicy compares two documents by what they say, element by element. The
// encoding is canonical, so equal bytes are equal documents.
func samePolicy(a, b *iam.Policy) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(x, y)
}

// clonePolicy copies a document down to its pattern lists. Conditions and
// principals are shared: synth never changes them.
func clonePolicy(p *iam.Policy) *iam.Policy {
	c := *p
	c.Statements = make([]iam.Statement, len(p.Statements))
	for i := range p.Statements {
		c.Statements[i] = cloneStatement(&p.Statements[i])
	}
	return &c
}

// clone is the text by itself: texts of a use are parts of a larger one.
func clone[T ~string](s T) T { return T(strings.Clone(string(s))) }

func cloned[T ~string](list []T) []T {
	out := make([]T, len(list))
	for i, s := range list {
		out[i] = clone(s)
	}
	return out
}

func cloneStatement(s *iam.Statement) iam.Statement {
	c := *s
	c.Action, c.NotAction = slices.Clone(s.Action), slices.Clone(s.NotAction)
	c.Resource, c.NotResource = slices.Clone(s.Resource), slices.Clone(s.NotResource)
	return c
}
