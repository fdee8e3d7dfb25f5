package interpret_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
)

// proves gives "action resource" of every resource of every call.
func proves(source, name string, params ...trail.Param) []string {
	o := trail.Observation{Fact: trail.Fact{
		EventSource: source, EventName: name, EventType: "AwsApiCall", Category: "Management",
		Region: "eu-west-1", Account: "111122223333", Params: params,
	}}
	got := interpret.New(catalog.Default()).Interpret(&o)
	var out []string
	for _, c := range got.Calls {
		for _, r := range c.Resources {
			out = append(out, string(c.Action)+" "+string(r))
		}
	}
	return out
}

const (
	layer    = "arn:aws:lambda:eu-west-1:111122223333:layer:l:3"
	secret   = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s-AbCdEf"
	function = "arn:aws:lambda:eu-west-1:111122223333:function:f"
	cluster  = "arn:aws:rds:eu-west-1:111122223333:cluster:c"
)

// impliedByParameter are requests and all that their parameters prove.
var impliedByParameter = []struct {
	source, event string
	params        []trail.Param
	want          []string
}{
	{
		"lambda.amazonaws.com", "CreateFunction20150331",
		[]trail.Param{{Path: "functionName", Value: "f"}, {Path: "layers[]", Value: layer}},
		[]string{"lambda:CreateFunction " + function, "lambda:GetLayerVersion " + layer},
	},
	{
		"rdsdata.amazonaws.com", "ExecuteStatement",
		[]trail.Param{{Path: "resourceArn", Value: cluster}, {Path: "secretArn", Value: secret}},
		[]string{"rds-data:ExecuteStatement " + cluster, "secretsmanager:GetSecretValue " + secret},
	},
	{
		"ec2.amazonaws.com", "AssociateIamInstanceProfile",
		[]trail.Param{
			{Path: "AssociateIamInstanceProfileRequest.IamInstanceProfile.Name", Value: "p"},
			{Path: "AssociateIamInstanceProfileRequest.InstanceId", Value: "i-1"},
		},
		[]string{"ec2:AssociateIamInstanceProfile " + ec2 + "instance/i-1", "iam:PassRole arn:aws:iam::111122223333:role/*"},
	},
	{
		"ec2.amazonaws.com", "CreateSnapshot",
		[]trail.Param{{Path: "tagSpecificationSet.items[].resourceType", Value: "snapshot"}, {Path: "volumeId", Value: "vol-1"}},
		[]string{
			"ec2:CreateSnapshot " + ec2 + "volume/vol-1", "ec2:CreateSnapshot arn:aws:ec2:eu-west-1::snapshot/*",
			"ec2:CreateTags arn:aws:ec2:eu-west-1::snapshot/*",
		},
	},
	{
		"s3.amazonaws.com", "CreateBucket",
		[]trail.Param{{Path: "bucketName", Value: "b"}, {Path: "x-amz-bucket-object-lock-enabled", Value: "true"}},
		[]string{"s3:CreateBucket arn:aws:s3:::b", "s3:PutBucketObjectLockConfiguration arn:aws:s3:::b", "s3:PutBucketVersioning arn:aws:s3:::b"},
	},
	{
		"osis.amazonaws.com", "CreatePipeline",
		[]trail.Param{{Path: "pipelineName", Value: "p"}, {Path: "pipelineRoleArn", Value: "arn:aws:iam::111122223333:role/r"}},
		[]string{"osis:CreatePipeline *", "iam:PassRole arn:aws:iam::111122223333:role/r"},
	},
	{ // a role wherever it stands
		"mediaconnect.amazonaws.com", "CreateRouterInput",
		[]trail.Param{{Path: "configuration.standard.transitEncryption.roleArn", Value: "arn:aws:iam::111122223333:role/r"}},
		[]string{"mediaconnect:CreateRouterInput arn:aws:mediaconnect:eu-west-1:111122223333:routerInput:*", "iam:PassRole arn:aws:iam::111122223333:role/r"},
	},
	{ // an attribute of a topic that is a role, and one that is not
		"sns.amazonaws.com", "SetTopicAttributes",
		[]trail.Param{{Path: "attributeValue", Value: "arn:aws:iam::111122223333:role/r"}, {Path: "topicArn", Value: "arn:aws:sns:eu-west-1:111122223333:t"}},
		[]string{"sns:SetTopicAttributes arn:aws:sns:eu-west-1:111122223333:t", "iam:PassRole arn:aws:iam::111122223333:role/r"},
	},
	{
		"sns.amazonaws.com", "SetTopicAttributes",
		[]trail.Param{{Path: "topicArn", Value: "arn:aws:sns:eu-west-1:111122223333:t"}},
		[]string{"sns:SetTopicAttributes arn:aws:sns:eu-west-1:111122223333:t"},
	},
	{ // where the role stands is not known
		"mediastore.amazonaws.com", "StartAccessLogging",
		[]trail.Param{{Path: "containerName", Value: "c"}},
		[]string{"mediastore:StartAccessLogging arn:aws:mediastore:eu-west-1:111122223333:container/c", "iam:PassRole arn:aws:iam::111122223333:role/*"},
	},
	{
		"lambda.amazonaws.com", "CreateFunction20150331",
		[]trail.Param{{Path: "code.s3Bucket", Value: "b"}, {Path: "code.s3Key", Value: "k/f.zip"}, {Path: "functionName", Value: "f"}},
		[]string{"lambda:CreateFunction " + function, "s3:GetObject arn:aws:s3:::b/k/f.zip"},
	},
	{
		"lambda.amazonaws.com", "UpdateFunctionCode20150331v2",
		[]trail.Param{{Path: "functionName", Value: "f"}, {Path: "s3Bucket", Value: "b"}, {Path: "s3Key", Value: "f.zip"}, {Path: "s3ObjectVersion", Value: "v"}},
		[]string{"lambda:UpdateFunctionCode " + function, "s3:GetObjectVersion arn:aws:s3:::b/f.zip"},
	},
}

func TestImpliedByParameter(t *testing.T) {
	for _, c := range impliedByParameter {
		if diff := cmp.Diff(c.want, proves(c.source, c.event, c.params...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.event, diff)
		}
	}
}

// TestTemplateRead: the read of a stack's template, by the URL it lies at.
func TestTemplateRead(t *testing.T) {
	const get, version = "s3:GetObject arn:aws:s3:::", "s3:GetObjectVersion arn:aws:s3:::"
	for url, want := range map[string]string{
		"https://s3.amazonaws.com/b/dir/t.json":                   get + "b/dir/t.json",
		"https://s3-eu-west-1.amazonaws.com/b/t.json":             get + "b/t.json",
		"https://s3.eu-west-1.amazonaws.com/b/t.json":             get + "b/t.json",
		"https://s3.dualstack.eu-west-1.amazonaws.com/b/t.json":   get + "b/t.json",
		"https://b.s3.amazonaws.com/t.json":                       get + "b/t.json",
		"https://a.b.s3.eu-west-1.amazonaws.com/a%20b":            get + "a.b/a b",
		"https://b.s3-eu-west-1.amazonaws.com/t?versionId=v":      version + "b/t",
		"https://b.s3.cn-north-1.amazonaws.com.cn/t":              get + "b/t",
		"https://s3.amazonaws.com/b":                              "",
		"https://p-111122223333.s3-accesspoint.r.amazonaws.com/t": "",
		"https://example.com/b/t.json":                            "",
		"https://s3.example.com/b/t.json":                         "",
		"ssm-doc://t":                                             "",
		"":                                                        "",
	} {
		got := proves("cloudformation.amazonaws.com", "CreateStack", trail.Param{Path: "stackName", Value: "s"}, trail.Param{Path: "templateURL", Value: url})
		stack := "cloudformation:CreateStack arn:aws:cloudformation:eu-west-1:111122223333:stack/s/*"
		wanted := []string{stack}
		if want != "" {
			wanted = append(wanted, want)
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", url, diff)
		}
	}
}
