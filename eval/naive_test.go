package eval

import (
	"encoding/base64"
	"math/big"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/iam"
)

// The naive twin of the engine: it reads documents statement by statement and
// line by line, compiles nothing, and shares no code with the engine. It knows
// no keys that are not known.

// naive is one request under its policies.
type naive struct {
	in      *Input
	request iam.Request
	version string // of the document at hand
}

// naiveDecide is [Engine.Decide] for requests of roles, sessions, users,
// services and anonymous callers on S3 and SQS.
func naiveDecide(in *Input) iam.Outcome {
	n := &naive{in: in, request: in.Request}
	var all []Named
	for _, list := range [][]Named{in.Identity, in.Boundary, in.Session, in.Endpoint, slices.Concat(in.SCPs...), slices.Concat(in.RCPs...)} {
		all = append(all, list...)
	}
	service := n.request.Principal.Type != iam.PrincipalAWS
	if n.root() {
		all = slices.Concat(in.Identity, in.Session, in.Endpoint, slices.Concat(in.SCPs...), slices.Concat(in.RCPs...))
	}
	if service {
		all = append(slices.Clone(in.Endpoint), slices.Concat(in.RCPs...)...)
	}
	if !strings.HasPrefix(strings.ToLower(string(n.request.Action)), "s3:") && !strings.HasPrefix(strings.ToLower(string(n.request.Action)), "sqs:") {
		all = slices.DeleteFunc(all, func(p Named) bool { return slices.Contains(slices.Concat(in.RCPs...), p) })
	}
	if in.Resource != nil {
		all = append(all, *in.Resource)
	}
	for _, p := range all {
		if n.any(p, iam.Deny, nil) {
			return iam.ExplicitlyDenied
		}
	}
	if n.granted(service) {
		return iam.Allowed
	}
	return iam.ImplicitlyDenied
}

// granted: nothing denies.
func (n *naive) granted(service bool) bool {
	in := n.in
	if len(in.Endpoint) > 0 && !n.someAllow(in.Endpoint) {
		return false
	}
	if service {
		return n.resource(n.everyone, n.itself)
	}
	for _, level := range in.SCPs {
		if !n.someAllow(level) {
			return false
		}
	}
	limits := (n.root() || len(in.Boundary) == 0 || n.someAllow(in.Boundary)) && (len(in.Session) == 0 || n.someAllow(in.Session))
	own := (n.root() || n.someAllow(in.Identity)) && limits
	account := n.request.Principal.ARN().Account()
	if owner := n.request.ResourceAccount; owner != "" && owner != account {
		return own && n.resource(n.everyone, n.itself, n.role, n.account)
	}
	return own || n.resource(n.everyone, n.itself) || limits && n.resource(n.role)
}

// root: the root user may all that is not denied, and has no boundary.
func (n *naive) root() bool { return strings.HasSuffix(n.request.Principal.Value, ":root") }

func (n *naive) someAllow(policies []Named) bool {
	for _, p := range policies {
		if n.any(p, iam.Allow, nil) {
			return true
		}
	}
	return false
}

// resource: the resource policy allows to a principal named in one of the ways.
func (n *naive) resource(ways ...func(iam.Principal) bool) bool {
	return n.in.Resource != nil && n.any(*n.in.Resource, iam.Allow, ways)
}

func (n *naive) everyone(p iam.Principal) bool { return p.Type == iam.PrincipalAWS && p.Value == "*" }

func (n *naive) itself(p iam.Principal) bool {
	caller := n.request.Principal
	if p.Type == iam.PrincipalService {
		return caller.Type == iam.PrincipalService && caller.Value == p.Value
	}
	if n.root() && n.account(p) {
		return true
	}
	return p.Value == caller.Value && caller.Value != "" && !strings.Contains(p.Value, ":role/")
}

// role: the caller is the role, or a session of the role by that name.
func (n *naive) role(p iam.Principal) bool {
	caller := n.request.Principal.Value
	if strings.Contains(p.Value, ":role/") && caller == p.Value {
		return true
	}
	session := strings.Split(caller, "/")
	role := strings.Split(p.Value, "/")
	return strings.Contains(caller, ":assumed-role/") && len(role) > 1 &&
		strings.Replace(session[0], ":sts:", ":iam:", 1) == strings.Replace(role[0], ":role", ":assumed-role", 1) && session[1] == role[len(role)-1]
}

func (n *naive) account(p iam.Principal) bool {
	fields := strings.Split(n.request.Principal.Value, ":")
	return len(fields) > 4 && (p.Value == fields[4] || p.Value == "arn:aws:iam::"+fields[4]+":root")
}

// any: some statement with the effect matches the request.
func (n *naive) any(p Named, effect iam.Effect, ways []func(iam.Principal) bool) bool {
	n.version = p.Policy.Version
	for i := range p.Policy.Statements {
		s := &p.Policy.Statements[i]
		if s.Effect == effect && n.principal(s, ways) && n.action(s) && n.resources(s) && n.conditions(s) {
			return true
		}
	}
	return false
}

func (n *naive) principal(s *iam.Statement, ways []func(iam.Principal) bool) bool {
	if ways == nil {
		ways = []func(iam.Principal) bool{n.everyone, n.itself, n.role, n.account}
	}
	named := func(p *iam.Principals, ways ...func(iam.Principal) bool) bool {
		for _, way := range ways {
			if p.Any && way(iam.Principal{Type: iam.PrincipalAWS, Value: "*"}) || slices.ContainsFunc(p.Values, way) {
				return true
			}
		}
		return false
	}
	switch {
	case s.Principal != nil:
		return named(s.Principal, ways...)
	case s.NotPrincipal == nil:
		return true
	case s.Effect == iam.Allow: // everyone but the named
		return ways[0](iam.Principal{Type: iam.PrincipalAWS, Value: "*"}) && !named(s.NotPrincipal, n.everyone, n.itself, n.role, n.account)
	}
	return !n.excepted(s.NotPrincipal, named)
}

// excepted: to be left alone by a deny, session, role and account have to be
// named, and there must be no boundary.
func (n *naive) excepted(p *iam.Principals, named func(*iam.Principals, ...func(iam.Principal) bool) bool) bool {
	caller := n.request.Principal
	switch {
	case caller.Type == iam.PrincipalAWS && !n.root() && len(n.in.Boundary) > 0:
		return false
	case named(p, n.everyone):
		return true
	case caller.Type != iam.PrincipalAWS:
		return named(p, n.itself)
	case strings.Contains(caller.Value, ":assumed-role/"):
		return named(p, n.itself) && named(p, n.role) && named(p, n.account)
	case strings.Contains(caller.Value, ":role/"):
		return named(p, n.role) && named(p, n.account)
	}
	return named(p, n.itself) && named(p, n.account)
}

func (n *naive) action(s *iam.Statement) bool {
	list, not := s.Action, false
	if s.NotAction != nil {
		list, not = s.NotAction, true
	}
	for _, p := range list {
		if naiveGlob([]rune(strings.ToLower(string(p))), []rune(strings.ToLower(string(n.request.Action)))) {
			return !not
		}
	}
	return not
}

func (n *naive) resources(s *iam.Statement) bool {
	list, not := s.Resource, false
	if s.NotResource != nil {
		list, not = s.NotResource, true
	}
	for _, p := range list {
		filled, ok := n.fill(string(p), false)
		if ok && naiveARN(filled, string(n.request.Resource)) {
			return !not
		}
	}
	return not
}

// naiveLiteral marks characters that are no wildcards: private-use runes.
const naiveStar, naiveMark = '\ue000', '\ue001'

// fill puts variables and escapes in. Wildcards that come from values are
// marked, and with plain all of them are.
func (n *naive) fill(text string, plain bool) (string, bool) {
	mark := strings.NewReplacer("*", string(naiveStar), "?", string(naiveMark))
	if plain {
		text = mark.Replace(text)
	}
	if plain && n.version == iam.Version2012 {
		text = strings.NewReplacer("${"+string(naiveStar)+"}", string(naiveStar), "${"+string(naiveMark)+"}", string(naiveMark)).Replace(text)
	}
	if n.version != iam.Version2012 {
		return text, true
	}
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "${")
		out.WriteString(before)
		if !ok {
			return out.String(), true
		}
		name, tail, _ := strings.Cut(rest, "}")
		text = tail
		switch name {
		case "*", "?":
			out.WriteString(mark.Replace(name))
			continue
		case "$":
			out.WriteString("$")
			continue
		}
		values, there := n.request.Context.Get(name)
		if !there || len(values) != 1 {
			return "", false
		}
		out.WriteString(mark.Replace(values[0]))
	}
}

// naiveARN matches field by field where both have six of them.
func naiveARN(pattern, arn string) bool {
	if strings.Trim(pattern, "*") == "" && pattern != "" {
		return true
	}
	p, a := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(p) < 6 || len(a) < 6 {
		return len(p) < 6 == (len(a) < 6) && naiveGlob([]rune(pattern), []rune(arn))
	}
	for i := range p {
		if !naiveGlob([]rune(p[i]), []rune(a[i])) {
			return false
		}
	}
	return true
}

// naiveGlob tries everything a star can stand for.
func naiveGlob(p, s []rune) bool {
	switch {
	case len(p) == 0:
		return len(s) == 0
	case p[0] == '*':
		return naiveGlob(p[1:], s) || len(s) > 0 && naiveGlob(p, s[1:])
	case len(s) == 0:
		return false
	}
	have := s[0]
	switch p[0] {
	case '?':
	case naiveStar:
		if have != '*' {
			return false
		}
	case naiveMark:
		if have != '?' {
			return false
		}
	default:
		if p[0] != have {
			return false
		}
	}
	return naiveGlob(p[1:], s[1:])
}

func (n *naive) conditions(s *iam.Statement) bool {
	for _, c := range s.Condition {
		if !n.condition(c) {
			return false
		}
	}
	return true
}

func (n *naive) condition(c iam.Condition) bool {
	values, there := n.request.Context.Get(c.Key)
	set, operator, ok := strings.Cut(c.Operator, ":")
	if !ok {
		set, operator = "", c.Operator
	}
	filled := slices.ContainsFunc(values, func(v string) bool { return v != "" })
	if operator == "Null" {
		for _, v := range c.Values {
			if (v == "true") != filled {
				return true
			}
		}
		return false
	}
	base, ifExists := strings.CutSuffix(operator, "IfExists")
	negated := strings.Contains(base, "Not")
	if !there || len(values) == 0 || set != "" && !filled {
		return ifExists || set == "ForAllValues" || negated && set == ""
	}
	for _, v := range values {
		fits := n.value(base, v, c.Values)
		if all := set == "ForAllValues" || set == "" && negated; fits != all {
			return fits
		}
	}
	return set == "ForAllValues" || set == "" && negated
}

// value: one value of the request against all of the policy.
func (n *naive) value(operator, have string, wants []string) bool {
	negated := strings.Contains(operator, "Not")
	hit := false
	for _, want := range wants {
		match, sound := n.compare(strings.Replace(operator, "Not", "", 1), have, want)
		if negated && !sound {
			return false
		}
		hit = hit || match
	}
	return hit != negated
}

// compare reports the match, and whether both are of the operator's type.
func (n *naive) compare(operator, have, want string) (match, sound bool) {
	switch {
	case strings.HasPrefix(operator, "String"), operator == "Bool":
		return n.text(operator, have, want), true
	case strings.HasPrefix(operator, "Arn"):
		filled, ok := n.fill(want, false)
		sound = strings.Count(have, ":") >= 5 && (strings.Count(want, ":") >= 5 || strings.Trim(want, "*") == "" || strings.Contains(want, "${"))
		return ok && sound && naiveARN(filled, have), sound
	case operator == "BinaryEquals":
		a, err1 := base64.StdEncoding.DecodeString(have)
		b, err2 := base64.StdEncoding.DecodeString(want)
		return err1 == nil && err2 == nil && string(a) == string(b), true
	case strings.HasSuffix(operator, "IpAddress"):
		return naiveAddress(have, want)
	}
	a, ok1 := naiveNumber(have)
	b, ok2 := naiveNumber(want)
	if strings.HasPrefix(operator, "Date") {
		a, ok1 = naiveDate(have)
		b, ok2 = naiveDate(want)
	}
	if !ok1 || !ok2 {
		return false, false
	}
	order := a.Cmp(b)
	switch strings.TrimPrefix(strings.TrimPrefix(operator, "Numeric"), "Date") {
	case "LessThan":
		return order < 0, true
	case "LessThanEquals":
		return order <= 0, true
	case "GreaterThan":
		return order > 0, true
	case "GreaterThanEquals":
		return order >= 0, true
	}
	return order == 0, true
}

func (n *naive) text(operator, have, want string) bool {
	filled, ok := n.fill(want, operator != "StringLike")
	if !ok {
		return false
	}
	plain := strings.NewReplacer(string(naiveStar), "*", string(naiveMark), "?").Replace(filled)
	switch operator {
	case "StringLike":
		return naiveGlob([]rune(filled), []rune(have))
	case "StringEqualsIgnoreCase":
		return strings.EqualFold(have, plain)
	case "Bool":
		lower := strings.ToLower(have)
		return (lower == "true" || lower == "false") && lower == strings.ToLower(plain)
	}
	return have == plain
}

func naiveNumber(text string) (*big.Rat, bool) {
	if text == "" || strings.Trim(text, "0123456789.-") != "" {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// naiveDate is in nanoseconds since 1970.
func naiveDate(text string) (*big.Rat, bool) {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999Z", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return new(big.Rat).SetFrac(big.NewInt(t.Unix()*1e9+int64(t.Nanosecond())), big.NewInt(1)), true
		}
	}
	seconds, ok := naiveNumber(text)
	if !ok || !seconds.IsInt() {
		return nil, false
	}
	return seconds.Mul(seconds, big.NewRat(1e9, 1)), true
}

func naiveAddress(have, want string) (match, sound bool) {
	address := net.ParseIP(have)
	if !strings.Contains(want, "/") {
		other := net.ParseIP(want)
		return address != nil && other != nil && address.Equal(other), address != nil && other != nil
	}
	_, network, err := net.ParseCIDR(want)
	return err == nil && address != nil && (address.To4() != nil) == (network.IP.To4() != nil) && network.Contains(address), err == nil && address != nil
}
