package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// managed is a managed policy, of AWS or of the organisation.
type managed struct {
	ARN      string
	ID       string // ANPA…
	Versions []version
}

// version is a version of a managed policy; the last one is the default.
type version struct {
	Number   int
	Created  string
	Document string
}

func (m *managed) detail(attachments, boundaries int) policyDetail {
	name := m.ARN[strings.LastIndexByte(m.ARN, '/')+1:]
	resource := m.ARN[strings.Index(m.ARN, ":policy/")+len(":policy"):]
	id := m.ID
	if id == "" {
		id = uniqueID("ANPA", m.ARN)
	}
	last := m.Versions[len(m.Versions)-1]
	d := policyDetail{
		PolicyName: name, PolicyId: id, Arn: m.ARN, Path: strings.TrimSuffix(resource, name),
		DefaultVersionId: fmt.Sprint("v", last.Number), AttachmentCount: attachments,
		PermissionsBoundaryUsageCount: boundaries, IsAttachable: true,
		CreateDate: m.Versions[0].Created, UpdateDate: last.Created,
	}
	for i := len(m.Versions) - 1; i >= 0; i-- {
		v := m.Versions[i]
		if v.Document == "" {
			continue // known by date only: AWS keeps no more than five versions
		}
		d.PolicyVersionList = append(d.PolicyVersionList, policyVersion{
			json.RawMessage(v.Document), fmt.Sprint("v", v.Number), i == len(m.Versions)-1, v.Created,
		})
	}
	return d
}

// awsPolicies lists the managed policies of AWS that anything here has.
func awsPolicies() []*managed {
	return []*managed{
		administratorAccess("aws"), s3FullAccess, lambdaBasic("aws"), lambdaBasic("aws-us-gov"), lambdaVPC, ecsTaskExecution,
		organizationsTrust, fullAccessOf["sqs"],
	}
}

// AWS's own, as the AWS Managed Policy Reference Guide prints them.

func administratorAccess(partition string) *managed {
	return &managed{
		ARN: "arn:" + partition + ":iam::aws:policy/AdministratorAccess", ID: "ANPAIWMBCKSKIEE64ZLYK",
		Versions: []version{{1, "2015-02-06T18:39:46+00:00", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`}},
	}
}

var s3FullAccess = &managed{
	ARN: "arn:aws:iam::aws:policy/AmazonS3FullAccess", ID: "ANPAIFIR6V6BVTRAHWINE",
	Versions: []version{
		{1, "2015-02-06T18:40:58+00:00", ""},
		{2, "2021-09-27T20:16:37+00:00", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}]}`},
	},
}

func lambdaBasic(partition string) *managed {
	return &managed{
		ARN: "arn:" + partition + ":iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", ID: "ANPAJNCQGXC42545SKXIK",
		Versions: []version{{1, "2015-04-09T15:03:43+00:00", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`}},
	}
}

var lambdaVPC = &managed{
	ARN: "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole", ID: "ANPAJVTME3YLVNL72YR2K",
	Versions: []version{
		{1, "2016-02-11T23:15:26+00:00", ""},
		{3, "2024-01-05T22:38:00+00:00", `{"Version":"2012-10-17","Statement":[{"Sid":"AWSLambdaVPCAccessExecutionPermissions","Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents","ec2:CreateNetworkInterface","ec2:DescribeNetworkInterfaces","ec2:DescribeSubnets","ec2:DeleteNetworkInterface","ec2:AssignPrivateIpAddresses","ec2:UnassignPrivateIpAddresses"],"Resource":"*"}]}`},
	},
}

var ecsTaskExecution = &managed{
	ARN: "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy", ID: "ANPAJG4T4G4PV56DE72PY",
	Versions: []version{{1, "2017-11-16T18:48:22+00:00", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`}},
}

var organizationsTrust = &managed{
	ARN: "arn:aws:iam::aws:policy/aws-service-role/AWSOrganizationsServiceTrustPolicy", ID: "ANPAIQH6ROMVVECFVRJPK",
	Versions: []version{
		{1, "2017-10-10T23:04:07+00:00", ""},
		{2, "2017-11-01T06:01:18+00:00", `{"Version":"2012-10-17","Statement":[{"Sid":"AllowDeletionOfServiceLinkedRoleForOrganizations","Effect":"Allow","Action":["iam:DeleteRole"],"Resource":["arn:aws:iam::*:role/aws-service-role/organizations.amazonaws.com/*"]},{"Sid":"AllowCreationOfServiceLinkedRoles","Effect":"Allow","Action":["iam:CreateServiceLinkedRole"],"Resource":"*"}]}`},
	},
}
