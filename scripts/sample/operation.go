package main

// operation is an API operation of the generated organisation. In its texts
// NAME stands for the resource's name, ARN for the resource's ARN.
type operation struct {
	name   string // eventName
	action string // IAM action
	read   bool
	data   bool // a data event
	hidden bool // never in a trail
	params string
}

// kind is a kind of resource and what is done with it.
type kind struct {
	source    string // event source
	prefix    string // IAM prefix
	arn       string // ARN without "arn:partition:"; NAME is the part that varies
	typ       string // resources.type of its data events
	names     string // how its resources are called
	operate   []operation
	idle      []string // actions that nobody in the organisation uses
	unnamed   bool     // its actions take no resource
	container bool     // NAME lies in a bucket
}

// kinds is the vocabulary of the generated organisation: services whose
// events, actions and resources are well documented.
//
// Source: Service Authorization Reference, and the CloudTrail chapters of the
// services' guides for the request parameters.
var kinds = []kind{
	{
		source: "dynamodb", prefix: "dynamodb", arn: "dynamodb:$(region):$(account):table/NAME", typ: "AWS::DynamoDB::Table", names: "table",
		operate: []operation{
			{name: "GetItem", action: "dynamodb:GetItem", read: true, data: true, params: `{"tableName":"NAME","key":{"id":"$(digits:6)"}}`},
			{name: "PutItem", action: "dynamodb:PutItem", data: true, params: `{"tableName":"NAME","key":{"id":"$(digits:6)"}}`},
			{name: "UpdateItem", action: "dynamodb:UpdateItem", data: true, params: `{"tableName":"NAME","key":{"id":"$(digits:6)"}}`},
			{name: "Query", action: "dynamodb:Query", read: true, data: true, params: `{"tableName":"NAME","keyConditionExpression":"id = :i"}`},
			{name: "DeleteItem", action: "dynamodb:DeleteItem", data: true, params: `{"tableName":"NAME","key":{"id":"$(digits:6)"}}`},
			{name: "DescribeTable", action: "dynamodb:DescribeTable", read: true, params: `{"tableName":"NAME"}`},
		},
		idle: []string{"dynamodb:DeleteTable", "dynamodb:CreateTable", "dynamodb:UpdateTable", "dynamodb:Scan", "dynamodb:BatchWriteItem", "dynamodb:CreateBackup"},
	},
	{
		source: "s3", prefix: "s3", arn: "s3:::BUCKET/NAME", typ: "AWS::S3::Object", names: "objects", container: true,
		operate: []operation{
			{name: "GetObject", action: "s3:GetObject", read: true, data: true, params: `{"bucketName":"BUCKET","Host":"BUCKET.s3.$(region).amazonaws.com","key":"NAME"}`},
			{name: "PutObject", action: "s3:PutObject", data: true, params: `{"bucketName":"BUCKET","Host":"BUCKET.s3.$(region).amazonaws.com","key":"NAME"}`},
			{name: "DeleteObject", action: "s3:DeleteObject", data: true, params: `{"bucketName":"BUCKET","Host":"BUCKET.s3.$(region).amazonaws.com","key":"NAME"}`},
		},
		idle: []string{"s3:PutObjectAcl", "s3:RestoreObject", "s3:GetObjectTagging", "s3:PutObjectTagging", "s3:AbortMultipartUpload"},
	},
	{
		source: "sqs", prefix: "sqs", arn: "sqs:$(region):$(account):NAME", typ: "AWS::SQS::Queue", names: "queue",
		operate: []operation{
			{name: "SendMessage", action: "sqs:SendMessage", data: true, params: `{"queueUrl":"https://sqs.$(region).amazonaws.com/$(account)/NAME"}`},
			{name: "ReceiveMessage", action: "sqs:ReceiveMessage", data: true, params: `{"queueUrl":"https://sqs.$(region).amazonaws.com/$(account)/NAME","maxNumberOfMessages":10}`},
			{name: "DeleteMessage", action: "sqs:DeleteMessage", data: true, params: `{"queueUrl":"https://sqs.$(region).amazonaws.com/$(account)/NAME"}`},
			{name: "GetQueueAttributes", action: "sqs:GetQueueAttributes", read: true, params: `{"queueUrl":"https://sqs.$(region).amazonaws.com/$(account)/NAME","attributeNames":["All"]}`},
		},
		idle: []string{"sqs:PurgeQueue", "sqs:DeleteQueue", "sqs:CreateQueue", "sqs:SetQueueAttributes", "sqs:AddPermission"},
	},
	{
		source: "sns", prefix: "sns", arn: "sns:$(region):$(account):NAME", typ: "AWS::SNS::Topic", names: "topic",
		operate: []operation{
			{name: "Publish", action: "sns:Publish", data: true, params: `{"topicArn":"ARN","message":"HIDDEN_DUE_TO_SECURITY_REASONS"}`},
			{name: "GetTopicAttributes", action: "sns:GetTopicAttributes", read: true, params: `{"topicArn":"ARN"}`},
		},
		idle: []string{"sns:DeleteTopic", "sns:Subscribe", "sns:SetTopicAttributes", "sns:AddPermission"},
	},
	{
		source: "secretsmanager", prefix: "secretsmanager", arn: "secretsmanager:$(region):$(account):secret:NAME-a1B2c3", names: "secret",
		operate: []operation{
			{name: "GetSecretValue", action: "secretsmanager:GetSecretValue", read: true, params: `{"secretId":"ARN"}`},
			{name: "DescribeSecret", action: "secretsmanager:DescribeSecret", read: true, params: `{"secretId":"ARN"}`},
			{name: "PutSecretValue", action: "secretsmanager:PutSecretValue", params: `{"secretId":"ARN","clientRequestToken":"$(uuid)"}`},
		},
		idle: []string{"secretsmanager:DeleteSecret", "secretsmanager:UpdateSecret", "secretsmanager:RotateSecret", "secretsmanager:PutResourcePolicy"},
	},
	{
		source: "ssm", prefix: "ssm", arn: "ssm:$(region):$(account):parameter/NAME", names: "parameter",
		operate: []operation{
			{name: "GetParameter", action: "ssm:GetParameter", read: true, params: `{"name":"/NAME","withDecryption":true}`},
			{name: "PutParameter", action: "ssm:PutParameter", params: `{"name":"/NAME","type":"String","overwrite":true}`},
		},
		idle: []string{"ssm:DeleteParameter", "ssm:GetParametersByPath", "ssm:GetParameterHistory", "ssm:LabelParameterVersion"},
	},
	{
		source: "lambda", prefix: "lambda", arn: "lambda:$(region):$(account):function:NAME", names: "function",
		operate: []operation{
			{name: "Invoke", action: "lambda:InvokeFunction", data: true, hidden: true, params: `{"functionName":"ARN"}`},
			{name: "GetFunction20150331v2", action: "lambda:GetFunction", read: true, params: `{"functionName":"NAME"}`},
			{name: "UpdateFunctionCode20150331v2", action: "lambda:UpdateFunctionCode", params: `{"functionName":"NAME","publish":false,"dryRun":false}`},
		},
		idle: []string{"lambda:DeleteFunction", "lambda:AddPermission", "lambda:PutFunctionConcurrency", "lambda:UpdateFunctionConfiguration"},
	},
	{
		source: "states", prefix: "states", arn: "states:$(region):$(account):stateMachine:NAME", names: "workflow",
		operate: []operation{
			{name: "StartExecution", action: "states:StartExecution", params: `{"stateMachineArn":"ARN","input":"HIDDEN_DUE_TO_SECURITY_REASONS","name":"$(uuid)"}`},
			{name: "DescribeStateMachine", action: "states:DescribeStateMachine", read: true, params: `{"stateMachineArn":"ARN"}`},
		},
		idle: []string{"states:DeleteStateMachine", "states:UpdateStateMachine", "states:ListExecutions"},
	},
	{
		source: "kms", prefix: "kms", arn: "kms:$(region):$(account):key/NAME", names: "key", typ: "AWS::KMS::Key",
		operate: []operation{
			{name: "Decrypt", action: "kms:Decrypt", read: true, params: `{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","keyId":"ARN"}`},
			{name: "GenerateDataKey", action: "kms:GenerateDataKey", read: true, params: `{"keyId":"ARN","keySpec":"AES_256"}`},
		},
		idle: []string{"kms:ScheduleKeyDeletion", "kms:PutKeyPolicy", "kms:CreateGrant", "kms:DisableKey"},
	},
	{
		source: "ecs", prefix: "ecs", arn: "ecs:$(region):$(account):service/fleet/NAME", names: "service",
		operate: []operation{
			{name: "DescribeServices", action: "ecs:DescribeServices", read: true, params: `{"cluster":"fleet","services":["NAME"]}`},
			{name: "UpdateService", action: "ecs:UpdateService", params: `{"cluster":"fleet","service":"NAME","forceNewDeployment":true}`},
		},
		idle: []string{"ecs:DeleteService", "ecs:CreateService", "ecs:UpdateServicePrimaryTaskSet"},
	},
	{
		source: "rds", prefix: "rds", arn: "rds:$(region):$(account):db:NAME", names: "database",
		operate: []operation{
			{name: "DescribeDBInstances", action: "rds:DescribeDBInstances", read: true, params: `{"dBInstanceIdentifier":"NAME"}`},
			{name: "RebootDBInstance", action: "rds:RebootDBInstance", params: `{"dBInstanceIdentifier":"NAME"}`},
		},
		idle: []string{"rds:DeleteDBInstance", "rds:ModifyDBInstance", "rds:StopDBInstance"},
	},
	{
		source: "ec2", prefix: "ec2", names: "network", unnamed: true,
		operate: []operation{
			{name: "DescribeInstances", action: "ec2:DescribeInstances", read: true, params: `{"instancesSet":{},"filterSet":{}}`},
			{name: "DescribeSecurityGroups", action: "ec2:DescribeSecurityGroups", read: true, params: `{"securityGroupSet":{},"securityGroupIdSet":{},"filterSet":{}}`},
			{name: "DescribeVolumes", action: "ec2:DescribeVolumes", read: true, params: `{"volumeSet":{},"filterSet":{}}`},
		},
		idle: []string{"ec2:DescribeVpcs", "ec2:DescribeSnapshots", "ec2:DescribeImages", "ec2:DescribeSubnets"},
	},
	{
		source: "monitoring", prefix: "cloudwatch", names: "metrics", unnamed: true,
		operate: []operation{
			{name: "PutMetricData", action: "cloudwatch:PutMetricData", data: true, hidden: true, params: `{"namespace":"app"}`},
		},
		idle: []string{"cloudwatch:GetMetricData", "cloudwatch:ListMetrics"},
	},
}
