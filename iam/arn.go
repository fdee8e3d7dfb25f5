// Package iam is the policy language of AWS Identity and Access Management:
// ARNs, actions, patterns, policy documents, requests, calls and decisions.
//
// Every other package speaks these types. They say what a policy or a request
// is; what a policy decides about a request is package eval's business. The
// package depends on the standard library only.
package iam

import "strings"

// ARN is an Amazon Resource Name,
// arn:partition:service:region:account-id:resource, kept as written.
//
// Source: AWS General Reference, "Amazon Resource Names (ARNs)".
type ARN string

// ARNParts holds the five fields of an ARN behind the leading "arn:".
// Resource may itself hold colons and slashes.
type ARNParts struct {
	Partition, Service, Region, Account, Resource string
}

// Split cuts the ARN into its fields. It reports false if the text does not
// begin with "arn:" or has fewer than six fields.
func (a ARN) Split() (ARNParts, bool) {
	rest, ok := strings.CutPrefix(string(a), "arn:")
	if !ok {
		return ARNParts{}, false
	}
	var p ARNParts
	for _, field := range []*string{&p.Partition, &p.Service, &p.Region, &p.Account} {
		if *field, rest, ok = strings.Cut(rest, ":"); !ok {
			return ARNParts{}, false
		}
	}
	p.Resource = rest
	return p, true
}

// ARN joins the fields again. It is the inverse of [ARN.Split].
func (p ARNParts) ARN() ARN {
	return ARN("arn:" + p.Partition + ":" + p.Service + ":" + p.Region + ":" + p.Account + ":" + p.Resource)
}

// Partition is the ARN's partition (aws, aws-cn, aws-us-gov, …), or "" if the
// text is no ARN.
func (a ARN) Partition() string { p, _ := a.Split(); return p.Partition }

// Account is the 12-digit account ID in the ARN, "aws" for AWS-managed
// policies, or "" where the ARN has none (S3 buckets, say).
func (a ARN) Account() string { p, _ := a.Split(); return p.Account }

// Name is the last path segment of the resource: the role's name for
// arn:aws:iam::111122223333:role/path/Name.
func (a ARN) Name() string {
	p, _ := a.Split()
	return p.Resource[strings.LastIndexByte(p.Resource, '/')+1:]
}

// SessionIssuer gives, for the ARN of an assumed-role session
// (arn:P:sts::A:assumed-role/Name/Session), account and role name. A session
// ARN never carries the role's path, so it cannot be turned into the role's
// ARN without the account at hand.
//
// Source: IAM User Guide, "IAM identifiers", section "IAM ARNs".
func (a ARN) SessionIssuer() (account, role string, ok bool) {
	p, ok := a.Split()
	if !ok || p.Service != "sts" {
		return "", "", false
	}
	rest, ok := strings.CutPrefix(p.Resource, "assumed-role/")
	if !ok {
		return "", "", false
	}
	role, _, _ = strings.Cut(rest, "/")
	return p.Account, role, role != ""
}
