package main

import "time"

const auditReaderPolicy = `{"Version":"2012-10-17","Statement":[` +
	`{"Sid":"ReadTrail","Effect":"Allow","Action":["s3:GetBucketLocation","s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::acme-organisation-trail","arn:aws:s3:::acme-organisation-trail/*"]},` +
	`{"Sid":"AskQuestions","Effect":"Allow","Action":["athena:CreateWorkGroup","athena:DeleteWorkGroup","athena:GetQueryExecution","athena:GetQueryResults","athena:StartQueryExecution","athena:StopQueryExecution"],"Resource":"arn:aws:athena:eu-west-1:222233334444:workgroup/audit"},` +
	`{"Sid":"NeverTouchTheTrail","Effect":"Deny","Action":["s3:DeleteObject","s3:DeleteObjectVersion","s3:PutObject"],"Resource":"arn:aws:s3:::acme-organisation-trail/*"}]}`

// auditReader looks into the log archive once a week.
func auditReader() *role {
	return &role{
		Account: logArchive, Name: "audit-reader", Created: "2024-02-19T12:00:03+00:00",
		Description: "Weekly review of the trail",
		Trust:       trustAWS(management.arn("root")),
		Attached:    []string{"arn:aws:iam::222233334444:policy/audit-reader"},
		Session:     session{name: "weekly-review", ip: "198.51.100.7", agent: pythonAgent, hours: 4},
		Jobs: []job{{Region: mainRegion, When: weekly(time.Monday, 6), Calls: []call{
			assumedByAccount(management.ID, uniqueID("AROA", management.ID, "review")+":weekly-review"),
			manage("athena", "StartQueryExecution", `{"queryString":"***OMITTED***","clientRequestToken":"$(uuid)","workGroup":"audit"}`).then(3),
			look("s3", "GetBucketLocation", `{"bucketName":"acme-organisation-trail","location":"","Host":"acme-organisation-trail.s3.eu-west-1.amazonaws.com"}`).then(1).on("AWS::S3::Bucket", "arn:aws:s3:::acme-organisation-trail"),
			look("athena", "GetQueryExecution", `{"queryExecutionId":"$(uuid)"}`).then(30),
			look("athena", "GetQueryResults", `{"queryExecutionId":"$(uuid)","maxResults":1000}`).then(2),
		}}},
		Unlogged: []string{"s3"},
		Granted:  []string{"athena", "s3"},
		Truth: truth{
			Story: "A weekly job in the log archive, with a Deny that protects the logs.",
			Needs: []string{
				"athena:StartQueryExecution arn:aws:athena:eu-west-1:222233334444:workgroup/audit", "athena:GetQueryExecution arn:aws:athena:eu-west-1:222233334444:workgroup/audit",
				"athena:GetQueryResults arn:aws:athena:eu-west-1:222233334444:workgroup/audit", "s3:GetBucketLocation arn:aws:s3:::acme-organisation-trail",
				"s3:GetObject arn:aws:s3:::acme-organisation-trail/*", "s3:ListBucket arn:aws:s3:::acme-organisation-trail",
			},
			Unseen: []string{"s3:GetObject", "s3:ListBucket"},
			Expect: []string{"the Deny statement is untouched", "athena:CreateWorkGroup and athena:DeleteWorkGroup go", "s3:GetObject is kept as blind"},
		},
	}
}

// integrationTests may do everything but a few things: NotAction.
func integrationTests() *role {
	return &role{
		Account: staging, Name: "integration-tests", Created: "2024-05-06T10:30:00+00:00",
		Description: "Nightly tests of the whole shop",
		Trust:       trustService("codebuild.amazonaws.com"),
		Inline: []policy{{"almost-everything", fromDataSource(`{"Version":"2012-10-17","Statement":[` +
			`{"Sid":"NotTheKeys","Effect":"Allow","NotAction":["account:*","iam:*","organizations:*"],"Resource":"*"}]}`)}},
		Session: session{name: "AWSCodeBuild-$(uuid)", ip: "34.245.$(int:1:254).$(int:1:254)", agent: cliAgent, hours: 2},
		Jobs: []job{{Region: mainRegion, When: daily(0.6), Calls: []call{
			assumedBy("codebuild.amazonaws.com"),
			manage("logs", "CreateLogStream", `{"logGroupName":"/aws/codebuild/integration-tests","logStreamName":"$(uuid)"}`).then(1),
			dynamo("PutItem", "orders", `,"key":{"orderId":"test-$(digits:5)"}`).then(10),
			dynamo("Query", "orders", `,"keyConditionExpression":"orderId = :o"`).then(2),
			message("SendMessage", "order-events", `,"messageBody":"HIDDEN_DUE_TO_SECURITY_REASONS"`).then(2),
			message("ReceiveMessage", "order-events", `,"maxNumberOfMessages":10`).then(2),
			dynamo("DeleteItem", "orders", `,"key":{"orderId":"test-$(digits:5)"}`).then(5),
		}}},
		Unlogged: []string{"lambda"},
		Granted:  []string{"*"},
		Truth: truth{
			Story: "NotAction: everything but identity. Uses three services.",
			Needs: []string{
				"dynamodb:PutItem arn:aws:dynamodb:eu-west-1:777788889999:table/orders", "dynamodb:Query arn:aws:dynamodb:eu-west-1:777788889999:table/orders",
				"dynamodb:DeleteItem arn:aws:dynamodb:eu-west-1:777788889999:table/orders", "sqs:SendMessage arn:aws:sqs:eu-west-1:777788889999:order-events",
				"sqs:ReceiveMessage arn:aws:sqs:eu-west-1:777788889999:order-events", "logs:CreateLogStream *", "logs:PutLogEvents *", "lambda:InvokeFunction *",
			},
			Unseen: []string{"lambda:InvokeFunction", "logs:PutLogEvents"},
			Expect: []string{"a grant by exclusion is left or made positive, never widened", "lambda:InvokeFunction is kept as blind: last-accessed data shows Lambda in use and the trail records no invocations"},
		},
	}
}

// billingReport reads costs in the management account every Monday.
func billingReport() *role {
	return &role{
		Account: management, Name: "billing-report", Created: "2023-04-12T09:00:00+00:00",
		Trust: trustService("lambda.amazonaws.com"),
		Inline: []policy{{"costs", `{"Version":"2012-10-17","Statement":[` +
			`{"Sid":"Costs","Effect":"Allow","Action":["budgets:ModifyBudget","budgets:ViewBudget","ce:Get*","organizations:ListAccounts"],"Resource":"*"}]}`}},
		Attached: []string{"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
		Session:  functionSession("billing-report", pythonAgent),
		Jobs: []job{{Region: home, When: weekly(time.Monday, 5), Calls: []call{
			assumedBy("lambda.amazonaws.com"),
			manage("logs", "CreateLogStream", `{"logGroupName":"/aws/lambda/billing-report","logStreamName":"$(path)/[$LATEST]$(hex:32)"}`).then(1),
			look("ce", "GetCostAndUsage", `{"timePeriod":{"Start":"$(month)-01","End":"$(day)"},"granularity":"DAILY","metrics":["UnblendedCost"],"groupBy":[{"Type":"DIMENSION","Key":"LINKED_ACCOUNT"}]}`).then(2),
			look("organizations", "ListAccounts", `{}`).then(1),
		}}},
		Granted: []string{"budgets", "ce", "logs", "organizations"},
		Truth: truth{
			Story:  "A weekly job in the management account, where no SCP applies.",
			Needs:  []string{"ce:GetCostAndUsage *", "organizations:ListAccounts *", "logs:CreateLogStream *", "logs:PutLogEvents *"},
			Unseen: []string{"logs:PutLogEvents"},
			Expect: []string{"budgets:ModifyBudget and budgets:ViewBudget go; ce:Get* becomes what is used"},
		},
	}
}

// caseIntake works in GovCloud: another partition, another organisation.
func caseIntake() *role {
	return &role{
		Account: government, Name: "case-intake", Created: "2025-06-30T13:12:11+00:00",
		Description: "Takes in case files",
		Trust:       trustService("lambda.amazonaws.com"),
		Inline: []policy{{"case-files", `{"Version":"2012-10-17","Statement":[` +
			`{"Sid":"Files","Effect":"Allow","Action":["s3:DeleteObject","s3:GetObject","s3:PutObject"],"Resource":"arn:aws-us-gov:s3:::acme-gov-case-files/*"},` +
			`{"Sid":"Queue","Effect":"Allow","Action":["sqs:DeleteMessage","sqs:ReceiveMessage","sqs:SendMessage"],"Resource":"arn:aws-us-gov:sqs:us-gov-west-1:555566667777:case-intake"},` +
			`{"Sid":"Secrets","Effect":"Allow","Action":["secretsmanager:DeleteSecret","secretsmanager:GetSecretValue","secretsmanager:PutSecretValue"],"Resource":"arn:aws-us-gov:secretsmanager:us-gov-west-1:555566667777:secret:case-intake/*"}]}`}},
		Attached: []string{"arn:aws-us-gov:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
		Tags:     [][2]string{{"aws:cloudformation:stack-name", "case-intake"}},
		Session:  functionSession("case-intake", pythonAgent),
		Jobs: []job{
			{Region: gov, When: daily(0.5), Calls: []call{
				assumedBy("lambda.amazonaws.com"),
				look("secretsmanager", "GetSecretValue", `{"secretId":"arn:aws-us-gov:secretsmanager:us-gov-west-1:555566667777:secret:case-intake/registry-p0Qx7e"}`).then(1),
			}},
			{Region: gov, When: daily(1.5), Scales: true, Calls: []call{s3Object("PutObject", "acme-gov-case-files", "cases/$(path)/$(k=digits:8).pdf")}},
			{Region: gov, When: daily(0.5), Calls: []call{s3Object("GetObject", "acme-gov-case-files", "cases/$(path)/$(k=digits:8).pdf")}},
		},
		Unlogged: []string{"sqs"},
		Granted:  []string{"logs", "s3", "secretsmanager", "sqs"},
		Truth: truth{
			Story: "GovCloud: ARNs of partition aws-us-gov, a trail of its own with basic selectors that record no queues.",
			Needs: []string{
				"s3:PutObject arn:aws-us-gov:s3:::acme-gov-case-files/cases/*", "s3:GetObject arn:aws-us-gov:s3:::acme-gov-case-files/cases/*",
				"secretsmanager:GetSecretValue arn:aws-us-gov:secretsmanager:us-gov-west-1:555566667777:secret:case-intake/registry-*",
				"sqs:ReceiveMessage arn:aws-us-gov:sqs:us-gov-west-1:555566667777:case-intake", "sqs:DeleteMessage arn:aws-us-gov:sqs:us-gov-west-1:555566667777:case-intake",
				"logs:PutLogEvents *", "logs:CreateLogStream *",
			},
			Unseen: []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "logs:PutLogEvents", "logs:CreateLogStream"},
			Expect: []string{"secretsmanager:DeleteSecret and secretsmanager:PutSecretValue go", "the queue's actions are kept as blind", "every ARN stays in aws-us-gov"},
		},
	}
}
