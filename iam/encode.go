package iam

import (
	"bytes"
	"encoding/json"
)

// MarshalJSON writes the document in the customary order of elements.
func (p Policy) MarshalJSON() ([]byte, error) {
	var o object
	o.add("Version", p.Version, p.Version != "")
	o.add("Id", p.ID, p.ID != "")
	statements := p.Statements
	if statements == nil {
		statements = []Statement{}
	}
	o.add("Statement", statements, true)
	return o.bytes()
}

// UnmarshalJSON reads the document with [ParsePolicy].
func (p *Policy) UnmarshalJSON(data []byte) error {
	parsed, err := ParsePolicy(data)
	if err != nil {
		return err
	}
	*p = *parsed
	return nil
}

// Indent gives the document as indented JSON with a final newline, the form in
// which pruner writes policies to files.
func (p *Policy) Indent() []byte {
	plain, err := p.MarshalJSON()
	if err != nil {
		panic("iam: a policy always encodes: " + err.Error())
	}
	var b bytes.Buffer
	if err := json.Indent(&b, plain, "", "  "); err != nil {
		panic("iam: own encoding is valid JSON: " + err.Error())
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// MarshalJSON writes the statement in the customary order of elements.
func (s Statement) MarshalJSON() ([]byte, error) {
	var o object
	o.add("Sid", s.Sid, s.Sid != "")
	o.add("Effect", s.Effect, true)
	o.add("Principal", s.Principal, s.Principal != nil)
	o.add("NotPrincipal", s.NotPrincipal, s.NotPrincipal != nil)
	o.add("Action", texts(s.Action), s.Action != nil)
	o.add("NotAction", texts(s.NotAction), s.NotAction != nil)
	o.add("Resource", texts(s.Resource), s.Resource != nil)
	o.add("NotResource", texts(s.NotResource), s.NotResource != nil)
	if len(s.Condition) > 0 {
		o.add("Condition", conditionObject(s.Condition), true)
	}
	return o.bytes()
}

func texts(patterns []Pattern) Strings {
	out := make(Strings, len(patterns))
	for i, p := range patterns {
		out[i] = string(p)
	}
	return out
}

// conditionObject groups by operator, first appearance first.
func conditionObject(conditions []Condition) *object {
	var outer object
	done := map[string]bool{}
	for i, c := range conditions {
		if done[c.Operator] {
			continue
		}
		done[c.Operator] = true
		var inner object
		for _, d := range conditions[i:] {
			inner.add(d.Key, Strings(d.Values), d.Operator == c.Operator)
		}
		outer.add(c.Operator, &inner, true)
	}
	return &outer
}

// MarshalJSON writes "*" or an object of principals by type.
func (p Principals) MarshalJSON() ([]byte, error) {
	if p.Any {
		return []byte(`"*"`), nil
	}
	var o object
	done := map[PrincipalType]bool{}
	for _, first := range p.Values {
		if done[first.Type] {
			continue
		}
		done[first.Type] = true
		var values Strings
		for _, v := range p.Values {
			if v.Type == first.Type {
				values = append(values, v.Value)
			}
		}
		o.add(string(first.Type), values, true)
	}
	return o.bytes()
}

// object is a JSON object whose members keep the order they were added in.
type object struct {
	buf bytes.Buffer
	err error
}

func (o *object) add(key string, value any, present bool) {
	if !present || o.err != nil {
		return
	}
	if o.buf.Len() > 0 {
		o.buf.WriteByte(',')
	}
	k, err := marshalPlain(key)
	if err == nil {
		o.buf.Write(k)
		o.buf.WriteByte(':')
		k, err = marshalPlain(value)
		o.buf.Write(k)
	}
	o.err = err
}

func (o *object) bytes() ([]byte, error) {
	return append(append([]byte{'{'}, o.buf.Bytes()...), '}'), o.err
}

// MarshalJSON makes a nested object encodable.
func (o *object) MarshalJSON() ([]byte, error) { return o.bytes() }
