package eval

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/pruner/pruner/iam"
)

// TestTwin holds decisions of the engine against the naive twin: all layers,
// every operator, variables under both versions.
func TestTwin(t *testing.T) {
	d, e := draw{rand.New(rand.NewPCG(5, 5))}, New(nil)
	outcomes := map[iam.Outcome]int{}
	for i := range count(t, 20_000) {
		families := [][]string{{"text", "number"}, {"date", "ip"}, {"arn", "bool"}, {"binary", "text"}}[i%4]
		in := d.input(families)
		got, err := e.Decide(in)
		if err != nil {
			t.Fatal(err)
		}
		outcomes[got.Outcome]++
		if want := naiveDecide(in); got.Outcome != want {
			t.Fatalf("case %d: got %s by %+v, the twin says %s\n%s", i, got.Outcome, got.By, want, show(in))
		}
	}
	t.Log(outcomes)
}

// TestSetTwin holds compiled sets, by plan, against the twin.
func TestSetTwin(t *testing.T) {
	d, e := draw{rand.New(rand.NewPCG(6, 5))}, New(nil)
	for range count(t, 20_000) / 10 {
		policies := d.spelled([]string{"text", "ip"}, false)
		set, err := e.Compile(policies)
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			r := d.request([]string{"text", "ip"}, false)
			in := &Input{Request: r, Identity: policies}
			if got, want := set.Decide(&r).Outcome, naiveDecide(in); got != want {
				t.Fatalf("got %s, the twin says %s\n%s", got, want, show(in))
			}
		}
	}
}

// TestUnknownTwin: what is decided while a key is not known is what the twin
// decides for each of its values.
func TestUnknownTwin(t *testing.T) {
	d, e := draw{rand.New(rand.NewPCG(7, 5))}, New(nil)
	unknown := 0
	total := count(t, 20_000)
	for i := range total {
		families := [][]string{{"text", "number"}, {"ip", "arn"}}[i%2]
		in := d.input(families)
		hidden := *in
		hidden.Request.Unknown = []string{"aws:k0"}
		got, err := e.Decide(&hidden)
		if err != nil {
			t.Fatal(err)
		}
		if got.Outcome == iam.Unknown {
			unknown++
			continue
		}
		if want := naiveDecide(in); (got.Outcome == iam.Allowed) != (want == iam.Allowed) {
			t.Fatalf("got %s with aws:k0 unknown, the twin says %s\n%s", got.Outcome, want, show(in))
		}
	}
	if unknown == 0 || unknown > total/2 {
		t.Errorf("%d of %d are unknown", unknown, total)
	}
}

func show(in *Input) string {
	out := "request " + string(in.Request.Principal.Type) + " " + in.Request.Principal.Value + " " + string(in.Request.Action) + " " + string(in.Request.Resource) +
		" of " + in.Request.ResourceAccount + "\n"
	for _, a := range in.Request.Context {
		out += "  " + a.Key + " " + strconv.Quote(a.Values[0]) + " of " + strconv.Itoa(len(a.Values)) + "\n"
	}
	add := func(layer string, list ...Named) {
		for _, p := range list {
			out += layer + " " + string(p.Policy.Indent())
		}
	}
	add("identity", in.Identity...)
	add("boundary", in.Boundary...)
	add("session", in.Session...)
	add("endpoint", in.Endpoint...)
	for _, level := range in.SCPs {
		add("scp", level...)
	}
	for _, level := range in.RCPs {
		add("rcp", level...)
	}
	if in.Resource != nil {
		add("resource", *in.Resource)
	}
	return out
}

// input draws a request with a policy for some of the layers.
func (d draw) input(families []string) *Input {
	in := &Input{Request: d.request(families, true), Identity: []Named{}}
	in.Request.ResourceAccount = d.pick("111122223333", "444455556666")
	if d.chance(8) && in.Request.Principal.ARN() != "" {
		in.Request.Resource = "arn:aws:sqs:eu:1:q"
	}
	if !d.chance(8) {
		in.Identity = d.wide(families, false)
	}
	if d.chance(2) {
		r := d.wide(families, true)[0]
		in.Resource = &r
	}
	if d.chance(6) {
		in.Boundary = d.wide(families, false)
	}
	if d.chance(6) {
		in.Session = d.wide(families, false)
	}
	if d.chance(6) {
		in.Endpoint = d.wide(families, d.chance(2))
	}
	if d.chance(6) {
		in.SCPs = [][]Named{d.wide(families, false), d.wide(families, false)}
	}
	if d.chance(6) {
		in.RCPs = [][]Named{d.denying(d.wide(families, false))}
	}
	return in
}

// wide is a policy to which often a statement is added that allows everything.
func (d draw) wide(families []string, principals bool) []Named {
	out := d.spelled(families, principals)
	if d.chance(2) {
		s := iam.Statement{Effect: iam.Allow, Action: []iam.Pattern{"*"}, Resource: []iam.Pattern{"*"}}
		if principals {
			d.principals(&s)
		}
		out[0].Policy.Statements = append(out[0].Policy.Statements, s)
	}
	return out
}

// denying leaves the denies of an RCP's policy.
func (d draw) denying(policies []Named) []Named {
	for i := range policies[0].Policy.Statements {
		policies[0].Policy.Statements[i].Effect = iam.Deny
	}
	return policies
}

// spelled is a policy of either version, some of it with variables and escapes.
func (d draw) spelled(families []string, principals bool) []Named {
	out := d.policy(families, principals)
	p := out[0].Policy
	p.Version = d.pick(iam.Version2012, iam.Version2012, iam.Version2008)
	for i := range p.Statements {
		s := &p.Statements[i]
		if len(s.Resource) > 0 && d.chance(4) {
			s.Resource[0] = iam.Pattern(d.pick("arn:aws:s3:::b/${aws:k0}", "arn:aws:s3:::${aws:k1}*", "arn:aws:s3:::b/${*}", "arn:aws:s3:::${?}", "arn:aws:s3:::b/${$}k", "arn:aws:s3:::é/?"))
		}
		for j := range s.Condition {
			if c := &s.Condition[j]; len(c.Values) > 0 && d.chance(4) && !isNull(c) && families[0] == "text" && c.Key == "aws:k0" {
				c.Values[0] = d.pick("${aws:k1}", "a${*}", "${?}b", "${aws:gone}", "${$}", "*${aws:k0}")
			}
		}
	}
	return out
}

func isNull(c *iam.Condition) bool { return c.Operator == "Null" }
