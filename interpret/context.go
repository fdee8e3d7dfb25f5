package interpret

import (
	"strings"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// revealed is the documented table of condition keys that an event shows, and
// the field each comes from. A key that is not here is not known.
//
// Source: IAM User Guide, "AWS global condition context keys".
//
// Keys stand in the order of their lower-case spelling.
var revealed = [...]struct {
	key   string
	field func(*trail.Fact) string
}{
	{"aws:CalledViaLast", calledVia},
	{"aws:MultiFactorAuthPresent", func(f *trail.Fact) string { return tristate(f.Identity.MFA) }},
	{"aws:RequestedRegion", func(f *trail.Fact) string { return f.Region }},
	{"aws:SourceIp", sourceIP},
	{"aws:SourceVpce", func(f *trail.Fact) string { return f.VPCEndpoint }},
	{"aws:ViaAWSService", viaService},
	{"kms:ViaService", kmsViaService},
	{"s3:prefix", func(f *trail.Fact) string {
		if f.EventSource != "s3.amazonaws.com" {
			return ""
		}
		return first(f, "prefix")
	}},
}

// contextOf lists what the event reveals.
func contextOf(f *trail.Fact) iam.Context {
	var keys, values [len(revealed)]string
	n := 0
	for i := range revealed {
		if v := revealed[i].field(f); v != "" {
			keys[n], values[n] = revealed[i].key, v
			n++
		}
	}
	if n == 0 {
		return nil
	}
	held := append([]string(nil), values[:n]...)
	c := make(iam.Context, n)
	for i := range c {
		c[i] = iam.Attribute{Key: keys[i], Values: held[i : i+1 : i+1]}
	}
	return c
}

// revelation is what one event revealed. That of the next one is mostly the
// same: the events of a session lie together.
type revelation struct {
	mfa                                   trail.Tristate
	region, ip, endpoint, invokedBy, kind string
	context                               iam.Context
}

// of is [contextOf] that remembers the last one. Nobody changes a context. What
// a service's own keys reveal is in few events.
func (r *revelation) of(f *trail.Fact) iam.Context {
	switch f.EventSource {
	case "kms.amazonaws.com":
		if f.Identity.InvokedBy != "" {
			return contextOf(f)
		}
	case "s3.amazonaws.com":
		if first(f, "prefix") != "" {
			return contextOf(f)
		}
	}
	id := &f.Identity
	if r.mfa == id.MFA && r.region == f.Region && r.ip == f.SourceIP && r.endpoint == f.VPCEndpoint && r.invokedBy == id.InvokedBy && r.kind == id.Type {
		return r.context
	}
	*r = revelation{id.MFA, f.Region, f.SourceIP, f.VPCEndpoint, id.InvokedBy, id.Type, contextOf(f)}
	return r.context
}

func sourceIP(f *trail.Fact) string {
	ip := f.SourceIP
	if ip == "" || ip[0] > '9' || ip[len(ip)-1] == 'm' {
		return "" // a service's name, or not kept
	}
	return ip
}

func tristate(t trail.Tristate) string {
	switch t {
	case trail.True:
		return "true"
	case trail.False:
		return "false"
	}
	return ""
}

// kmsViaService is service.region.amazonaws.com when a service called KMS for
// the principal.
//
// Source: KMS Developer Guide, "kms:ViaService".
func kmsViaService(f *trail.Fact) string {
	if f.EventSource != "kms.amazonaws.com" {
		return ""
	}
	service, _ := strings.CutSuffix(calledVia(f), suffix)
	switch {
	case service == "":
		return ""
	case strings.HasSuffix(service, "."+f.Region):
		return service + suffix
	}
	return service + "." + f.Region + suffix
}

const suffix = ".amazonaws.com"

// calledVia is the service that called for the principal, if it has a name
// there. The sign-in service stands for the console, which calls as the user.
//
// Source: IAM User Guide, "Forward access sessions"; CloudTrail User Guide,
// "CloudTrail userIdentity element", invokedBy.
func calledVia(f *trail.Fact) string {
	by := f.Identity.InvokedBy
	if viaService(f) == "" || !strings.HasSuffix(by, suffix) || by == "internal.amazonaws.com" {
		return ""
	}
	return by
}

// viaService is "true" for a call that a service made for a principal, not for
// one that it made as itself.
func viaService(f *trail.Fact) string {
	id := &f.Identity
	if id.InvokedBy == "" || id.InvokedBy == "signin.amazonaws.com" || id.Type == "AWSService" || id.Type == "" {
		return ""
	}
	return "true"
}

func first(f *trail.Fact, path string) string { return f.First(path) }
