package eval

import (
	"unicode/utf8"

	"github.com/pruner/pruner/iam"
)

// Size is a policy's length as IAM counts it for quotas: characters, white
// space outside strings left out.
//
// Source: IAM User Guide, "IAM and AWS STS quotas", section "IAM and STS
// character limits".
func Size(p *iam.Policy) int {
	data, _ := p.MarshalJSON() // never fails
	return utf8.RuneCount(data)
}
