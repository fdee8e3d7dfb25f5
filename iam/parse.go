package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// MaxPolicyBytes bounds a document that [ParsePolicy] reads. The largest that
// AWS accepts anywhere is 20,480 bytes (S3 bucket policies).
const MaxPolicyBytes = 1 << 20

// maxDepth is the deepest nesting a policy document can have:
// document, Statement list, statement, Condition, operator, value list.
const maxDepth = 6

// ParseError is a document that is not a policy. Offset counts bytes from the
// start of the document.
type ParseError struct {
	Offset int64
	Reason string
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("policy document, byte %d: %s", e.Offset, e.Reason)
}

// ParsePolicy reads a policy document. Element names are matched as written in
// the grammar; unknown or repeated elements, a wrong type and a document over
// [MaxPolicyBytes] are errors of type [*ParseError].
//
// Source: IAM User Guide, "Grammar of the IAM JSON policy language".
func ParsePolicy(data []byte) (*Policy, error) {
	if len(data) > MaxPolicyBytes {
		return nil, &ParseError{0, fmt.Sprintf("%d bytes; a policy has at most %d", len(data), MaxPolicyBytes)}
	}
	p := &parser{dec: json.NewDecoder(bytes.NewReader(data))}
	p.dec.UseNumber()
	var policy Policy
	p.members(func(key string) { p.policyMember(&policy, key) })
	if p.err == nil {
		if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
			p.failf("text follows the document")
		}
	}
	if p.err != nil {
		return nil, p.err
	}
	return &policy, nil
}

// parser reads JSON token by token, so that errors have positions and nesting
// is bounded. After the first error every method does nothing.
type parser struct {
	dec   *json.Decoder
	depth int
	err   error
}

func (p *parser) failf(format string, args ...any) {
	if p.err == nil {
		p.err = &ParseError{p.dec.InputOffset(), fmt.Sprintf(format, args...)}
	}
}

func (p *parser) token() json.Token {
	if p.err != nil {
		return nil
	}
	t, err := p.dec.Token()
	if err != nil {
		p.failf("%v", err)
		return nil
	}
	switch t {
	case json.Delim('{'), json.Delim('['):
		if p.depth++; p.depth > maxDepth {
			p.failf("nested deeper than a policy can be (%d levels)", maxDepth)
		}
	case json.Delim('}'), json.Delim(']'):
		p.depth--
	}
	return t
}

// members reads an object and calls f at each member's value.
func (p *parser) members(f func(key string)) {
	if t := p.token(); t != json.Delim('{') {
		p.failf("want an object, have %v", describe(t))
		return
	}
	p.rest(f)
}

// rest reads the members of an object whose brace is behind us.
func (p *parser) rest(f func(key string)) {
	seen := map[string]bool{}
	for p.err == nil {
		t := p.token()
		key, ok := t.(string)
		if !ok {
			return // the closing brace, or an error noted
		}
		if seen[key] {
			p.failf("element %q is repeated", key)
		}
		seen[key] = true
		f(key)
	}
}

func (p *parser) policyMember(policy *Policy, key string) {
	switch key {
	case "Version":
		policy.Version = p.text(key)
		if v := policy.Version; p.err == nil && v != Version2008 && v != Version2012 {
			p.failf("Version %q; there are %s and %s", v, Version2008, Version2012)
		}
	case "Id":
		policy.ID = p.text(key)
	case "Statement":
		policy.Statements = p.statements()
	default:
		p.failf("unknown element %q", key)
	}
}

func (p *parser) statements() []Statement {
	list := []Statement{}
	switch t := p.token(); t {
	case json.Delim('{'):
		list = append(list, p.statement())
	case json.Delim('['):
		for p.err == nil && p.dec.More() {
			if t := p.token(); t != json.Delim('{') {
				p.failf("want a statement, have %v", describe(t))
				break
			}
			list = append(list, p.statement())
		}
		p.token()
	default:
		p.failf("Statement: want an object or a list, have %v", describe(t))
	}
	return list
}

// statement reads the members of one statement, its brace being behind us.
func (p *parser) statement() Statement {
	var s Statement
	p.rest(func(key string) { p.statementMember(&s, key) })
	if p.err == nil {
		p.check(&s)
	}
	return s
}

func (p *parser) statementMember(s *Statement, key string) {
	switch key {
	case "Sid":
		s.Sid = p.text(key)
	case "Effect":
		s.Effect = Effect(p.text(key))
	case "Principal":
		s.Principal = p.principals(key)
	case "NotPrincipal":
		s.NotPrincipal = p.principals(key)
	case "Action":
		s.Action = p.patterns(key)
	case "NotAction":
		s.NotAction = p.patterns(key)
	case "Resource":
		s.Resource = p.patterns(key)
	case "NotResource":
		s.NotResource = p.patterns(key)
	case "Condition":
		s.Condition = p.conditions()
	default:
		p.failf("unknown element %q in a statement", key)
	}
}

func (p *parser) check(s *Statement) {
	switch {
	case s.Effect != Allow && s.Effect != Deny:
		p.failf("Effect %q; there are Allow and Deny", s.Effect)
	case (s.Action == nil) == (s.NotAction == nil):
		p.failf("a statement has either Action or NotAction")
	case s.Resource != nil && s.NotResource != nil:
		p.failf("a statement has Resource or NotResource, not both")
	case s.Principal != nil && s.NotPrincipal != nil:
		p.failf("a statement has Principal or NotPrincipal, not both")
	}
}

func (p *parser) principals(element string) *Principals {
	out := &Principals{}
	switch t := p.token().(type) {
	case string:
		if out.Any = t == "*"; !out.Any {
			out.Bare, out.Values = true, []Principal{{PrincipalAWS, t}}
		}
	case json.Delim:
		if t != '{' {
			p.failf("%s: want * or an object", element)
			break
		}
		p.rest(func(kind string) {
			if !slices.Contains(principalTypes, PrincipalType(kind)) {
				p.failf("%s: %q; there are AWS, Service, Federated and CanonicalUser", element, kind)
			}
			for _, v := range p.strings(element + "." + kind) {
				out.Values = append(out.Values, Principal{PrincipalType(kind), v})
			}
		})
	default:
		p.failf("%s: want * or an object, have %v", element, describe(t))
	}
	return out
}

// principalTypes are those that a policy can name.
//
// Source: IAM User Guide, "Grammar of the IAM JSON policy language",
// principal_map_entry.
var principalTypes = []PrincipalType{PrincipalAWS, PrincipalService, PrincipalFederated, PrincipalCanonicalUser}

func (p *parser) conditions() []Condition {
	var out []Condition
	p.members(func(operator string) {
		p.members(func(key string) {
			out = append(out, Condition{operator, key, p.strings(operator + "." + key)})
		})
	})
	return out
}

func (p *parser) patterns(element string) []Pattern {
	out := []Pattern{}
	for _, s := range p.strings(element) {
		out = append(out, Pattern(s))
	}
	return out
}

func (p *parser) text(element string) string {
	t := p.token()
	s, ok := t.(string)
	if !ok {
		p.failf("%s: want a string, have %v", element, describe(t))
	}
	return s
}

// strings reads a scalar or a list of scalars.
func (p *parser) strings(element string) []string {
	out := []string{}
	t := p.token()
	if t != json.Delim('[') {
		return append(out, p.scalar(element, t))
	}
	for p.err == nil && p.dec.More() {
		out = append(out, p.scalar(element, p.token()))
	}
	p.token()
	return out
}

func (p *parser) scalar(element string, t json.Token) string {
	switch t := t.(type) {
	case string:
		return t
	case bool:
		return fmt.Sprint(t)
	case json.Number:
		return t.String()
	}
	p.failf("%s: want a string, have %v", element, describe(t))
	return ""
}

func describe(t json.Token) string {
	switch t := t.(type) {
	case nil:
		return "null"
	case json.Delim:
		return "'" + t.String() + "'"
	case string:
		return fmt.Sprintf("the string %.40q", t)
	}
	return fmt.Sprint(t)
}
