package iam

import (
	"bytes"
	"encoding/json"
	"slices"
)

// MarshalJSON writes the document in the customary order of elements. It never
// fails.
func (p Policy) MarshalJSON() ([]byte, error) {
	var o object
	if p.Version != "" {
		o.add("Version", encode(p.Version))
	}
	if p.ID != "" {
		o.add("Id", encode(p.ID))
	}
	statements := []byte{'['}
	for i := range p.Statements {
		if i > 0 {
			statements = append(statements, ',')
		}
		statements = append(statements, p.Statements[i].encode()...)
	}
	o.add("Statement", append(statements, ']'))
	return o.bytes(), nil
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
	plain, _ := p.MarshalJSON()
	var b bytes.Buffer
	_ = json.Indent(&b, plain, "", "  ") // fails for what is no JSON only
	b.WriteByte('\n')
	return b.Bytes()
}

// MarshalJSON writes the statement in the customary order of elements. It never
// fails.
func (s Statement) MarshalJSON() ([]byte, error) { return s.encode(), nil }

func (s *Statement) encode() []byte {
	var o object
	if s.Sid != "" {
		o.add("Sid", encode(s.Sid))
	}
	o.add("Effect", encode(string(s.Effect)))
	for _, e := range []struct {
		name  string
		value *Principals
	}{{"Principal", s.Principal}, {"NotPrincipal", s.NotPrincipal}} {
		if e.value != nil {
			o.add(e.name, e.value.encode())
		}
	}
	for _, e := range []struct {
		name  string
		value []Pattern
	}{{"Action", s.Action}, {"NotAction", s.NotAction}, {"Resource", s.Resource}, {"NotResource", s.NotResource}} {
		if e.value != nil {
			o.add(e.name, texts(e.value).encode())
		}
	}
	if len(s.Condition) > 0 {
		o.add("Condition", encodeConditions(s.Condition))
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

// encodeConditions groups by operator, first appearance first.
func encodeConditions(conditions []Condition) []byte {
	var order []string
	groups := map[string]*object{}
	for _, c := range conditions {
		if groups[c.Operator] == nil {
			groups[c.Operator] = &object{}
			order = append(order, c.Operator)
		}
		groups[c.Operator].add(c.Key, Strings(c.Values).encode())
	}
	var outer object
	for _, operator := range order {
		outer.add(operator, groups[operator].bytes())
	}
	return outer.bytes()
}

// MarshalJSON writes "*" or an object of principals by type. It never fails.
func (p Principals) MarshalJSON() ([]byte, error) { return p.encode(), nil }

func (p *Principals) encode() []byte {
	if p.Any {
		return []byte(`"*"`)
	}
	var o object
	for i, first := range p.Values {
		if slices.ContainsFunc(p.Values[:i], func(v Principal) bool { return v.Type == first.Type }) {
			continue
		}
		var values Strings
		for _, v := range p.Values[i:] {
			if v.Type == first.Type {
				values = append(values, v.Value)
			}
		}
		o.add(string(first.Type), values.encode())
	}
	return o.bytes()
}

// MarshalJSON writes one value as a string, any other number as a list. It
// never fails.
func (s Strings) MarshalJSON() ([]byte, error) { return s.encode(), nil }

func (s Strings) encode() []byte {
	if len(s) == 1 {
		return encode(s[0])
	}
	return encode([]string(s))
}

// encode is JSON without escapes for <, > and &, which policies hold as they
// are. Strings and lists of them always encode.
func encode[T string | []string](v T) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n")
}

// object is a JSON object whose members keep the order they were added in.
type object struct{ buf []byte }

func (o *object) add(key string, value []byte) {
	if len(o.buf) > 0 {
		o.buf = append(o.buf, ',')
	}
	o.buf = append(append(append(o.buf, encode(key)...), ':'), value...)
}

func (o *object) bytes() []byte { return append(append([]byte{'{'}, o.buf...), '}') }
