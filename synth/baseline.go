package synth

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/iam"
)

// serviceBaseline is what a service needs of the roles that trust it, without a
// call in the role's own name that a trail would show for certain: when it
// scales, starts over or moves, it makes them itself, or they are not recorded.
// Only granted actions are kept by it.
//
// Sources: Lambda Developer Guide, "Giving Lambda functions access to resources
// in an Amazon VPC" and "Sending Lambda function logs to CloudWatch Logs"; S3
// User Guide, "Setting up permissions for live replication"; VPC User Guide,
// "Publish flow logs to CloudWatch Logs"; RDS User Guide, "Setting up and
// enabling Enhanced Monitoring"; Systems Manager User Guide, "Configure
// instance permissions"; EKS User Guide, "Amazon EKS node IAM role"; ECS
// Developer Guide, "Amazon ECS task execution IAM role" and "Using ECS Exec";
// API Gateway Developer Guide, "Set up CloudWatch logging for REST APIs"; Step
// Functions Developer Guide, "Using CloudWatch Logs to log execution history";
// EventBridge User Guide, "Using dead-letter queues".
var serviceBaseline = map[string][]iam.Pattern{
	"lambda.amazonaws.com": {
		"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
		"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses", "ec2:DescribeSecurityGroups", "ec2:DescribeVpcs",
		"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords",
	},
	"ec2.amazonaws.com": {
		"ssm:UpdateInstanceInformation", "ssmmessages:*", "ec2messages:*", "eks:DescribeCluster",
		"ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage",
	},
	"ecs-tasks.amazonaws.com": {
		"ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage",
		"logs:CreateLogStream", "logs:PutLogEvents", "ssmmessages:*",
	},
	"s3.amazonaws.com": {
		"s3:GetReplicationConfiguration", "s3:ListBucket", "s3:GetObjectVersionForReplication",
		"s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging", "s3:GetObjectRetention", "s3:GetObjectLegalHold",
		"s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags", "s3:ObjectOwnerOverrideToBucketOwner",
		"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*",
	},
	"vpc-flow-logs.amazonaws.com": {
		"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams",
	},
	"monitoring.rds.amazonaws.com": {
		"logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:CreateLogStream", "logs:PutLogEvents",
		"logs:DescribeLogStreams", "logs:GetLogEvents",
	},
	"apigateway.amazonaws.com": {
		"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams",
		"logs:PutLogEvents", "logs:GetLogEvents", "logs:FilterLogEvents",
	},
	"states.amazonaws.com": {
		"logs:*LogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies",
		"logs:DescribeLogGroups", "xray:PutTraceSegments", "xray:PutTelemetryRecords",
		"events:PutTargets", "events:PutRule", "events:DescribeRule",
	},
	"events.amazonaws.com": {"sqs:SendMessage"},
}

// baseline names the service that needs the action of some holder, or "".
func (n *narrower) baseline(a iam.Action) string {
	for _, h := range n.holders {
		for _, service := range h.trusted() {
			if n.needs(service, a) {
				return service
			}
		}
	}
	return ""
}

// needs asks the table once per service: a wildcard grants thousands of actions
// in thousands of roles.
func (s *synthesizer) needs(service string, a iam.Action) bool {
	table := serviceBaseline[service]
	if table == nil {
		return false
	}
	got := s.needed[service]
	if got == nil {
		if s.needed == nil {
			s.needed = map[string]map[iam.Action]bool{}
		}
		got = map[iam.Action]bool{}
		for _, p := range table {
			for _, name := range s.catalog.Expand(p) {
				got[name] = true
			}
		}
		s.needed[service] = got
	}
	return got[a]
}

// trusted lists the services that may assume the holder's role, worked out once.
func (h *Holder) trusted() []string {
	if h.services == nil {
		h.services = append([]string{}, trustedServices(h.Role.Trust)...)
	}
	return h.services
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

// People reports whether people work under the role, through a permission set
// or their company's sign-in. What they do is not regular enough to be learnt,
// so such a role is reported and not changed.
func (h *Holder) People() bool {
	if _, ok := account.ReservedSet(h.Role.Name); ok {
		return true
	}
	return slices.ContainsFunc(trusted(h.Role.Trust), func(p iam.Principal) bool {
		return p.Type == iam.PrincipalFederated && strings.Contains(p.Value, ":saml-provider/")
	})
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
