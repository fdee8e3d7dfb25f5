package synth

import (
	"slices"

	"github.com/pruner/pruner/iam"
)

// serviceBaseline is what a service needs of the roles that trust it, without a
// call in the role's own name that a trail would show for certain: when it
// scales, starts over or moves, it makes them itself. Only granted actions are
// kept by it.
//
// Sources: Lambda Developer Guide, "Giving Lambda functions access to resources
// in an Amazon VPC" (execution role permissions) and "Sending Lambda function
// logs to CloudWatch Logs"; ECS Developer Guide, "Amazon ECS task execution IAM
// role" is in every call of the role's own and so is not here; EC2: Systems
// Manager User Guide, "Configure instance permissions".
var serviceBaseline = map[string][]iam.Action{
	"lambda.amazonaws.com": {
		"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
		"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses", "ec2:DescribeSecurityGroups", "ec2:DescribeVpcs",
		"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords",
	},
	"ec2.amazonaws.com": {
		"ssm:UpdateInstanceInformation", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
		"ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel", "ec2messages:AcknowledgeMessage", "ec2messages:DeleteMessage",
		"ec2messages:FailMessage", "ec2messages:GetEndpoint", "ec2messages:GetMessages", "ec2messages:SendReply",
	},
}

// baseline names the service that needs the action of some holder, or "".
func (n *narrower) baseline(a iam.Action) string {
	for _, h := range n.holders {
		for _, service := range trustedServices(h.Role.Trust) {
			if slices.ContainsFunc(serviceBaseline[service], a.Equal) {
				return service
			}
		}
	}
	return ""
}

// trustedServices lists the services that a trust policy lets assume the role.
func trustedServices(trust *iam.Policy) []string {
	var out []string
	for _, p := range trusted(trust) {
		if p.Type == "Service" {
			out = append(out, p.Value)
		}
	}
	return out
}

// trusted lists the principals of a trust policy's allows.
func trusted(trust *iam.Policy) []iam.Principal {
	if trust == nil {
		return nil
	}
	var out []iam.Principal
	for i := range trust.Statements {
		s := &trust.Statements[i]
		if s.Effect != iam.Allow || s.Principal == nil {
			continue
		}
		if s.Principal.Any {
			out = append(out, iam.Principal{Type: "AWS", Value: "*"})
		}
		out = append(out, s.Principal.Values...)
	}
	return out
}

// outsider names an AWS principal outside the organisation that may assume the
// role, or "". Identity providers are the account's own: CI is not an outsider.
func (s *synthesizer) outsider(h *Holder) string {
	for _, p := range trusted(h.Role.Trust) {
		if p.Type != "AWS" {
			continue
		}
		id := p.Value
		if parts, ok := iam.ARN(p.Value).Split(); ok {
			id = parts.Account
		}
		if _, ours := s.Org.Account(id); !ours && !isUniqueID(id) {
			return p.Value
		}
	}
	return ""
}

func (s *synthesizer) firstOutsider(holders []*Holder) string {
	for _, h := range holders {
		if who := s.outsider(h); who != "" {
			return who
		}
	}
	return ""
}

// isUniqueID: the trusted principal was deleted, and IAM shows its ID.
func isUniqueID(id string) bool { return len(id) > 4 && (id[:4] == "AROA" || id[:4] == "AIDA") }
