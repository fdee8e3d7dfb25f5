package eval

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// rcpServices are the services that resource control policies govern.
//
// Source: AWS Organizations User Guide, "Resource control policies (RCPs)",
// section "List of AWS services that support RCPs".
var rcpServices = []string{
	"aoss", "cognito-identity", "cognito-idp", "dynamodb", "ecr", "kms", "logs", "s3", "secretsmanager", "sqs", "sts",
}

// governedByRCP reports whether RCPs have a say in the action, given in lower
// case. Retiring a grant is out of their reach.
//
// Source: KMS Developer Guide, "Resource control policies in AWS KMS".
func governedByRCP(folded string) bool {
	return slices.Contains(rcpServices, iam.Action(folded).Prefix()) && folded != "kms:retiregrant"
}

// ownsBucketPolicy: the root user of a bucket's account can read, write and
// delete its policy even where the policy denies it.
//
// Source: Amazon S3 API Reference, PutBucketPolicy, GetBucketPolicy and
// DeleteBucketPolicy: "the root principal in a bucket owner's AWS account can
// perform" them "even if their bucket policy explicitly denies".
func (a *authorization) ownsBucketPolicy() bool {
	switch a.folded {
	case "s3:putbucketpolicy", "s3:getbucketpolicy", "s3:deletebucketpolicy":
		return a.caller.kind == rootUser && a.sameAcct
	}
	return false
}

// takesNoResource: AWS authorises such an action on "*", whatever the caller
// has in mind, so a statement on an ARN does not reach it.
//
// Source: Service Authorization Reference, "Actions, resources, and condition
// keys", column "Resource types".
func (e *Engine) takesNoResource(in *Input) bool {
	if in.WildcardOnly != nil {
		return *in.WildcardOnly
	}
	if e.catalog == nil {
		return false
	}
	action, known := e.catalog.Action(in.Request.Action)
	return known && len(action.Resources) == 0
}

// notForRoot: the account's root user cannot assume a role.
//
// Source: STS API Reference, AssumeRole: "You cannot use AWS account root user
// credentials to call AssumeRole".
func (a *authorization) notForRoot() bool {
	return a.caller.kind == rootUser && a.folded == "sts:assumerole"
}

// publicBlocked: with S3 Block Public Access a public bucket policy lets in
// only AWS services and callers of the bucket's own account.
//
// Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3
// storage", sections "Block public access settings" and "The meaning of
// public".
func (a *authorization) publicBlocked() bool {
	if !a.in.BlockPublicAccess || !strings.HasPrefix(a.folded, "s3:") || a.sameAcct || a.caller.kind == serviceCaller {
		return false
	}
	l := a.layer(iam.LayerResource)
	return l != nil && slices.ContainsFunc(l.sets[0].statements, func(s statement) bool { return s.public() })
}

// fixedKeys are the condition keys that keep a statement from being public
// when they are held to fixed values.
var fixedKeys = []string{
	"aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "aws:sourcearn",
	"aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths",
	"aws:userid", "aws:viaawsservice", "s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:dataaccesspointarn",
	"s3:dataaccesspointaccount", "aws:sourceip", "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths",
	"aws:principalisawsservice", "aws:principalservicename", "aws:principalservicenameslist",
}

// public reports whether an Allow statement opens to everyone.
func (s *statement) public() bool {
	everyone := s.source.NotPrincipal != nil
	if p := s.source.Principal; p != nil {
		everyone = p.Any || slices.Contains(p.Values, iam.Principal{Type: iam.PrincipalAWS, Value: "*"})
	}
	return s.source.Effect == iam.Allow && everyone && !slices.ContainsFunc(s.conditions, fixes)
}

func fixes(c condition) bool {
	key := strings.ToLower(c.source.Key)
	return slices.Contains(fixedKeys, key) && !c.negated && !c.null && !c.ifExists && !c.forAll &&
		!slices.ContainsFunc(c.source.Values, func(v string) bool { return open(key, v) })
}

// open: a value that leaves the key free: one with a wildcard or a variable, or
// a range wider than /8 (/32 for IPv6). An access point's name may be left open
// as long as its account is not.
func open(key, v string) bool {
	switch key {
	case "aws:sourceip":
		r, ok := parseRange(v)
		return !ok || r.Bits() < 8 || r.Addr().Is6() && r.Bits() < 32
	case "s3:dataaccesspointarn":
		account := iam.ARN(v).Account()
		return account == "" || strings.ContainsAny(account, "*?$")
	case "aws:principalisawsservice", "aws:viaawsservice":
		return !strings.EqualFold(v, "true")
	}
	return strings.ContainsAny(v, "*?") || strings.Contains(v, "${")
}
