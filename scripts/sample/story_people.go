package main

import (
	"strconv"
	"time"
)

// quoted is a text as a JSON string.
func quoted(text string) string { return strconv.Quote(text) }

const shopDeveloperPolicy = `{"Version":"2012-10-17","Statement":[` +
	`{"Sid":"Look","Effect":"Allow","Action":["cloudwatch:Describe*","cloudwatch:Get*","cloudwatch:List*","ecs:Describe*","ecs:List*","logs:Describe*","logs:FilterLogEvents","logs:GetLogEvents"],"Resource":"*"},` +
	`{"Sid":"Mend","Effect":"Allow","Action":["dynamodb:DeleteTable","dynamodb:Query","ecs:UpdateService","lambda:DeleteFunction","lambda:InvokeFunction","rds:DeleteDBInstance"],"Resource":"*"}]}`

// shopDevelopers is one permission set and the role that Identity Center made
// of it in each of its two accounts.
func shopDevelopers() []*role {
	const name = "AWSReservedSSO_ShopDeveloper_5d1f0c7be2a94b86"
	person := session{
		name: "$(pick:anna.weiss|tom.okafor|li.chen)@acme.example", ip: "198.51.100.$(int:10:40)", hours: 8, mfa: false,
		agent: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
	}
	made := func(a *account, created string, jobs []job, t truth) *role {
		return &role{
			Account: a, Name: name, Path: "/aws-reserved/sso.amazonaws.com/eu-west-1/", Created: created,
			Description: "Developers of the shop, prod and staging",
			Trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + a.arn("saml-provider/AWSSSO_5d1f0c7be2a94b86_DO_NOT_DELETE") +
				`"},"Action":["sts:AssumeRoleWithSAML","sts:TagSession"],"Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}]}`,
			Inline: []policy{{"AwsSSOInlinePolicy", fromDataSource(shopDeveloperPolicy)}}, Session: person, Jobs: jobs,
			Granted: []string{"cloudwatch", "dynamodb", "ecs", "lambda", "logs", "rds"}, Truth: t,
		}
	}
	inProd := []job{{Region: mainRegion, When: office(0.6), Calls: []call{
		assumedFromIdentityCenter(),
		look("ecs", "ListClusters", `{}`).then(12),
		look("ecs", "DescribeServices", `{"cluster":"shop","services":["orders-api"]}`).then(3),
		look("logs", "FilterLogEvents", `{"logGroupName":"/ecs/orders-api","startTime":1761897600000,"limit":100}`).then(20),
		look("monitoring", "DescribeAlarms", `{"maxRecords":100}`).then(15),
	}}}
	inStaging := []job{{Region: mainRegion, When: office(0.6), Calls: []call{
		assumedFromIdentityCenter(),
		look("ecs", "DescribeServices", `{"cluster":"shop-staging","services":["orders-api"]}`).then(10),
		manage("ecs", "UpdateService", `{"cluster":"shop-staging","service":"orders-api","forceNewDeployment":true}`).then(30),
		dynamo("Query", "orders", `,"keyConditionExpression":"orderId = :o"`).then(40),
	}}}
	return []*role{
		made(prod, "2025-02-11T09:24:40+00:00", inProd, truth{
			Story:  "A permission set: people, in two accounts, one policy.",
			Needs:  []string{"ecs:ListClusters *", "ecs:DescribeServices *", "logs:FilterLogEvents *", "cloudwatch:DescribeAlarms *"},
			Expect: []string{"use is folded over both accounts", "people's permissions are report-only"},
		}),
		made(staging, "2025-02-11T09:24:55+00:00", inStaging, truth{
			Story:  "The same permission set in staging, where it is used to change things.",
			Needs:  []string{"ecs:DescribeServices *", "ecs:UpdateService *", "dynamodb:Query *"},
			Expect: []string{"ecs:UpdateService and dynamodb:Query stay because of staging, for prod as well"},
		}),
	}
}

const inventoryPolicy = `{"Version":"2012-10-17","Statement":[{"Sid":"Inventory","Effect":"Allow","Action":["cloudwatch:DescribeAlarms","ec2:Describe*","elasticloadbalancing:Describe*","rds:Describe*","s3:ListAllMyBuckets","tag:GetResources"],"Resource":"*"}]}`

// fleetInventory is one role in every account, from one template: the central
// inventory looks round every hour. It also keeps every hour of the sample's
// logs busy, as monitoring does in real accounts.
func fleetInventory() []*role { return inventoryOf(accounts) }

func inventoryOf(accounts []*account) []*role {
	var roles []*role
	for _, a := range accounts {
		collector := management.ID
		if a == government {
			collector = government.ID
		}
		r := &role{
			Account: a, Name: "fleet-inventory", Created: "2023-11-02T07:30:1" + strconv.Itoa(len(roles)%10) + "+00:00",
			Description: "Read by the central inventory", Trust: trustAWS("arn:" + a.Partition + ":iam::" + collector + ":root"),
			Inline: []policy{{"inventory", inventoryPolicy}}, Tags: [][2]string{{"aws:cloudformation:stack-name", "fleet-inventory"}},
			Session: session{name: "inventory", ip: "198.51.100.7", agent: pythonAgent, hours: 24},
			Granted: []string{"cloudwatch", "ec2", "elasticloadbalancing", "rds", "s3", "tag"},
			Truth: truth{
				Story:  "One template's role in every account; only instances, alarms and tags are read.",
				Needs:  []string{"ec2:DescribeInstances *", "tag:GetResources *", "cloudwatch:DescribeAlarms *"},
				Expect: []string{"rds:Describe*, elasticloadbalancing:Describe*, s3:ListAllMyBuckets and the rest of ec2:Describe* go, in all accounts at once"},
			},
		}
		for _, region := range a.Regions {
			r.Jobs = append(r.Jobs,
				job{Region: region, When: hourly, Calls: []call{look("ec2", "DescribeInstances", `{"maxResults":1000,"instancesSet":{},"filterSet":{}}`)}},
				job{Region: region, When: weekly(time.Tuesday, 4), Calls: []call{
					look("tagging", "GetResources", `{"resourcesPerPage":100}`), look("monitoring", "DescribeAlarms", `{"maxRecords":100}`).then(4),
				}})
		}
		roles = append(roles, r)
	}
	return roles
}

// accountAccess is the way back into each member account, used by nobody on a
// good day.
func accountAccess() []*role {
	var roles []*role
	for _, a := range []*account{prod, staging, logArchive} {
		roles = append(roles, &role{
			Account: a, Name: "OrganizationAccountAccessRole", Created: "2021-03-01T08:00:00+00:00",
			Trust: trustAWS(management.arn("root")), Attached: []string{"arn:aws:iam::aws:policy/AdministratorAccess"},
			Truth: truth{
				Story:  "The organisation's way back into the account, unused and untouchable.",
				Expect: []string{"protected by default: nothing is proposed"},
			},
		})
	}
	return roles
}

// vendorObservability is trusted from outside the organisation.
func vendorObservability() *role {
	return &role{
		Account: prod, Name: "vendor-observability", Created: "2024-08-21T12:09:33+00:00",
		Description: "Read by the observability vendor",
		Trust:       `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999988887777:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"acme-7f41c2"}}}]}`,
		Inline: []policy{{"observe", fromDataSource(`{"Version":"2012-10-17","Statement":[` +
			`{"Sid":"Metrics","Effect":"Allow","Action":["autoscaling:Describe*","cloudwatch:*","ec2:Describe*","tag:GetResources"],"Resource":"*"}]}`)}},
		Session: session{name: "observability", ip: "192.0.2.$(int:20:29)", agent: goAgent, hours: 24},
		Jobs: []job{{Region: mainRegion, When: daily(0.4), Calls: []call{
			assumedByAccount("999988887777", "AROA4VENDOR5K2M7QXZTB:collector"),
			look("monitoring", "DescribeAlarms", `{"maxRecords":100}`).then(1),
			look("tagging", "GetResources", `{"resourcesPerPage":100}`).then(1),
			look("ec2", "DescribeInstances", `{"maxResults":1000,"instancesSet":{},"filterSet":{}}`).then(1),
		}}},
		Unlogged: []string{"cloudwatch"},
		Granted:  []string{"autoscaling", "cloudwatch", "ec2", "tag"},
		Truth: truth{
			Story:  "A vendor's role, trusted from outside the organisation.",
			Needs:  []string{"cloudwatch:DescribeAlarms *", "cloudwatch:GetMetricData *", "tag:GetResources *", "ec2:DescribeInstances *"},
			Unseen: []string{"cloudwatch:GetMetricData"},
			Expect: []string{"report-only", "cloudwatch:GetMetricData is blind: a data event that the trail does not record"},
		},
	}
}

// organizationsRole is service-linked: AWS's own, never pruned.
func organizationsRole() *role {
	return &role{
		Account: management, Name: "AWSServiceRoleForOrganizations", Path: "/aws-service-role/organizations.amazonaws.com/", Created: "2021-03-01T07:31:09+00:00",
		Description: "Service-linked role used by AWS Organizations to enable integration of other AWS services with Organizations.",
		Trust:       trustService("organizations.amazonaws.com"), Attached: []string{organizationsTrust.ARN},
		Truth: truth{Story: "A service-linked role.", Expect: []string{"never pruned"}},
	}
}
