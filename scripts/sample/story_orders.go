package main

// ordersAPI is the over-broad application role: whole services on its own
// table, queue and bucket, of which it uses a handful of calls.
func ordersAPI() *role {
	return &role{
		Account: prod, Name: "orders-api", Created: "2024-03-11T10:12:45+00:00",
		Description: "Task role of the orders API",
		Trust:       trustService("ecs-tasks.amazonaws.com"),
		Inline: []policy{{"orders-data", fromDataSource(`{"Version":"2012-10-17","Statement":[` +
			`{"Sid":"Invoices","Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::acme-orders-invoices/*","arn:aws:s3:::acme-orders-invoices"]},` +
			`{"Sid":"Orders","Effect":"Allow","Action":"dynamodb:*","Resource":["arn:aws:dynamodb:eu-west-1:444455556666:table/orders/index/*","arn:aws:dynamodb:eu-west-1:444455556666:table/orders"]},` +
			`{"Sid":"Events","Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:eu-west-1:444455556666:order-events"}]}`)}},
		Tags:    [][2]string{{"team", "orders"}},
		Session: taskSession(),
		Jobs: []job{
			{Region: mainRegion, When: daily(0.2), Calls: []call{assumedBy("ecs-tasks.amazonaws.com")}},
			{Region: mainRegion, When: daily(4), Scales: true, Calls: []call{dynamo("GetItem", "orders", `,"key":{"orderId":"$(digits:6)"},"consistentRead":false`)}},
			{Region: mainRegion, When: daily(2), Scales: true, Calls: []call{
				dynamo("PutItem", "orders", `,"key":{"orderId":"$(digits:6)"},"conditionExpression":"attribute_not_exists(orderId)"`),
				message("SendMessage", "order-events", `,"messageBody":"HIDDEN_DUE_TO_SECURITY_REASONS"`).then(1),
			}},
			{Region: mainRegion, When: daily(2), Scales: true, Calls: []call{dynamo("Query", "orders", `,"indexName":"by-customer","keyConditionExpression":"customerId = :c","limit":25`)}},
			{Region: mainRegion, When: daily(2), Scales: true, Calls: []call{dynamo("UpdateItem", "orders", `,"key":{"orderId":"$(digits:6)"},"updateExpression":"SET orderState = :s"`)}},
			{Region: mainRegion, When: daily(1), Scales: true, Calls: []call{s3Object("PutObject", "acme-orders-invoices", "invoices/$(path)/$(k=digits:6).pdf")}},
			{Region: mainRegion, When: daily(1), Scales: true, Calls: []call{s3Object("GetObject", "acme-orders-invoices", "invoices/$(path)/$(k=digits:6).pdf")}},
			// A missing invoice answers 404 only to those who may list the bucket.
			{Region: mainRegion, When: daily(0.4), Calls: []call{s3Object("GetObject", "acme-orders-invoices", "invoices/$(path)/$(k=digits:6).pdf").
				denied("NoSuchKey", "The specified key does not exist.")}},
			// The bulk import was switched off at the end of July.
			{Region: mainRegion, When: daily(5), Until: "2026-07-31", Calls: []call{
				{
					Source: "dynamodb", Name: "BatchWriteItem", Data: true,
					Params:    `{"requestItems":{"orders":[]},"returnConsumedCapacity":"NONE"}`,
					Resources: `{"accountId":"$(account)","type":"AWS::DynamoDB::Table","ARN":"arn:$(partition):dynamodb:$(region):$(account):table/orders"}`,
				},
			}},
			// Someone wired the wrong table into a feature flag: refused, and so no
			// reason to grant it.
			{Region: mainRegion, When: on(11, "2026-10-06", "2026-10-07"), Calls: []call{
				dynamo("Scan", "customers", ``).denied("AccessDenied",
					"User: arn:aws:sts::444455556666:assumed-role/orders-api/$(session) is not authorized to perform: dynamodb:Scan on resource: arn:aws:dynamodb:eu-west-1:444455556666:table/customers because no identity-based policy allows the dynamodb:Scan action"),
			}},
		},
		Granted: []string{"dynamodb", "s3", "sqs"},
		Truth: truth{
			Story: "An over-broad application role: s3:*, dynamodb:* and sqs:* on its own resources, a handful of calls used.",
			Needs: []string{
				"dynamodb:GetItem arn:aws:dynamodb:eu-west-1:444455556666:table/orders",
				"dynamodb:PutItem arn:aws:dynamodb:eu-west-1:444455556666:table/orders",
				"dynamodb:UpdateItem arn:aws:dynamodb:eu-west-1:444455556666:table/orders",
				"dynamodb:Query arn:aws:dynamodb:eu-west-1:444455556666:table/orders/index/by-customer",
				"sqs:SendMessage arn:aws:sqs:eu-west-1:444455556666:order-events",
				"s3:PutObject arn:aws:s3:::acme-orders-invoices/invoices/*",
				"s3:GetObject arn:aws:s3:::acme-orders-invoices/invoices/*",
				"s3:ListBucket arn:aws:s3:::acme-orders-invoices",
			},
			Retired: []string{"dynamodb:BatchWriteItem arn:aws:dynamodb:eu-west-1:444455556666:table/orders"},
			Expect: []string{
				"dynamodb:*, s3:* and sqs:* shrink to what was used and what cannot be seen",
				"s3:ListBucket is kept: it is what made missing invoices answer 404",
				"dynamodb:BatchWriteItem was seen before the window: later, not safe",
				"dynamodb:Scan on customers was denied: never granted",
			},
		},
	}
}

// orderNotifier is a function of a SAM template, so its role's name ends in
// letters that CloudFormation made up.
func orderNotifier() *role {
	const name = "order-notifier-NotifyFunctionRole-7QX2M4KD91TZ"
	return &role{
		Account: prod, Name: name, Created: "2025-05-19T14:20:07+00:00",
		Trust: trustService("lambda.amazonaws.com"),
		Inline: []policy{{"NotifyFunctionRolePolicy0", `{"Version":"2012-10-17","Statement":[` +
			`{"Sid":"ReadEvents","Effect":"Allow","Action":["sqs:ChangeMessageVisibility","sqs:DeleteMessage","sqs:GetQueueAttributes","sqs:PurgeQueue","sqs:ReceiveMessage"],"Resource":"arn:aws:sqs:eu-west-1:444455556666:order-events"},` +
			`{"Sid":"TellCustomers","Effect":"Allow","Action":["sns:Publish","sns:Subscribe","sns:Unsubscribe"],"Resource":"arn:aws:sns:eu-west-1:444455556666:customer-mail"}]}`}},
		Attached: []string{"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
		Tags:     [][2]string{{"aws:cloudformation:stack-name", "order-notifier"}, {"lambda:createdBy", "SAM"}},
		Session:  functionSession("order-notifier-NotifyFunction-a1Wc9TzKq0Lb", nodeAgent),
		Jobs: []job{
			{Region: mainRegion, When: daily(0.3), Calls: []call{
				assumedBy("lambda.amazonaws.com"),
				manage("logs", "CreateLogStream", `{"logGroupName":"/aws/lambda/order-notifier-NotifyFunction-a1Wc9TzKq0Lb","logStreamName":"$(path)/[$LATEST]$(hex:32)"}`).then(1),
			}},
			{Region: mainRegion, When: daily(1.5), Scales: true, Calls: []call{
				message("ReceiveMessage", "order-events", `,"maxNumberOfMessages":10,"visibilityTimeout":180`),
				publish("customer-mail").then(1),
				message("DeleteMessage", "order-events", ``).then(1),
			}},
			{Region: mainRegion, When: daily(0.4), Calls: []call{look("sqs", "GetQueueAttributes", `{"queueUrl":"https://sqs.eu-west-1.amazonaws.com/444455556666/order-events","attributeNames":["ApproximateNumberOfMessages"]}`)}},
		},
		Granted: []string{"logs", "sns", "sqs"},
		Truth: truth{
			Story: "A SAM function with a generated role name: reads a queue, publishes to a topic.",
			Needs: []string{
				"sqs:ReceiveMessage arn:aws:sqs:eu-west-1:444455556666:order-events",
				"sqs:DeleteMessage arn:aws:sqs:eu-west-1:444455556666:order-events",
				"sqs:GetQueueAttributes arn:aws:sqs:eu-west-1:444455556666:order-events",
				"sns:Publish arn:aws:sns:eu-west-1:444455556666:customer-mail",
				"logs:CreateLogStream arn:aws:logs:eu-west-1:444455556666:log-group:/aws/lambda/order-notifier-NotifyFunction-a1Wc9TzKq0Lb:*",
				"logs:PutLogEvents arn:aws:logs:eu-west-1:444455556666:log-group:/aws/lambda/order-notifier-NotifyFunction-a1Wc9TzKq0Lb:*",
			},
			Unseen: []string{"logs:PutLogEvents"},
			Expect: []string{
				"sqs:PurgeQueue, sns:Subscribe and sns:Unsubscribe go",
				"AWSLambdaBasicExecutionRole stays: PutLogEvents is never in a trail",
			},
		},
	}
}
