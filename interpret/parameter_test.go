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

func TestImpliedByParameter(t *testing.T) {
	layer := "arn:aws:lambda:eu-west-1:111122223333:layer:l:3"
	secret := "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s-AbCdEf"
	function := "arn:aws:lambda:eu-west-1:111122223333:function:f"
	cluster := "arn:aws:rds:eu-west-1:111122223333:cluster:c"
	ec2 := "arn:aws:ec2:eu-west-1:111122223333:"
	for _, c := range []struct {
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
	} {
		if diff := cmp.Diff(c.want, proves(c.source, c.event, c.params...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.event, diff)
		}
	}
}
