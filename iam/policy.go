package iam

import (
	"encoding/json"
	"fmt"
)

// The two versions of the policy language. A document without Version has
// [Version2008], in which variables and escapes are plain text.
//
// Source: IAM User Guide, "IAM JSON policy elements: Version".
const (
	Version2008 = "2008-10-17"
	Version2012 = "2012-10-17"
)

// Policy is one policy document. Decode and encode it with [ParsePolicy] and
// the json package; the encoding keeps the order of statements, actions,
// resources and conditions and writes a list of one as a string.
type Policy struct {
	Version    string // "" if the document has none
	ID         string
	Statements []Statement
}

// Statement is one statement of a document. Exactly one of Action and
// NotAction is non-nil, and at most one of each other pair.
type Statement struct {
	Sid          string
	Effect       Effect
	Principal    *Principals
	NotPrincipal *Principals
	Action       []Pattern
	NotAction    []Pattern
	Resource     []Pattern
	NotResource  []Pattern
	Condition    []Condition // all must hold; in document order
}

// Condition is one operator, key and value list of a Condition block.
type Condition struct {
	Operator string // as written: "StringLike", "ForAnyValue:StringEqualsIfExists"
	Key      string // as written: "aws:PrincipalOrgID"
	Values   []string
}

// Principals is the value of a Principal or NotPrincipal element.
type Principals struct {
	Any    bool // the bare "*"
	Bare   bool // another bare string, which AWS refuses: read as a principal of type AWS
	Values []Principal
}

// EffectiveVersion is the document's language version, with the default put in.
func (p *Policy) EffectiveVersion() string {
	if p.Version == "" {
		return Version2008
	}
	return p.Version
}

// Strings is a JSON value that may be a string or a list of strings. Booleans
// and numbers are taken as their text, as IAM takes them in conditions.
type Strings []string

// UnmarshalJSON accepts a scalar or a list of scalars.
func (s *Strings) UnmarshalJSON(data []byte) error {
	if data[0] != '[' {
		data = append(append([]byte{'['}, data...), ']')
	}
	var list []scalar
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	*s = make(Strings, len(list))
	for i, v := range list {
		(*s)[i] = string(v)
	}
	return nil
}

type scalar string

func (s *scalar) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case '"':
		return json.Unmarshal(data, (*string)(s))
	case '{', '[', 'n':
		return fmt.Errorf("want a string, a number or a truth value, have %.20s", data)
	}
	*s = scalar(data)
	return nil
}
