package iam

import (
	"encoding/json"
	"slices"
	"strings"
)

// PrincipalType says what kind of caller a request has.
type PrincipalType string

// The kinds of callers, named as in the Principal element of a policy.
const (
	PrincipalAWS           PrincipalType = "AWS"           // account root, user, role or session, by ARN
	PrincipalService       PrincipalType = "Service"       // "lambda.amazonaws.com"
	PrincipalFederated     PrincipalType = "Federated"     // identity provider, or a federated user by ARN
	PrincipalCanonicalUser PrincipalType = "CanonicalUser" // S3 canonical user ID
	PrincipalAnonymous     PrincipalType = "Anonymous"     // no credentials
)

// Principal is who makes a request. Value is the ARN of a role, session, user
// or account root for [PrincipalAWS], else the name that a policy would print.
type Principal struct {
	Type  PrincipalType `json:"type"`
	Value string        `json:"value"`
}

// ARN is the caller's ARN, or "" for services and anonymous callers.
func (p Principal) ARN() ARN {
	if strings.HasPrefix(p.Value, "arn:") {
		return ARN(p.Value)
	}
	return ""
}

// Attribute is one condition key of a request and its values. A key that is
// present may have no values.
type Attribute struct {
	Key    string // as documented, "aws:RequestedRegion"; compared without case
	Values []string
}

// Context is the condition keys of a request. Contexts are small, so a slice
// that is searched beats a map; build them with Set.
type Context []Attribute

// Get gives the values of a key, without regard to its case.
func (c Context) Get(key string) (values []string, present bool) {
	for i := range c {
		if len(c[i].Key) == len(key) && strings.EqualFold(c[i].Key, key) {
			return c[i].Values, true
		}
	}
	return nil, false
}

// Set gives the context with the key set to the values, replacing what was
// there. Keys stay sorted by their lower-case spelling.
func (c Context) Set(key string, values ...string) Context {
	low := strings.ToLower(key)
	i, found := slices.BinarySearchFunc(c, low, func(a Attribute, k string) int {
		return strings.Compare(strings.ToLower(a.Key), k)
	})
	if found {
		c[i].Values = values
		return c
	}
	return slices.Insert(c, i, Attribute{Key: key, Values: values})
}

// MarshalJSON writes the context as an object: a key with one value as a
// string, any other as a list.
func (c Context) MarshalJSON() ([]byte, error) {
	m := make(map[string]any, len(c))
	for _, a := range c {
		if len(a.Values) == 1 {
			m[a.Key] = a.Values[0]
			continue
		}
		m[a.Key] = append([]string{}, a.Values...)
	}
	return json.Marshal(m)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Context) UnmarshalJSON(data []byte) error {
	var m map[string]Strings
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	*c = Context{}
	for key, values := range m {
		*c = c.Set(key, values...)
	}
	return nil
}

// Request is what AWS authorises: one principal, one action, one resource,
// and the condition keys that came with it.
type Request struct {
	Principal       Principal `json:"principal"`
	Action          Action    `json:"action"`
	Resource        ARN       `json:"resource"`                  // "*" for an action that takes no resource
	ResourceAccount string    `json:"resourceAccount,omitempty"` // owner of the resource; "" if its ARN says, or the caller's own
	Context         Context   `json:"context"`
	Unknown         []string  `json:"unknownKeys,omitempty"` // condition keys whose presence and value are not known
}
