package iam

import (
	"fmt"
	"slices"
	"strings"
)

// PolicyKind says where a document is attached, which decides what AWS accepts
// in it.
type PolicyKind string

// The kinds of documents. A permissions boundary and a session policy are
// written like an identity policy.
const (
	IdentityDocument PolicyKind = "identity"
	ResourceDocument PolicyKind = "resource"
	TrustDocument    PolicyKind = "trust"
	SCPDocument      PolicyKind = "scp"
	RCPDocument      PolicyKind = "rcp"
)

// Problems lists what AWS would refuse when the document is attached as the
// kind, though it can be read: what [ParsePolicy] refuses is not listed. Each
// is a sentence that begins with the statement it is about. It is nil for a
// sound document.
//
// Source: IAM User Guide, "Grammar of the IAM JSON policy language", section
// "Policy grammar notes"; the pages of the elements; AWS Organizations User
// Guide, "SCP syntax" and "RCP syntax".
func (p *Policy) Problems(kind PolicyKind) []string {
	l := &linter{kind: kind, version: p.EffectiveVersion()}
	if len(p.Statements) == 0 {
		l.out = append(l.out, "the document has no statement")
	}
	if p.ID != "" && kind != ResourceDocument && kind != TrustDocument {
		l.out = append(l.out, "Id is for resource policies only")
	}
	sids := map[string]bool{}
	for i := range p.Statements {
		s := &p.Statements[i]
		l.name = s.Name(i)
		if s.Sid != "" && sids[s.Sid] {
			l.notef("the Sid is not unique")
		}
		sids[s.Sid] = true
		l.statement(s)
	}
	return l.out
}

// Name is the Sid, or "#" and the statement's index from 0.
func (s *Statement) Name(index int) string {
	if s.Sid != "" {
		return s.Sid
	}
	return fmt.Sprintf("#%d", index)
}

type linter struct {
	kind    PolicyKind
	version string
	name    string // of the statement
	out     []string
}

func (l *linter) notef(format string, args ...any) {
	l.out = append(l.out, "statement "+l.name+": "+fmt.Sprintf(format, args...))
}

func (l *linter) statement(s *Statement) {
	if l.kind == IdentityDocument && strings.IndexFunc(s.Sid, notAlphanumeric) >= 0 {
		l.notef("a Sid is made of letters and digits")
	}
	l.principals(s)
	for _, a := range slices.Concat(s.Action, s.NotAction) {
		l.action(a)
	}
	if s.Resource == nil && s.NotResource == nil && l.kind != TrustDocument {
		l.notef("neither Resource nor NotResource")
	}
	if l.kind == TrustDocument && (s.Resource != nil || s.NotResource != nil) {
		l.notef("a trust policy has no Resource")
	}
	for _, r := range slices.Concat(s.Resource, s.NotResource) {
		l.resource(r)
	}
	for _, list := range [][]Pattern{s.Action, s.NotAction, s.Resource, s.NotResource} {
		if list != nil && len(list) == 0 {
			l.notef("an empty list")
		}
	}
	for _, c := range s.Condition {
		if !knownOperator(c.Operator) {
			l.notef("condition operator %q is not one of IAM's", c.Operator)
		}
	}
}

func notAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// principals: where a Principal belongs, and what can stand in it.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal" and
// "NotPrincipal"; AWS Organizations User Guide, "RCP syntax".
func (l *linter) principals(s *Statement) {
	switch l.kind {
	case ResourceDocument, TrustDocument:
		if s.Principal == nil && s.NotPrincipal == nil {
			l.notef("no Principal")
		}
		if s.NotPrincipal != nil && l.kind == TrustDocument {
			l.notef("a trust policy has no NotPrincipal")
		}
	case RCPDocument:
		if s.Principal == nil || !s.Principal.Any {
			l.notef(`the Principal of an RCP is "*"`)
		}
		if full := []Pattern{"*"}; s.Effect == Allow && !(slices.Equal(s.Action, full) && slices.Equal(s.Resource, full)) {
			l.notef("an RCP denies; only RCPFullAWSAccess allows")
		}
	default:
		if s.Principal != nil || s.NotPrincipal != nil {
			l.notef("Principal is for resource policies only")
		}
	}
	for _, element := range []*Principals{s.Principal, s.NotPrincipal} {
		if element == nil {
			continue
		}
		if element.Bare {
			l.notef("principal %q stands without its type", element.Values[0].Value)
		}
		for _, v := range element.Values {
			if v.Type == PrincipalAWS && !namesPrincipal(v.Value) {
				l.notef("principal %q is no account, user, role or session", v.Value)
			}
		}
	}
}

// namesPrincipal: "*", an account's ID, an ARN without wildcards, or the unique
// ID that stands for a principal that was deleted.
func namesPrincipal(v string) bool {
	p, ok := ARN(v).Split()
	switch {
	case !ok:
		return v == "*" || len(v) >= 12 && strings.IndexFunc(v, notAlphanumeric) < 0
	case strings.ContainsAny(v, "*?"):
		return false
	case p.Service == "iam":
		return p.Resource == "root" || strings.HasPrefix(p.Resource, "user/") || strings.HasPrefix(p.Resource, "role/")
	}
	return p.Service == "sts"
}

func (l *linter) action(a Pattern) {
	prefix, name, ok := strings.Cut(string(a), ":")
	switch {
	case a == "*":
	case !ok || prefix == "" || name == "":
		l.notef("action %q is not of the form service:Name", a)
	case l.kind == TrustDocument && !strings.EqualFold(prefix, "sts"):
		l.notef("action %q has no place in a trust policy", a)
	}
}

func (l *linter) resource(r Pattern) {
	if r == "*" {
		return
	}
	fields, ok := r.Segments()
	if !ok || !strings.HasPrefix(string(r), "arn:") {
		l.notef("resource %q is neither an ARN nor *", r)
		return
	}
	if strings.ContainsAny(string(fields[2]), "*?") {
		l.notef("resource %q has a wildcard for its service", r)
	}
	for _, f := range fields[:5] {
		if l.version == Version2012 && f.HasVariable() {
			l.notef("resource %q has a variable in front of the fifth colon", r)
		}
	}
}

// operators are the condition operators in lower case, without set operators
// and IfExists.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
var operators = []string{
	"stringequals", "stringnotequals", "stringequalsignorecase", "stringnotequalsignorecase", "stringlike", "stringnotlike",
	"numericequals", "numericnotequals", "numericlessthan", "numericlessthanequals", "numericgreaterthan", "numericgreaterthanequals",
	"dateequals", "datenotequals", "datelessthan", "datelessthanequals", "dategreaterthan", "dategreaterthanequals",
	"bool", "binaryequals", "ipaddress", "notipaddress", "arnequals", "arnlike", "arnnotequals", "arnnotlike",
}

func knownOperator(operator string) bool {
	name := strings.ToLower(operator)
	for _, set := range []string{"forallvalues:", "foranyvalue:"} {
		name = strings.TrimPrefix(name, set)
	}
	return name == "null" || slices.Contains(operators, strings.TrimSuffix(name, "ifexists"))
}
