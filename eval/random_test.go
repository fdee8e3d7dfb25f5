package eval

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pruner/pruner/iam"
)

// draw makes random policies and requests over elements that meet each other
// often.
type draw struct{ *rand.Rand }

func (d draw) pick(from ...string) string { return from[d.IntN(len(from))] }

func (d draw) chance(of int) bool { return d.IntN(of) == 0 }

func (d draw) some(from ...string) []string {
	out := []string{d.pick(from...)}
	for d.chance(3) {
		out = append(out, d.pick(from...))
	}
	return out
}

func asPatterns(texts []string) []iam.Pattern {
	var out []iam.Pattern
	for _, t := range texts {
		out = append(out, iam.Pattern(t))
	}
	return out
}

// drawValues are values of policies and requests by the operators' type.
var drawValues = map[string]struct{ operators, values, requests []string }{
	"text": {
		[]string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"},
		[]string{"a", "ab", "A", "a*", "*b", "?b", "*", "é", "??"},
		[]string{"", "a", "A", "AB", "ab", "b", "c", "abb", "é", "cb", "aé", "a*"},
	},
	"number": {
		[]string{"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"},
		[]string{"1", "2", "2.0", "10", "-3"},
		[]string{"0", "1", "1.5", "2", "3", "10", "11", "-3", "-4", "x", ""},
	},
	"date": {
		[]string{"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"},
		[]string{"2024-01-01T00:00:00Z", "2025-01-01", "1704067200"},
		[]string{"2023-06-01T00:00:00Z", "2024-01-01T00:00:00Z", "2024-06-01T00:00:00Z", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "x"},
	},
	"ip": {
		[]string{"IpAddress", "NotIpAddress"},
		[]string{"10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "2001:db8::/32", "2001:db8:1::/48", "0.0.0.0/0", "::/0"},
		[]string{"10.2.0.1", "10.1.0.1", "10.1.2.3", "11.0.0.1", "2001:db8::1", "2001:db8:1::1", "2002::1", "x", "::ffff:10.1.2.3"},
	},
	"bool": {
		[]string{"Bool"}, []string{"true", "false"}, []string{"true", "false", "TRUE", "x"},
	},
	"arn": {
		[]string{"ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"},
		[]string{"arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::*:role/a", "*"},
		[]string{"arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/b", "arn:aws:iam::444455556666:role/a", "arn:aws:iam::444455556666:role/b", "x"},
	},
	"binary": {
		[]string{"BinaryEquals"}, []string{"QUJD", "QQ=="}, []string{"QUJD", "QQ==", "Qg==", "x"},
	},
	"aws:SourceIp": {
		[]string{"IpAddress", "NotIpAddress", "StringEquals", "StringNotEquals", "StringLike", "StringNotLike"},
		[]string{"10.0.0.0/8", "10.1.2.3", "10.*", "1*", "*", "2001:db8::/32", "2001:db8::1", "192.0.2.1"},
		[]string{"10.2.0.1", "10.1.2.3", "11.0.0.1", "2001:db8::1", "2001:db8::2", "2002::1", "192.0.2.1", "192.0.2.7"},
	},
	"aws:EpochTime": {
		[]string{"NumericLessThan", "NumericEquals", "NumericGreaterThanEquals", "DateLessThan", "DateGreaterThan", "StringEquals", "StringNotEquals", "StringLike"},
		[]string{"100", "1000000000", "2001-09-09T01:46:40Z", "1*", "100.5", "*"},
		[]string{"99", "100", "101", "5", "999999999", "1000000000", "1000000001"},
	},
	"aws:SecureTransport": {
		[]string{"Bool", "StringEquals", "StringNotEquals", "StringLike", "StringEqualsIgnoreCase"},
		[]string{"true", "false", "t*", "*", "TRUE"},
		[]string{"true", "false"},
	},
}

// keyOf is the key that conditions of a family are on: its own, or one of many.
func keyOf(family string, i int) string {
	if strings.HasPrefix(family, "aws:") {
		return family
	}
	return "aws:k" + strconv.Itoa(i)
}

func (d draw) condition(family, key string) iam.Condition {
	f := drawValues[family]
	c := iam.Condition{Operator: d.pick(f.operators...), Key: key, Values: d.some(f.values...)}
	if d.chance(6) {
		return iam.Condition{Operator: "Null", Key: key, Values: []string{d.pick("true", "false")}}
	}
	if d.chance(4) {
		c.Operator += "IfExists"
	}
	if d.chance(4) {
		c.Operator = d.pick("ForAllValues:", "ForAnyValue:") + c.Operator
	}
	return c
}

func (d draw) statement(families []string, principals bool) iam.Statement {
	s := iam.Statement{Effect: iam.Effect(d.pick("Allow", "Allow", "Deny"))}
	actions := asPatterns(d.some("s3:GetObject", "s3:Get*", "s3:*", "*", "S3:PUT?BJECT", "sqs:SendMessage"))
	resources := asPatterns(d.some("*", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "arn:aws:s3:::b*", "arn:*:s3:::?/k"))
	if d.chance(6) {
		s.NotAction = actions
	} else {
		s.Action = actions
	}
	if d.chance(6) {
		s.NotResource = resources
	} else {
		s.Resource = resources
	}
	for i, f := range families {
		if d.chance(2) {
			s.Condition = append(s.Condition, d.condition(f, keyOf(f, i)))
		}
	}
	if principals {
		d.principals(&s)
	}
	return s
}

func (d draw) principals(s *iam.Statement) {
	p := &iam.Principals{}
	if p.Any = d.chance(4); !p.Any {
		for _, v := range d.some("arn:aws:iam::111122223333:root", "111122223333", "arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:user/u",
			"arn:aws:iam::444455556666:root", "*") {
			p.Values = append(p.Values, iam.Principal{Type: iam.PrincipalAWS, Value: v})
		}
		if d.chance(4) {
			p.Values = append(p.Values, iam.Principal{Type: iam.PrincipalService, Value: "s3.amazonaws.com"})
		}
	}
	if s.Principal = p; d.chance(8) {
		s.Principal, s.NotPrincipal = nil, p
	}
	if d.chance(4) {
		s.Condition = append(s.Condition, iam.Condition{
			Operator: d.pick("ArnLike", "StringLike", "StringEquals", "ArnNotLike", "StringNotLike", "StringEqualsIgnoreCase"), Key: "aws:PrincipalArn",
			Values: d.some("arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::*:user/*", "*/b", "arn:aws:*role/a", "arn:aws:iam::111122223333:role/B"),
		})
	}
}

func (d draw) policy(families []string, principals bool) []Named {
	p := &iam.Policy{Version: iam.Version2012}
	for range 1 + d.IntN(3) {
		p.Statements = append(p.Statements, d.statement(families, principals))
	}
	return []Named{{"p", p}}
}

func (d draw) request(families []string, principals bool) iam.Request {
	r := iam.Request{
		Action:    iam.Action(d.pick("s3:GetObject", "s3:GetOther", "s3:PutObject", "s3:List", "sqs:SendMessage", "x:Y")),
		Resource:  iam.ARN(d.pick("arn:aws:s3:::b", "arn:aws:s3:::b/k", "arn:aws:s3:::b/l", "arn:aws:s3:::bc", "arn:aws:s3:::c/k", "arn:aws-cn:s3:::b/k", "arn:aws:s3:::é/k", "*")),
		Principal: iam.Principal{Type: iam.PrincipalAWS, Value: "arn:aws:iam::123456789012:role/sample"},
	}
	for i, f := range families {
		switch values := drawValues[f].requests; d.IntN(4) {
		case 0:
		case 1:
			r.Context = r.Context.Set(keyOf(f, i), d.some(values...)...)
		default:
			r.Context = r.Context.Set(keyOf(f, i), d.pick(values...))
		}
	}
	if principals {
		r.Principal.Value = d.pick("arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/b",
			"arn:aws:iam::111122223333:user/u", "arn:aws:iam::444455556666:role/a", "arn:aws:iam::999999999999:user/x",
			"arn:aws:sts::111122223333:assumed-role/a/session", "arn:aws:sts::999999999999:assumed-role/b/session", "s3.amazonaws.com", "")
		switch arn := r.Principal.ARN(); {
		case r.Principal.Value == "":
			r.Principal.Type = iam.PrincipalAnonymous
		case arn == "":
			r.Principal.Type = iam.PrincipalService
		default:
			if account, role, ok := arn.SessionIssuer(); ok {
				arn = iam.ARN("arn:aws:iam::" + account + ":role/" + role)
			}
			r.Context = r.Context.Set("aws:PrincipalArn", string(arn))
		}
	}
	return r
}

// single leaves one value to the keys on which no set operator stands: they are
// single-valued.
func single(r iam.Request, policies ...[]Named) iam.Request {
	for i, a := range r.Context {
		if len(a.Values) > 1 && !slices.ContainsFunc(policies, func(p []Named) bool { return asksForSets(p[0].Policy, a.Key) }) {
			r.Context[i].Values = a.Values[:1]
		}
	}
	return r
}

func asksForSets(p *iam.Policy, key string) bool {
	return slices.ContainsFunc(p.Statements, func(s iam.Statement) bool {
		return slices.ContainsFunc(s.Condition, func(c iam.Condition) bool { return c.Key == key && strings.HasPrefix(c.Operator, "For") })
	})
}

// count is how many random cases a test takes: few, with -short a fifth of
// them, or PRUNER_LONG's number.
func count(t *testing.T, short int) int {
	t.Helper()
	if long := os.Getenv("PRUNER_LONG"); long != "" {
		n, err := strconv.Atoi(long)
		if err != nil {
			t.Fatal("PRUNER_LONG is not a number: ", err)
		}
		return n
	}
	if testing.Short() {
		return short / 5
	}
	return short
}

// TestContainSurvivesRequests holds proofs against random requests: none that
// NEW allows and OLD does not may turn up for a pair that is contained. Pairs
// without an answer are rare.
func TestContainSurvivesRequests(t *testing.T) {
	for _, families := range [][]string{
		{"text"},
		{"number"},
		{"date"},
		{"ip"},
		{"bool"},
		{"arn"},
		{"binary"},
		{"text", "number"},
		{"ip", "arn"},
		{"bool", "text"},
	} {
		for _, kind := range []Kind{IdentityPolicy, ResourcePolicy} {
			t.Run(families[0]+strconv.Itoa(len(families))+strconv.Itoa(int(kind)), func(t *testing.T) {
				surviveRequests(t, families, kind, count(t, 100), draw.policy, 3)
			})
		}
	}
}

// TestContainSurvivesTypes is the same for keys that hold values of one type,
// under operators of that type and on texts: patterns leave more pairs without
// an answer.
func TestContainSurvivesTypes(t *testing.T) {
	for _, key := range []string{"aws:SourceIp", "aws:EpochTime", "aws:SecureTransport"} {
		surviveRequests(t, []string{key}, IdentityPolicy, count(t, 500), draw.policy, 15)
	}
}

// TestContainSurvivesVariables is the same with policies of both versions that
// hold variables, of which more pairs have no answer.
func TestContainSurvivesVariables(t *testing.T) {
	surviveRequests(t, []string{"text", "text"}, IdentityPolicy, count(t, 1_000), draw.spelled, 30)
	surviveRequests(t, []string{"text", "text"}, ResourcePolicy, count(t, 200), draw.spelled, 30)
}

func surviveRequests(t *testing.T, families []string, kind Kind, pairs int, policy func(draw, []string, bool) []Named, unproved int) {
	t.Helper()
	d, e := draw{rand.New(rand.NewPCG(3, uint64(len(families))))}, New(nil)
	answers := map[Result]int{}
	for range pairs {
		older := policy(d, families, kind == ResourcePolicy)
		newer := older
		if d.chance(2) {
			newer = policy(d, families, kind == ResourcePolicy)
		} else {
			newer = d.change(older, families, kind == ResourcePolicy)
		}
		got := e.Contain(older, newer, kind)
		answers[got.Result]++
		if got.Result == Unproved && answers[Unproved] < 4 {
			t.Logf("unknown: %s\nold %s\nnew %s", got.Reason, older[0].Policy.Indent(), newer[0].Policy.Indent())
		}
		if w := got.Witness; w != nil && (!naiveAllows(newer, kind, w) || naiveAllows(older, kind, w)) {
			t.Fatalf("the twin refutes the witness %+v\nold %s\nnew %s", *w, older[0].Policy.Indent(), newer[0].Policy.Indent())
		}
		if got.Result != Contained {
			continue
		}
		if r := d.contradiction(older, newer, kind, families); r != nil {
			t.Fatalf("contained, but NEW alone allows %+v\nold %s\nnew %s", *r, older[0].Policy.Indent(), newer[0].Policy.Indent())
		}
	}
	t.Log(answers)
	if 100*answers[Unproved] > unproved*pairs {
		t.Errorf("%d of %d pairs have no answer", answers[Unproved], pairs)
	}
}

// change copies a policy with one statement replaced, dropped or added.
func (d draw) change(of []Named, families []string, principals bool) []Named {
	p := *of[0].Policy
	p.Statements = append([]iam.Statement{}, p.Statements...)
	at := d.IntN(len(p.Statements))
	switch d.IntN(4) {
	case 0:
		p.Statements[at] = d.statement(families, principals)
	case 1:
		p.Statements = append(p.Statements[:at], p.Statements[at+1:]...)
	case 2:
		s := p.Statements[at]
		s.Condition = nil
		p.Statements[at] = s
	default:
		s := p.Statements[at]
		s.Condition = append(append([]iam.Condition{}, s.Condition...), d.condition(families[0], keyOf(families[0], 0)))
		p.Statements[at] = s
	}
	return []Named{{"p", &p}}
}

// contradiction draws requests and gives one that NEW allows and OLD does not.
func (d draw) contradiction(older, newer []Named, kind Kind, families []string) *iam.Request {
	for range 300 {
		if r := single(d.request(families, kind == ResourcePolicy), older, newer); naiveAllows(newer, kind, &r) && !naiveAllows(older, kind, &r) {
			return &r
		}
	}
	return nil
}

// naiveAllows asks the naive twin: an identity policy is the caller's, a
// resource policy the resource's, and the other side allows everything.
func naiveAllows(policies []Named, kind Kind, r *iam.Request) bool {
	if kind == IdentityPolicy {
		return naiveDecide(&Input{Request: *r, Identity: policies}) == iam.Allowed
	}
	n := &naive{in: &Input{Request: *r}, request: *r}
	return !n.any(policies[0], iam.Deny, nil) && n.any(policies[0], iam.Allow, nil)
}
