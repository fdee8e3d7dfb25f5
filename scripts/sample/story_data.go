package main

// monthEndClose runs on the first of the month and is asleep otherwise.
func monthEndClose() *role {
	const workgroup = `"workGroup":"finance"`
	return &role{
		Account: prod, Name: "month-end-close", Created: "2024-01-08T13:27:59+00:00",
		Description: "Closes the month's books",
		Trust:       trustService("lambda.amazonaws.com"),
		Inline: []policy{{"books", `{"Version":"2012-10-17","Statement":[` +
			`{"Sid":"Query","Effect":"Allow","Action":"athena:*","Resource":"arn:aws:athena:eu-west-1:444455556666:workgroup/finance"},` +
			`{"Sid":"Tables","Effect":"Allow","Action":["glue:DeleteTable","glue:GetDatabase","glue:GetPartitions","glue:GetTable"],"Resource":["arn:aws:glue:eu-west-1:444455556666:catalog","arn:aws:glue:eu-west-1:444455556666:database/finance","arn:aws:glue:eu-west-1:444455556666:table/finance/*"]},` +
			`{"Sid":"Ledger","Effect":"Allow","Action":["s3:DeleteObject","s3:GetBucketLocation","s3:GetObject","s3:ListBucket","s3:PutObject"],"Resource":["arn:aws:s3:::acme-finance-ledger","arn:aws:s3:::acme-finance-ledger/*"]},` +
			`{"Sid":"Tell","Effect":"Allow","Action":"sns:*","Resource":"arn:aws:sns:eu-west-1:444455556666:books-closed"}]}`}},
		Attached: []string{"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
		Session:  functionSession("month-end-close", pythonAgent),
		Jobs: []job{{Region: mainRegion, When: monthly(1, 3), Calls: []call{
			assumedBy("lambda.amazonaws.com"),
			manage("logs", "CreateLogStream", `{"logGroupName":"/aws/lambda/month-end-close","logStreamName":"$(path)/[$LATEST]$(hex:32)"}`).then(1),
			manage("athena", "StartQueryExecution", `{"queryString":"***OMITTED***","clientRequestToken":"$(uuid)","queryExecutionContext":{"database":"finance"},`+workgroup+`}`).
				answered(`{"queryExecutionId":"$(uuid)"}`).then(2),
			look("glue", "GetDatabase", `{"name":"finance"}`).then(1),
			look("glue", "GetTable", `{"databaseName":"finance","name":"bookings"}`).then(1),
			look("glue", "GetPartitions", `{"databaseName":"finance","tableName":"bookings","expression":"month = '$(lastmonth)'"}`).then(1),
			look("s3", "GetBucketLocation", `{"bucketName":"acme-finance-ledger","location":"","Host":"acme-finance-ledger.s3.eu-west-1.amazonaws.com"}`).then(1).on("AWS::S3::Bucket", "arn:aws:s3:::acme-finance-ledger"),
			s3List("acme-finance-ledger", "bookings/month=$(lastmonth)/").then(2),
			s3Object("GetObject", "acme-finance-ledger", "bookings/month=$(lastmonth)/part-0.parquet").then(1),
			look("athena", "GetQueryExecution", `{"queryExecutionId":"$(uuid)"}`).then(30),
			look("athena", "GetQueryResults", `{"queryExecutionId":"$(uuid)","maxResults":1000}`).then(5),
			s3Object("PutObject", "acme-finance-ledger", "closed/$(lastmonth).csv").then(3),
			publish("books-closed").then(1),
		}}},
		Granted: []string{"athena", "glue", "logs", "s3", "sns"},
		Truth: truth{
			Story: "A monthly job: two runs in the window, and every call of them needed.",
			Needs: []string{
				"athena:StartQueryExecution arn:aws:athena:eu-west-1:444455556666:workgroup/finance", "athena:GetQueryExecution arn:aws:athena:eu-west-1:444455556666:workgroup/finance",
				"athena:GetQueryResults arn:aws:athena:eu-west-1:444455556666:workgroup/finance", "glue:GetDatabase arn:aws:glue:eu-west-1:444455556666:database/finance",
				"glue:GetTable arn:aws:glue:eu-west-1:444455556666:table/finance/bookings", "glue:GetPartitions arn:aws:glue:eu-west-1:444455556666:table/finance/bookings",
				"s3:GetBucketLocation arn:aws:s3:::acme-finance-ledger", "s3:ListBucket arn:aws:s3:::acme-finance-ledger", "s3:GetObject arn:aws:s3:::acme-finance-ledger/bookings/*",
				"s3:PutObject arn:aws:s3:::acme-finance-ledger/closed/*", "sns:Publish arn:aws:sns:eu-west-1:444455556666:books-closed",
				"logs:CreateLogStream *", "logs:PutLogEvents *",
			},
			Unseen: []string{"logs:PutLogEvents"},
			Expect: []string{"two days of use are use: nothing of the job goes", "glue:DeleteTable and most of athena:* and sns:* go"},
		},
	}
}

// legacyImporter has not been used for a year.
func legacyImporter() *role {
	return &role{
		Account: prod, Name: "legacy-importer", Created: "2019-05-14T06:58:33+00:00",
		Description: "Imports orders from the old shop",
		Trust:       trustService("ec2.amazonaws.com"),
		Inline: []policy{{"import", `{"Version":"2012-10-17","Statement":[` +
			`{"Sid":"Write","Effect":"Allow","Action":["dynamodb:BatchWriteItem","dynamodb:PutItem"],"Resource":"arn:aws:dynamodb:eu-west-1:444455556666:table/*"}]}`}},
		Attached: []string{"arn:aws:iam::aws:policy/AmazonS3FullAccess"},
		Session:  session{name: "i-$(hex:17)", ip: "10.40.9.7", agent: goAgent, hours: 6},
		LastUsed: "2025-09-11T04:12:08+00:00",
		Granted:  []string{"dynamodb", "s3", "s3-object-lambda"},
		Truth: truth{
			Story:  "An unused role: nothing in the logs, nothing in the last-accessed report.",
			Expect: []string{"quarantine by a deny-all boundary is proposed; the role is not deleted"},
		},
	}
}

const catalogData = `{"Version":"2012-10-17","Statement":[` +
	`{"Sid":"Products","Effect":"Allow","Action":["dynamodb:BatchGetItem","dynamodb:BatchWriteItem","dynamodb:DeleteItem","dynamodb:DeleteTable","dynamodb:GetItem","dynamodb:PutItem","dynamodb:Query","dynamodb:Scan","dynamodb:UpdateItem","dynamodb:UpdateTable"],"Resource":["arn:aws:dynamodb:eu-west-1:444455556666:table/products","arn:aws:dynamodb:eu-west-1:444455556666:table/products/index/*"]},` +
	`{"Sid":"Prices","Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem"],"Resource":"arn:aws:dynamodb:eu-west-1:444455556666:table/prices"}]}`

const catalogPolicyARN = "arn:aws:iam::444455556666:policy/catalog-data"

// catalogReader and catalogWriter hold one policy and use different halves.
func catalogReader() *role {
	return &role{
		Account: prod, Name: "catalog-reader", Created: "2024-06-17T09:05:10+00:00",
		Trust: trustService("ecs-tasks.amazonaws.com"), Attached: []string{catalogPolicyARN},
		Session: taskSession(),
		Jobs: []job{
			{Region: mainRegion, When: daily(0.2), Calls: []call{assumedBy("ecs-tasks.amazonaws.com")}},
			{Region: mainRegion, When: daily(2), Scales: true, Calls: []call{dynamo("Query", "products", `,"indexName":"by-category","keyConditionExpression":"category = :c"`)}},
			{Region: mainRegion, When: daily(0.6), Scales: true, Calls: []call{
				dynamo("GetItem", "products", `,"key":{"sku":"$(digits:7)"}`),
				dynamo("GetItem", "prices", `,"key":{"sku":"$(digits:7)"}`),
			}},
		},
		Granted: []string{"dynamodb"},
		Truth: truth{
			Story: "One of two holders of a shared policy: reads.",
			Needs: []string{
				"dynamodb:Query arn:aws:dynamodb:eu-west-1:444455556666:table/products/index/by-category",
				"dynamodb:GetItem arn:aws:dynamodb:eu-west-1:444455556666:table/products", "dynamodb:GetItem arn:aws:dynamodb:eu-west-1:444455556666:table/prices",
			},
			Expect: []string{"the shared policy is narrowed to what both holders use: the writer's actions stay here too"},
		},
	}
}

func catalogWriter() *role {
	return &role{
		Account: prod, Name: "catalog-writer", Created: "2024-06-17T09:05:12+00:00",
		Trust: trustService("ecs-tasks.amazonaws.com"), Attached: []string{catalogPolicyARN},
		Session: taskSession(),
		Jobs: []job{
			{Region: mainRegion, When: daily(0.2), Calls: []call{assumedBy("ecs-tasks.amazonaws.com")}},
			{Region: mainRegion, When: office(1.5), Scales: true, Calls: []call{
				dynamo("PutItem", "products", `,"key":{"sku":"$(digits:7)"}`),
				dynamo("UpdateItem", "products", `,"key":{"sku":"$(digits:7)"},"updateExpression":"SET stock = :n"`).then(1),
			}},
			{Region: mainRegion, When: office(1), Calls: []call{dynamo("PutItem", "prices", `,"key":{"sku":"$(digits:7)"}`)}},
		},
		Granted: []string{"dynamodb"},
		Truth: truth{
			Story: "The other holder of the shared policy: writes.",
			Needs: []string{
				"dynamodb:PutItem arn:aws:dynamodb:eu-west-1:444455556666:table/products", "dynamodb:UpdateItem arn:aws:dynamodb:eu-west-1:444455556666:table/products",
				"dynamodb:PutItem arn:aws:dynamodb:eu-west-1:444455556666:table/prices",
			},
			Expect: []string{"dynamodb:DeleteTable, dynamodb:UpdateTable, dynamodb:Scan and the batch calls go from the shared policy"},
		},
	}
}

const engineeringBoundary = `{"Version":"2012-10-17","Statement":[` +
	`{"Sid":"WhatEngineersMayBuildWith","Effect":"Allow","Action":["athena:*","glue:Get*","glue:StartJobRun","logs:*","s3:GetObject","s3:ListBucket","s3:PutBucketAcl","s3:PutObject","sns:Publish"],"Resource":"*"}]}`

const engineeringBoundaryARN = "arn:aws:iam::444455556666:policy/engineering-boundary"

// partnerETL is granted much that a boundary and an SCP take away again: what
// they refuse is no use, and what they allow is not a grant.
func partnerETL() *role {
	return &role{
		Account: prod, Name: "partner-etl", Created: "2025-03-03T08:19:47+00:00",
		Description: "Loads what partners drop",
		Trust:       trustService("glue.amazonaws.com"),
		Inline: []policy{{"partner-etl", fromDataSource(`{"Version":"2012-10-17","Statement":[` +
			`{"Sid":"Drop","Effect":"Allow","Action":["s3:DeleteBucket","s3:DeleteObject","s3:GetObject","s3:ListBucket","s3:PutBucketAcl","s3:PutObject"],"Resource":["arn:aws:s3:::acme-partner-drop","arn:aws:s3:::acme-partner-drop/*"]},` +
			`{"Sid":"Catalog","Effect":"Allow","Action":["glue:CreateTable","glue:DeleteDatabase","glue:DeleteTable","glue:GetDatabase","glue:GetTable","glue:GetTables","glue:StartJobRun","glue:UpdateTable"],"Resource":"*"}]}`)}},
		Boundary: engineeringBoundaryARN,
		Session:  session{name: "GlueJobRunnerSession", ip: "10.40.$(int:4:6).$(int:4:250)", agent: pythonAgent, hours: 24},
		Jobs: []job{
			{Region: mainRegion, When: daily(0.6), Scales: true, Calls: []call{
				assumedBy("glue.amazonaws.com"),
				s3List("acme-partner-drop", "incoming/").then(2),
				s3Object("GetObject", "acme-partner-drop", "incoming/$(pick:north|south|west)/$(day).csv").then(1),
				look("glue", "GetTable", `{"databaseName":"partners","name":"drops"}`).then(1),
				s3Object("PutObject", "acme-partner-drop", "loaded/$(day)/part-$(k=int:0:7).parquet").then(8),
			}},
			// A partner's idea of a file name: whoever drops a file chooses its key.
			{Region: mainRegion, When: on(7, "2026-09-03"), Calls: []call{
				s3Object("GetObject", "acme-partner-drop", `incoming/south/*${aws:username}\"; $'<b>%0a|.csv`),
			}},
			{Region: mainRegion, When: on(10, "2026-08-20", "2026-09-24"), Calls: []call{
				manage("glue", "DeleteDatabase", `{"name":"partners_old"}`).denied("AccessDeniedException",
					"User: arn:aws:sts::444455556666:assumed-role/partner-etl/$(session) is not authorized to perform: glue:DeleteDatabase on resource: arn:aws:glue:eu-west-1:444455556666:database/partners_old because no permissions boundary allows the glue:DeleteDatabase action"),
				manage("s3", "PutBucketAcl", `{"bucketName":"acme-partner-drop","acl":"","x-amz-acl":"public-read","Host":"acme-partner-drop.s3.eu-west-1.amazonaws.com"}`).
					on("AWS::S3::Bucket", "arn:aws:s3:::acme-partner-drop").denied("AccessDenied",
					"User: arn:aws:sts::444455556666:assumed-role/partner-etl/$(session) is not authorized to perform: s3:PutBucketAcl on resource: \\\"arn:aws:s3:::acme-partner-drop\\\" with an explicit deny in a service control policy").then(7),
			}},
		},
		Granted: []string{"glue", "s3"},
		Truth: truth{
			Story: "A role behind a permissions boundary and an SCP; its attempts at more were denied.",
			Needs: []string{
				"s3:ListBucket arn:aws:s3:::acme-partner-drop", "s3:GetObject arn:aws:s3:::acme-partner-drop/incoming/*", "s3:PutObject arn:aws:s3:::acme-partner-drop/loaded/*",
				"glue:GetTable arn:aws:glue:eu-west-1:444455556666:table/partners/drops",
			},
			Expect: []string{
				"glue:DeleteDatabase and s3:PutBucketAcl were denied and are no use: they go",
				"the boundary is left alone and grants nothing by itself",
			},
		},
	}
}

const searchPolicy = `{"Version":"2012-10-17","Statement":[` +
	`{"Sid":"Index","Effect":"Allow","Action":["s3:DeleteObject","s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::acme-search-index/*"},` +
	`{"Sid":"Products","Effect":"Allow","Action":["dynamodb:DeleteItem","dynamodb:GetItem","dynamodb:PutItem","dynamodb:Scan","dynamodb:UpdateItem"],"Resource":"arn:aws:dynamodb:eu-west-1:444455556666:table/products"}]}`

// searchIndexer was deleted and made again under its name on 1 August. What
// the old one did says nothing of the new one.
func searchIndexer() *role {
	return &role{
		Account: prod, Name: "search-indexer", Created: "2026-08-01T12:04:21+00:00",
		Description: "Feeds the search index",
		Trust:       trustService("ecs-tasks.amazonaws.com"),
		Inline:      []policy{{"index", searchPolicy}},
		Session:     taskSession(),
		Jobs: []job{{Region: mainRegion, When: daily(1), From: "2026-08-02", Scales: true, Calls: []call{
			assumedBy("ecs-tasks.amazonaws.com"),
			dynamo("Scan", "products", `,"limit":500`).then(1),
			s3Object("PutObject", "acme-search-index", "snapshots/$(day)/$(k=int:1:40).json.gz").then(3),
		}}},
		Granted: []string{"dynamodb", "s3"},
		Truth: truth{
			Story: "A role re-created under the same name: the new unique ID inherits nothing of the old one's use.",
			Needs: []string{"dynamodb:Scan arn:aws:dynamodb:eu-west-1:444455556666:table/products", "s3:PutObject arn:aws:s3:::acme-search-index/snapshots/*"},
			Expect: []string{
				"s3:GetObject and the dynamodb writes go as safe: only the old role, AROA…, made such calls",
			},
		},
	}
}

// searchIndexerBefore is the deleted role.
func searchIndexerBefore() *role {
	return &role{
		Account: prod, Name: "search-indexer", ID: uniqueID("AROA", prod.ID, "search-indexer", "first"),
		Created: "2022-02-02T10:00:00+00:00", Deleted: "2026-08-01T12:02:10+00:00",
		Session: taskSession(),
		Jobs: []job{{Region: mainRegion, When: daily(24), Until: "2026-07-31", Calls: []call{
			dynamo("GetItem", "products", `,"key":{"sku":"$(digits:7)"}`),
			dynamo("PutItem", "products", `,"key":{"sku":"$(digits:7)"}`).then(1),
			dynamo("DeleteItem", "products", `,"key":{"sku":"$(digits:7)"}`).then(1),
			s3Object("GetObject", "acme-search-index", "live/$(k=digits:6).json").then(1),
			s3Object("DeleteObject", "acme-search-index", "live/$(k=digits:6).json").then(1),
		}}},
		Truth: truth{Story: "The first search-indexer, deleted on 1 August 2026.", Expect: []string{"it is another principal; nothing is proposed for it"}},
	}
}

// recreation is how Terraform replaced search-indexer.
func recreation() []call {
	return []call{
		manage("iam", "DeleteRolePolicy", `{"roleName":"search-indexer","policyName":"index"}`),
		manage("iam", "DeleteRole", `{"roleName":"search-indexer"}`).then(2),
		manage("iam", "CreateRole", `{"roleName":"search-indexer","description":"Feeds the search index","maxSessionDuration":3600,"assumeRolePolicyDocument":`+quoted(trustService("ecs-tasks.amazonaws.com"))+`}`).then(131),
		manage("iam", "PutRolePolicy", `{"roleName":"search-indexer","policyName":"index","policyDocument":`+quoted(searchPolicy)+`}`).then(3),
	}
}

const reportUploaderPolicy = `{"Version":"2012-10-17","Statement":[` +
	`{"Sid":"Archive","Effect":"Allow","Action":["s3:AbortMultipartUpload","s3:PutObject"],"Resource":"arn:aws:s3:::acme-report-archive/*"},` +
	`{"Sid":"AnnounceToTeams","Effect":"Allow","Action":["sns:Publish","sqs:SendMessage"],"Resource":["arn:aws:sns:eu-west-1:444455556666:reports","arn:aws:sqs:eu-west-1:444455556666:report-jobs"]}]}`

const reportUploaderBefore = `{"Version":"2012-10-17","Statement":[` +
	`{"Sid":"Archive","Effect":"Allow","Action":["s3:AbortMultipartUpload","s3:PutObject"],"Resource":"arn:aws:s3:::acme-report-archive/*"}]}`

// reportUploader got a statement three weeks ago that nobody has used yet.
func reportUploader() *role {
	return &role{
		Account: prod, Name: "report-uploader", Created: "2025-10-06T15:31:02+00:00",
		Trust: trustService("ecs-tasks.amazonaws.com"), Attached: []string{"arn:aws:iam::444455556666:policy/report-uploader"},
		Session: taskSession(),
		Jobs: []job{{Region: mainRegion, When: daily(1.5), Scales: true, Calls: []call{
			s3Object("PutObject", "acme-report-archive", "daily/$(day)/$(pick:sales|stock|returns).parquet"),
		}}},
		Granted: []string{"s3", "sns", "sqs"},
		Truth: truth{
			Story:  "A young grant: a statement added on 9 October, not used yet.",
			Needs:  []string{"s3:PutObject arn:aws:s3:::acme-report-archive/daily/*", "sns:Publish arn:aws:sns:eu-west-1:444455556666:reports"},
			Unseen: []string{"sns:Publish"},
			Expect: []string{"sns:Publish and sqs:SendMessage are kept as young"},
		},
	}
}

// ownPolicies are the managed policies that the organisation wrote.
func ownPolicies() []*managed {
	return []*managed{
		{ARN: catalogPolicyARN, Versions: []version{{1, "2024-06-17T09:05:08+00:00", catalogData}}},
		{ARN: engineeringBoundaryARN, Versions: []version{{1, "2025-01-13T10:00:41+00:00", engineeringBoundary}}},
		{ARN: "arn:aws:iam::444455556666:policy/report-uploader", Versions: []version{
			{1, "2025-10-06T15:30:58+00:00", ""},
			{2, "2025-12-01T10:11:12+00:00", reportUploaderBefore},
			{3, "2026-10-09T09:03:40+00:00", reportUploaderPolicy},
		}},
		{ARN: "arn:aws:iam::222233334444:policy/audit-reader", Versions: []version{{1, "2024-02-19T12:00:00+00:00", auditReaderPolicy}}},
	}
}
