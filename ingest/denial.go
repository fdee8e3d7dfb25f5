package ingest

import (
	"regexp"
	"strings"

	"github.com/pruner/pruner/trail"
)

var (
	denialAction   = regexp.MustCompile(`(?i)not authorized to perform:? ([a-z0-9-]+:[A-Za-z0-9]+)`)
	denialResource = regexp.MustCompile(`on (?:resource|the resource|resource:)\W*(arn:[^\s"']+|\*)`)
	denialPolicy   = regexp.MustCompile(`(identity-based|resource-based|service control|resource control|permissions boundary|session|VPC endpoint) polic|(permissions boundary)`)
)

// parseDenial reads an AccessDenied message.
//
// Source: IAM User Guide, "Troubleshoot access denied error messages".
func parseDenial(message string) trail.Denial {
	m := denialAction.FindStringSubmatch(message)
	if m == nil {
		return trail.Denial{}
	}
	d := trail.Denial{Action: m[1], Explicit: strings.Contains(message, "explicit deny")}
	if m := denialResource.FindStringSubmatch(message); m != nil {
		d.Resource = strings.TrimRight(m[1], ".,")
	}
	if m := denialPolicy.FindStringSubmatch(message); m != nil {
		d.Policy = m[1] + m[2]
	}
	return d
}
