package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pruner/pruner/trail"
)

// kind is a sort of role: what it may do and what it does. In texts, {account},
// {role} and {n} stand for the role's own, {i} for one of a few things it works
// on day by day, {new} for what did not exist the day before.
type kind struct {
	name, service, policy string
	calls                 []call
}

type call struct {
	source, event string
	kind, arn     string   // of the resource, if the event names it
	params        []string // path, value, path, value, …
}

var kinds = []kind{
	{
		"exporter", "lambda.amazonaws.com",
		`{"Version":"2012-10-17","Statement":[{"Sid":"Lake","Effect":"Allow","Action":["s3:Get*","s3:Put*","s3:List*","s3:DeleteObject"],"Resource":["arn:aws:s3:::lake-{n}","arn:aws:s3:::lake-{n}/*"]},{"Effect":"Allow","Action":["kms:Decrypt","kms:Encrypt","kms:GenerateDataKey","kms:ReEncrypt*"],"Resource":"*"}]}`,
		[]call{
			{"s3", "PutObject", "AWS::S3::Object", "arn:aws:s3:::lake-{n}/out/{day}/{new}.parquet", []string{"bucketName", "lake-{n}", "key", "out/{day}/{new}.parquet"}},
			{"s3", "GetObject", "AWS::S3::Object", "arn:aws:s3:::lake-{n}/in/part-{i}", []string{"bucketName", "lake-{n}", "key", "in/part-{i}"}},
			{"s3", "GetObject", "AWS::S3::Object", "arn:aws:s3:::lake-{n}/in/{day}/{i}", []string{"bucketName", "lake-{n}", "key", "in/{day}/{i}"}},
			{"kms", "Decrypt", "AWS::KMS::Key", "arn:aws:kms:eu-west-1:{account}:key/k-{n}", nil},
		},
	},
	{
		"worker", "ecs-tasks.amazonaws.com",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:*:{account}:*"},{"Effect":"Allow","Action":["dynamodb:*"],"Resource":"arn:aws:dynamodb:*:{account}:table/*"}]}`,
		[]call{
			{"sqs", "GetQueueAttributes", "", "", []string{"queueUrl", "https://sqs.eu-west-1.amazonaws.com/{account}/q-{n}-{i}"}},
			{"sqs", "SetQueueAttributes", "", "", []string{"queueUrl", "https://sqs.eu-west-1.amazonaws.com/{account}/q-{n}-{i}"}},
			{"dynamodb", "DescribeTable", "", "", []string{"tableName", "t-{n}-{i}"}},
			{"ssm", "GetParameter", "", "", []string{"name", "/app/{role}/{i}"}},
		},
	},
	{
		"function", "lambda.amazonaws.com",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["secretsmanager:GetSecretValue","secretsmanager:DescribeSecret","secretsmanager:PutSecretValue"],"Resource":"arn:aws:secretsmanager:*:{account}:secret:*"},{"Effect":"Allow","Action":["kms:Decrypt","logs:*","ec2:CreateNetworkInterface","ec2:DeleteNetworkInterface","ec2:DescribeNetworkInterfaces"],"Resource":"*"}]}`,
		[]call{
			{"secretsmanager", "GetSecretValue", "", "", []string{"secretId", "arn:aws:secretsmanager:eu-west-1:{account}:secret:app/{role}/{i}-Ab1Cd2"}},
			{"kms", "Decrypt", "AWS::KMS::Key", "arn:aws:kms:eu-west-1:{account}:key/k-{i}", nil},
			{"logs", "CreateLogStream", "", "", []string{"logGroupName", "/aws/lambda/{role}", "logStreamName", "{day}/{new}"}},
		},
	},
	{
		"deployer", "codebuild.amazonaws.com",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["lambda:*","cloudformation:*","ecs:*"],"Resource":"*"},{"Sid":"Pass","Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::{account}:role/*"}]}`,
		[]call{
			{"lambda", "UpdateFunctionCode20150331v2", "", "", []string{"functionName", "fn-{n}-{i}"}},
			{"cloudformation", "DescribeStacks", "", "", []string{"stackName", "stack-{n}-{i}"}},
			{"ecs", "RegisterTaskDefinition", "", "", []string{"family", "t-{n}-{i}", "taskRoleArn", "arn:aws:iam::{account}:role/worker-1"}},
			{"ecs", "UpdateService", "", "", []string{"cluster", "c-{n}", "service", "s-{i}"}},
		},
	},
	{
		"scaler", "ec2.amazonaws.com",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:*Instances","ec2:CreateTags","ec2:Describe*","ec2:*Volume"],"Resource":"*"},{"Effect":"Allow","Action":"autoscaling:*","Resource":"*"}]}`,
		[]call{
			{"ec2", "TerminateInstances", "", "", []string{"instancesSet.items[].instanceId", "i-{new}"}},
			{"ec2", "DescribeInstances", "", "", []string{"filterSet.items[].name", "tag:{i}"}},
			{"autoscaling", "SetDesiredCapacity", "", "", []string{"autoScalingGroupName", "asg-{n}-{i}"}},
		},
	},
}

// record is the role's n-th record of a day.
func (r *role) record(day, n int) *trail.Record {
	c := &r.kind.calls[n%len(r.kind.calls)]
	item := n / len(r.kind.calls)
	at := firstDay.AddDate(0, 0, day).Add(time.Duration((r.n*37+n*61)%1440) * time.Minute)
	session := day / 30
	rec := &trail.Record{
		EventID: fmt.Sprintf("%08x-%04x-4%03x-8000-000000000000", r.n, day, n), EventTime: at,
		EventSource: c.source + ".amazonaws.com", EventName: c.event, EventType: "AwsApiCall", Category: "Management",
		Region: "eu-west-1", Account: r.account,
		Identity: trail.Identity{
			Type: "AssumedRole", ARN: fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/s%d", r.account, r.name, session),
			ID: r.id(), Account: r.account, IssuerARN: r.arn(), IssuerID: r.id(),
		},
	}
	if c.kind != "" {
		rec.Resources = []trail.Resource{{ARN: r.fill(c.arn, day, item), Account: r.account, Type: c.kind}}
	}
	for i := 0; i+1 < len(c.params); i += 2 {
		rec.Params = append(rec.Params, trail.Param{Path: c.params[i], Value: r.fill(c.params[i+1], day, item)})
	}
	rec.Params = trail.SortParams(rec.Params)
	return rec
}

func (r *role) fill(text string, day, item int) string {
	var b strings.Builder
	for {
		before, after, more := strings.Cut(text, "{")
		b.WriteString(before)
		if !more {
			return b.String()
		}
		word, rest, _ := strings.Cut(after, "}")
		if value, known := r.value(word, day, item); known {
			b.WriteString(value)
		} else { // a brace of a policy's own
			b.WriteString("{")
			rest = after
		}
		text = rest
	}
}

func (r *role) value(word string, day, item int) (value string, known bool) {
	switch word {
	case "account":
		return r.account, true
	case "role":
		return r.name, true
	case "n":
		return strconv.Itoa(r.n), true
	case "i":
		return strconv.Itoa(item), true
	case "day":
		return firstDay.AddDate(0, 0, day).Format("2006/01/02"), true
	case "new":
		return fmt.Sprintf("%08x%04x%05x", uint32(r.n)*2654435761, day, item), true
	}
	return "", false
}
