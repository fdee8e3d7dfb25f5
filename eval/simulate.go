package eval

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// Simulated is the answer to one line of `pruner simulate`.
type Simulated struct {
	Name     string      `json:"name"`
	Decision iam.Outcome `json:"decision"`
	By       iam.Reason  `json:"by"`
	Missing  string      `json:"missing,omitempty"`  // what an allow would have needed
	Agrees   *bool       `json:"agrees,omitempty"`   // only if the line expects a decision
	Problems []string    `json:"problems,omitempty"` // what AWS would refuse in a policy; it is judged as it stands
	Error    string      `json:"error,omitempty"`
}

// simulateCase is one line of input. Unknown members are ignored.
type simulateCase struct {
	Name    string `json:"name"`
	Request struct {
		Principal          json.RawMessage `json:"principal"`
		Action             iam.Action      `json:"action"`
		Resource           iam.ARN         `json:"resource"`
		ResourceAccount    string          `json:"resourceAccount"`
		Context            iam.Context     `json:"context"`
		UnknownKeys        []string        `json:"unknownKeys"`
		WildcardOnlyAction *bool           `json:"wildcardOnlyAction"`
	} `json:"request"`
	IdentityPolicies []namedDocument   `json:"identityPolicies"`
	BoundaryPolicies *[]namedDocument  `json:"boundaryPolicies"`
	SessionPolicies  []namedDocument   `json:"sessionPolicies"`
	ResourcePolicy   *namedDocument    `json:"resourcePolicy"`
	SCPs             [][]namedDocument `json:"scps"`
	RCPs             [][]namedDocument `json:"rcps"`
	EndpointPolicies *[]namedDocument  `json:"endpointPolicies"`
	ServiceSettings  struct {
		S3 struct {
			BlockPublicAccess bool `json:"blockPublicAccess"`
		} `json:"s3"`
	} `json:"serviceSettings"`
	Expected iam.Outcome `json:"expected"`
}

// namedDocument is a policy, or {"name", "policy"}.
type namedDocument struct {
	name   string
	policy *iam.Policy
}

// UnmarshalJSON takes either form; null is no policy. The error is that of a
// document that is not one.
func (d *namedDocument) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var wrapped struct {
		Name   string          `json:"name"`
		Policy json.RawMessage `json:"policy"`
	}
	if err := json.Unmarshal(data, &wrapped); err != nil {
		return err
	}
	if wrapped.Policy != nil {
		d.name, data = wrapped.Name, wrapped.Policy
	}
	p, err := iam.ParsePolicy(data)
	d.policy = p
	return err
}

// Simulate decides one line of JSON. Whatever is wrong with the line is in the
// answer's Error, beside the decision Unknown.
func (e *Engine) Simulate(line []byte) Simulated {
	var c simulateCase
	if err := json.Unmarshal(line, &c); err != nil {
		return Simulated{Name: c.Name, Decision: iam.Unknown, Error: err.Error()}
	}
	answer := Simulated{Name: c.Name, Decision: iam.Unknown}
	in, err := c.input()
	if err == nil {
		var d iam.Decision
		answer.Problems = in.problems()
		if d, err = e.Decide(in); err == nil {
			answer.Decision, answer.By, answer.Missing = d.Outcome, d.By, d.Missing
		}
	}
	if err != nil {
		answer.Error = err.Error()
	}
	if c.Expected != "" {
		agrees := answer.Decision == c.Expected && err == nil
		answer.Agrees = &agrees
	}
	return answer
}

func (c *simulateCase) input() (*Input, error) {
	principal, err := parsePrincipal(c.Request.Principal)
	if err != nil {
		return nil, err
	}
	in := &Input{
		Request: iam.Request{
			Principal: principal, Action: c.Request.Action, Resource: c.Request.Resource,
			ResourceAccount: c.Request.ResourceAccount, Context: c.Request.Context, Unknown: c.Request.UnknownKeys,
		},
		Identity: list("identity", c.IdentityPolicies), Session: list("session", c.SessionPolicies),
		SCPs: levels("scp", c.SCPs), RCPs: levels("rcp", c.RCPs),
		BlockPublicAccess: c.ServiceSettings.S3.BlockPublicAccess,
		WildcardOnly:      c.Request.WildcardOnlyAction,
	}
	if c.BoundaryPolicies != nil {
		in.Boundary = list("boundary", *c.BoundaryPolicies)
	}
	if c.EndpointPolicies != nil {
		in.Endpoint = list("endpoint", *c.EndpointPolicies)
	}
	if r := c.ResourcePolicy; r != nil {
		in.Resource = &list("resource", []namedDocument{*r})[0]
	}
	return in, nil
}

// problems lists what AWS would refuse in the policies, each for its kind.
func (in *Input) problems() []string {
	var out []string
	add := func(kind iam.PolicyKind, policies ...Named) {
		for _, p := range policies {
			for _, problem := range p.Policy.Problems(kind) {
				out = append(out, p.Name+": "+problem)
			}
		}
	}
	add(iam.IdentityDocument, slices.Concat(in.Identity, in.Boundary, in.Session)...)
	add(iam.SCPDocument, slices.Concat(in.SCPs...)...)
	add(iam.RCPDocument, slices.Concat(in.RCPs...)...)
	add(iam.ResourceDocument, in.Endpoint...)
	if in.Resource != nil {
		kind := iam.ResourceDocument
		if p, _ := in.Request.Resource.Split(); p.Service == "iam" {
			kind = iam.TrustDocument
		}
		add(kind, *in.Resource)
	}
	return out
}

func parsePrincipal(data json.RawMessage) (iam.Principal, error) {
	if len(data) > 0 && data[0] == '"' {
		p := iam.Principal{Type: iam.PrincipalAWS}
		err := json.Unmarshal(data, &p.Value)
		if p.ARN() == "" && strings.Contains(p.Value, ".amazonaws.com") {
			p.Type = iam.PrincipalService
		}
		return p, err
	}
	var p struct {
		Type  iam.PrincipalType `json:"type"`
		Value string            `json:"value"`
	}
	if len(data) == 0 || string(data) == "null" {
		return iam.Principal{}, fmt.Errorf("request: no principal")
	}
	err := json.Unmarshal(data, &p)
	return iam.Principal{Type: p.Type, Value: p.Value}, err
}

// list names what has no name by layer and index.
func list(layer string, documents []namedDocument) []Named {
	out := []Named{}
	for i, d := range documents {
		if d.policy == nil { // null
			continue
		}
		name := d.name
		if name == "" {
			name = fmt.Sprintf("%s[%d]", layer, i)
		}
		out = append(out, Named{name, d.policy})
	}
	return out
}

func levels(layer string, documents [][]namedDocument) [][]Named {
	out := [][]Named{}
	for i, level := range documents {
		out = append(out, list(fmt.Sprintf("%s[%d]", layer, i), level))
	}
	return out
}
