package eval

import "github.com/pruner/pruner/iam"

// Size is a policy's length as IAM counts it for quotas: characters, white
// space outside strings left out.
//
// Source: IAM User Guide, "IAM and AWS STS quotas", section "IAM and STS
// character limits".
func Size(p *iam.Policy) int {
	data, err := p.MarshalJSON()
	if err != nil {
		panic("eval: a policy always encodes: " + err.Error())
	}
	return len([]rune(string(data)))
}
