package interpret

import (
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// revealed is the documented table of condition keys that an event shows, and
// the field each comes from. A key that is not here is not known.
//
// Source: IAM User Guide, "AWS global condition context keys".
var revealed = []struct {
	key   string
	field func(*trail.Fact) string
}{
	{"aws:RequestedRegion", func(f *trail.Fact) string { return f.Region }},
	{"aws:SourceVpce", func(f *trail.Fact) string { return f.VPCEndpoint }},
	{"aws:SourceIp", sourceIP},
	{"aws:MultiFactorAuthPresent", func(f *trail.Fact) string { return tristate(f.Identity.MFA) }},
	{"aws:ViaAWSService", func(f *trail.Fact) string {
		if f.Identity.InvokedBy != "" {
			return "true"
		}
		return ""
	}},
	{"aws:CalledViaLast", func(f *trail.Fact) string { return f.Identity.InvokedBy }},
	{"kms:ViaService", kmsViaService},
	{"s3:prefix", func(f *trail.Fact) string { return first(f, "prefix") }},
}

func contextOf(f *trail.Fact) iam.Context {
	var c iam.Context
	for _, r := range revealed {
		if v := r.field(f); v != "" {
			c = c.Set(r.key, v)
		}
	}
	return c
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
	by := f.Identity.InvokedBy
	const suffix = ".amazonaws.com"
	if f.EventSource != "kms.amazonaws.com" || len(by) <= len(suffix) || by[len(by)-len(suffix):] != suffix {
		return ""
	}
	return by[:len(by)-len(suffix)] + "." + f.Region + suffix
}

func first(f *trail.Fact, path string) string {
	if v := f.Get(path); len(v) > 0 {
		return v[0]
	}
	return ""
}
