package interpret_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
)

const account = "111122223333"

const ec2 = "arn:aws:ec2:eu-west-1:" + account + ":"

// resourceRules are requests and the resources that they are authorised on.
var resourceRules = []struct {
	why, source, event string
	params             []trail.Param
	want               []string
}{
	{
		"an identifier that begins as its ARN's end does", "organizations.amazonaws.com", "AttachPolicy",
		[]trail.Param{{Path: "policyId", Value: "p-1"}, {Path: "targetId", Value: "ou-r1-2"}},
		[]string{
			"organizations:AttachPolicy arn:aws:organizations::" + account + ":ou/o-*/ou-r1-2",
			"organizations:AttachPolicy arn:aws:organizations::" + account + ":policy/o-*/*/p-1",
		},
	},
	{
		"a rule of the default bus", "events.amazonaws.com", "PutRule",
		[]trail.Param{{Path: "name", Value: "r"}},
		[]string{"events:PutRule arn:aws:events:eu-west-1:" + account + ":rule/r"},
	},
	{
		"a rule of a bus", "events.amazonaws.com", "PutRule",
		[]trail.Param{{Path: "eventBusName", Value: "b"}, {Path: "name", Value: "r"}},
		[]string{"events:PutRule arn:aws:events:eu-west-1:" + account + ":rule/b/r"},
	},
	{
		"a name behind a word of the format", "kms.amazonaws.com", "CreateAlias",
		[]trail.Param{{Path: "aliasName", Value: "alias/x"}, {Path: "targetKeyId", Value: "k"}},
		[]string{"kms:CreateAlias arn:aws:kms:eu-west-1:" + account + ":alias/x", "kms:CreateAlias arn:aws:kms:eu-west-1:" + account + ":key/k"},
	},
	{
		"an alias is no key", "kms.amazonaws.com", "DescribeKey",
		[]trail.Param{{Path: "keyId", Value: "alias/x"}},
		[]string{"kms:DescribeKey arn:aws:kms:eu-west-1:" + account + ":key/*"},
	},
	{
		"a type called SomethingResource", "rum.amazonaws.com", "CreateAppMonitor",
		[]trail.Param{{Path: "Name", Value: "m"}},
		[]string{"rum:CreateAppMonitor arn:aws:rum:eu-west-1:" + account + ":appmonitor/m"},
	},
	{
		"a name is no made-up identifier", "redshift-serverless.amazonaws.com", "CreateNamespace",
		[]trail.Param{{Path: "namespaceName", Value: "n"}},
		[]string{"redshift-serverless:CreateNamespace arn:aws:redshift-serverless:eu-west-1:" + account + ":namespace/*"},
	},
	{
		"an ARN that fits no format of its own type", "backup.amazonaws.com", "DeleteRecoveryPoint",
		[]trail.Param{{Path: "backupVaultName", Value: "v"}, {Path: "recoveryPointArn", Value: "arn:aws:ec2:eu-west-1::snapshot/snap-1"}},
		[]string{"backup:DeleteRecoveryPoint arn:aws:ec2:eu-west-1::snapshot/snap-1"},
	},
	{
		"what is made, and what it is made of", "ec2.amazonaws.com", "CreateVolume",
		[]trail.Param{{Path: "snapshotId", Value: "snap-1"}},
		[]string{"ec2:CreateVolume " + ec2 + "volume/*", "ec2:CreateVolume arn:aws:ec2:eu-west-1::snapshot/snap-1"},
	},
	{
		"lists as EC2 logs them", "ec2.amazonaws.com", "CreateVpcEndpoint",
		[]trail.Param{{Path: "CreateVpcEndpointRequest.RouteTableId.content", Value: "rtb-1"}, {Path: "CreateVpcEndpointRequest.VpcId", Value: "vpc-1"}},
		[]string{"ec2:CreateVpcEndpoint " + ec2 + "route-table/rtb-1", "ec2:CreateVpcEndpoint " + ec2 + "vpc-endpoint/*", "ec2:CreateVpcEndpoint " + ec2 + "vpc/vpc-1"},
	},
	{
		"the owner in a queue's URL", "sqs.amazonaws.com", "SendMessage",
		[]trail.Param{{Path: "queueUrl", Value: "https://sqs.eu-west-1.amazonaws.com/444455556666/q"}},
		[]string{"sqs:SendMessage arn:aws:sqs:eu-west-1:444455556666:q"},
	},
	{
		"a function by its alias", "lambda.amazonaws.com", "Invoke",
		[]trail.Param{{Path: "functionName", Value: "f"}, {Path: "qualifier", Value: "live"}},
		[]string{"lambda:InvokeFunction arn:aws:lambda:eu-west-1:" + account + ":function:f:live"},
	},
	{
		"a partial ARN", "lambda.amazonaws.com", "GetFunction20150331v2",
		[]trail.Param{{Path: "functionName", Value: account + ":function:f"}},
		[]string{"lambda:GetFunction arn:aws:lambda:eu-west-1:" + account + ":function:f"},
	},
	{
		"several names", "ssm.amazonaws.com", "GetParameters",
		[]trail.Param{{Path: "names[]", Value: "/a/b"}, {Path: "names[]", Value: "c"}},
		[]string{"ssm:GetParameters arn:aws:ssm:eu-west-1:" + account + ":parameter/a/b", "ssm:GetParameters arn:aws:ssm:eu-west-1:" + account + ":parameter/c"},
	},
	{
		"a bucket that a bucket replicates to", "s3.amazonaws.com", "PutBucketReplication",
		[]trail.Param{{Path: "ReplicationConfiguration.Rule.Destination.Bucket", Value: "arn:aws:s3:::other"}, {Path: "bucketName", Value: "b"}},
		[]string{"s3:PutReplicationConfiguration arn:aws:s3:::b"},
	},
	{
		"a resource of an optional type, named deep in the request", "apprunner.amazonaws.com", "CreateService",
		[]trail.Param{{Path: "serviceName", Value: "s"}, {Path: "sourceConfiguration.authenticationConfiguration.connectionArn", Value: "arn:aws:apprunner:eu-west-1:" + account + ":connection/c/1"}},
		[]string{
			"apprunner:CreateService arn:aws:apprunner:eu-west-1:" + account + ":connection/c/1",
			"apprunner:CreateService arn:aws:apprunner:eu-west-1:" + account + ":service/s/*",
		},
	},
	{
		"a name of the builder, not of its image", "appstream.amazonaws.com", "CreateImageBuilder",
		[]trail.Param{{Path: "name", Value: "b"}},
		[]string{
			"appstream:CreateImageBuilder arn:aws:appstream:eu-west-1:" + account + ":image-builder/b",
			"appstream:CreateImageBuilder arn:aws:appstream:eu-west-1:" + account + ":image/*",
		},
	},
	{
		"a stream of a group that is not named", "logs.amazonaws.com", "GetLogEvents",
		[]trail.Param{{Path: "logStreamName", Value: "s"}},
		[]string{"logs:GetLogEvents arn:aws:logs:eu-west-1:" + account + ":log-group:*:log-stream:s"},
	},
	{
		"a type called in short", "waf.amazonaws.com", "GetRateBasedRule",
		[]trail.Param{{Path: "ruleId", Value: "r"}},
		[]string{"waf:GetRateBasedRule arn:aws:waf::" + account + ":ratebasedrule/r"},
	},
	{
		"a type that a parameter names", "ssm.amazonaws.com", "AddTagsToResource",
		[]trail.Param{{Path: "resourceId", Value: "p"}, {Path: "resourceType", Value: "Parameter"}},
		[]string{"ssm:AddTagsToResource arn:aws:ssm:eu-west-1:" + account + ":parameter/p"},
	},
	{
		"a revision is not the name before it", "ecs.amazonaws.com", "RunTask",
		[]trail.Param{{Path: "taskDefinition", Value: "web"}},
		[]string{"ecs:RunTask arn:aws:ecs:eu-west-1:" + account + ":task-definition/web:*"},
	},
	{
		"the workgroup of a query that is only called by its identifier", "athena.amazonaws.com", "GetQueryExecution",
		[]trail.Param{{Path: "queryExecutionId", Value: "q"}},
		[]string{"athena:GetQueryExecution arn:aws:athena:eu-west-1:" + account + ":workgroup/*"},
	},
	{
		"an item's action", "dynamodb.amazonaws.com", "TransactWriteItems",
		[]trail.Param{{Path: "requestItems[].operation", Value: "Put"}, {Path: "requestItems[].tableName", Value: "T"}},
		[]string{"dynamodb:PutItem arn:aws:dynamodb:eu-west-1:" + account + ":table/T"},
	},
	{
		"a network load balancer", "elasticloadbalancing.amazonaws.com", "CreateLoadBalancer",
		[]trail.Param{{Path: "name", Value: "n"}, {Path: "type", Value: "network"}},
		[]string{"elasticloadbalancing:CreateLoadBalancer arn:aws:elasticloadbalancing:eu-west-1:" + account + ":loadbalancer/net/n/*"},
	},
}

// TestResourceRules holds the rules by which a request's parameters tell its
// resources, and what they must not be taken for.
func TestResourceRules(t *testing.T) {
	for _, c := range resourceRules {
		t.Run(c.why, func(t *testing.T) {
			if diff := cmp.Diff(c.want, proves(c.source, c.event, c.params...)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.event, diff)
			}
		})
	}
}

// TestImpliedByService holds the authorisations that single services' calls
// need beside their own.
func TestImpliedByService(t *testing.T) {
	table := "arn:aws:dynamodb:eu-west-1:" + account + ":table/T"
	for _, c := range []struct {
		source, event string
		params        []trail.Param
		want          []string
	}{
		{
			"kms.amazonaws.com", "CreateKey",
			[]trail.Param{{Path: "policy", Value: "given"}, {Path: "tags[].tagKey", Value: "given"}},
			[]string{"kms:CreateKey *", "kms:TagResource *", "kms:PutKeyPolicy *"},
		},
		{
			"dynamodb.amazonaws.com", "CreateTable",
			[]trail.Param{{Path: "resourcePolicy", Value: "given"}, {Path: "tableName", Value: "T"}},
			[]string{"dynamodb:CreateTable " + table, "dynamodb:PutResourcePolicy " + table},
		},
		{
			"s3.amazonaws.com", "CopyObject",
			[]trail.Param{{Path: "bucketName", Value: "b"}, {Path: "key", Value: "k"}, {Path: "x-amz-copy-source", Value: "s/o?versionId=1"}, {Path: "x-amz-grant-read", Value: "given"}},
			[]string{"s3:PutObject arn:aws:s3:::b/k", "s3:GetObjectVersion arn:aws:s3:::s/o", "s3:PutObjectAcl arn:aws:s3:::b/k"},
		},
		{
			"rds.amazonaws.com", "CreateDBInstance",
			[]trail.Param{{Path: "dBInstanceIdentifier", Value: "d"}, {Path: "tags[].key", Value: "given"}},
			[]string{"rds:CreateDBInstance arn:aws:rds:eu-west-1:" + account + ":db:d", "rds:AddTagsToResource arn:aws:rds:eu-west-1:" + account + ":db:d"},
		},
		{
			"logs.amazonaws.com", "CreateLogGroup",
			[]trail.Param{{Path: "logGroupName", Value: "g"}, {Path: "tags.a", Value: "given"}},
			[]string{"logs:CreateLogGroup arn:aws:logs:eu-west-1:" + account + ":log-group:g:*", "logs:TagResource arn:aws:logs:eu-west-1:" + account + ":log-group:g"},
		},
	} {
		if diff := cmp.Diff(c.want, proves(c.source, c.event, c.params...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.event, diff)
		}
	}
}

// TestLongList: a list too long to be told one by one is any of its type, and
// takes nothing away from the other types.
func TestLongList(t *testing.T) {
	var params []trail.Param
	for i := range 100 {
		params = append(params, trail.Param{Path: "resourcesSet.items[].resourceId", Value: "vol-" + strconv.Itoa(i)})
	}
	params = append(params, trail.Param{Path: "resourcesSet.items[].resourceId", Value: "i-1"})
	want := []string{
		"ec2:CreateTags arn:aws:ec2:eu-west-1:" + account + ":instance/i-1",
		"ec2:CreateTags arn:aws:ec2:eu-west-1:" + account + ":volume/*",
	}
	if diff := cmp.Diff(want, proves("ec2.amazonaws.com", "CreateTags", params...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestBelowStated: of a required type that nothing tells, its ARN begins as that
// of the parent that the event states.
func TestBelowStated(t *testing.T) {
	api := "arn:aws:appsync:eu-west-1:" + account + ":apis/a"
	o := trail.Observation{Fact: trail.Fact{
		EventSource: "appsync.amazonaws.com", EventName: "GraphQL", EventType: "AwsApiCall", Category: "Data",
		Region: "eu-west-1", Account: account, Resources: []trail.Resource{{ARN: api, Account: account}},
	}}
	got := interpret.New(catalog.Default()).Interpret(&o)
	want := []iam.Pattern{iam.Pattern(api), iam.Pattern(api) + "/types/*/fields/*"}
	if diff := cmp.Diff(want, got.Calls[0].Resources); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
