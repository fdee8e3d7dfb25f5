package eval

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// derive puts in the condition keys that AWS takes from the caller and the
// resource themselves, where the request neither gives them nor calls them
// unknown.
//
// Source: IAM User Guide, "AWS global condition context keys", the
// "Availability" of each; "IAM policy elements: Variables and tags", section
// "Principal key values"; KMS Developer Guide, "kms:CallerAccount".
func (a *authorization) derive() {
	c := &a.caller
	context := append(iam.Context{}, a.request.Context...)
	add := func(key, value string) {
		if value != "" {
			context = append(context, iam.Attribute{Key: key, Values: []string{value}}) // one that is given stands in front
		}
	}
	add("aws:PrincipalType", principalTypes[c.kind])
	switch c.kind {
	case anonymousCaller:
		add("aws:PrincipalAccount", "anonymous")
		add("aws:userid", "anonymous")
	case serviceCaller:
		add("aws:PrincipalIsAWSService", "true")
		add("aws:PrincipalServiceName", c.value)
		add("aws:PrincipalServiceNamesList", c.value)
	case federatedCaller, canonicalCaller:
	default:
		add("aws:PrincipalIsAWSService", "false")
		add("aws:PrincipalAccount", c.account)
		if _, given := context.Get("aws:PrincipalArn"); !given {
			add("aws:PrincipalArn", a.principalARN())
		}
		if strings.HasPrefix(a.folded, "kms:") {
			add("kms:CallerAccount", c.account)
		}
	}
	switch c.kind {
	case userCaller:
		add("aws:username", c.arn.Name())
	case rootUser:
		add("aws:userid", c.account)
	}
	owner := a.in.Request.ResourceAccount
	if owner == "" {
		owner = a.in.Request.Resource.Account()
	}
	add("aws:ResourceAccount", owner)
	if strings.HasPrefix(a.folded, "s3:") {
		add("s3:ResourceAccount", owner)
	}
	a.request.Context = context
}

// principalTypes are the values of aws:PrincipalType.
var principalTypes = map[callerKind]string{
	anonymousCaller: "Anonymous",
	rootUser:        "Account",
	userCaller:      "User",
	roleCaller:      "AssumedRole",
	sessionCaller:   "AssumedRole",
	federatedUser:   "FederatedUser",
}

// principalARN is the value of aws:PrincipalArn: for a session the ARN of its
// role. A session does not say its role's path, so the path is taken from a
// policy that names the role, for role names are unique in an account; else
// there is none. Where a policy's pattern hangs on the path, the key is unknown.
//
// Source: IAM User Guide, "AWS global condition context keys", section
// "aws:PrincipalArn".
func (a *authorization) principalARN() string {
	c := &a.caller
	if c.kind != sessionCaller {
		return string(c.arn)
	}
	prefix := "arn:" + c.arn.Partition() + ":iam::" + c.account + ":role/"
	plain := iam.ARN(prefix + c.role)
	if strings.HasPrefix(c.role, "AWSReservedSSO_") {
		plain = iam.ARN(prefix + "aws-reserved/sso.amazonaws.com/" + c.role)
	}
	hangs := false
	for _, v := range a.principalValues() {
		if isRole(iam.ARN(v), c) {
			return v
		}
		p := iam.Pattern(v)
		hangs = hangs || !p.MatchARN(plain) && p.OverlapsARN(iam.Pattern(prefix+"*/"+c.role))
	}
	if hangs {
		a.request.Unknown = append(slices.Clone(a.request.Unknown), "aws:PrincipalArn")
		return ""
	}
	return string(plain)
}

// principalValues lists what the policies write where a principal's ARN stands.
func (a *authorization) principalValues() []string {
	var out []string
	for _, s := range a.statements() {
		for _, element := range []*iam.Principals{s.source.Principal, s.source.NotPrincipal} {
			if element == nil {
				continue
			}
			for _, v := range element.Values {
				out = append(out, v.Value)
			}
		}
		for _, c := range s.source.Condition {
			if strings.EqualFold(c.Key, "aws:PrincipalArn") {
				out = append(out, c.Values...)
			}
		}
	}
	return slices.DeleteFunc(out, func(v string) bool { return !strings.HasPrefix(v, "arn:") })
}
