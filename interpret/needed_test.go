package interpret_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/trail"
)

func TestNeededResources(t *testing.T) {
	ec2 := "arn:aws:ec2:eu-west-1:111122223333:"
	for _, c := range []struct {
		source, event string
		params        []trail.Param
		want          []string
	}{
		{ // each of several identifiers
			"ec2.amazonaws.com", "TerminateInstances",
			[]trail.Param{{Path: "instancesSet.items[].instanceId", Value: "i-1"}, {Path: "instancesSet.items[].instanceId", Value: "i-2"}},
			[]string{"ec2:TerminateInstances " + ec2 + "instance/i-1", "ec2:TerminateInstances " + ec2 + "instance/i-2"},
		},
		{ // the type by the identifier's prefix
			"ec2.amazonaws.com", "CreateTags",
			[]trail.Param{{Path: "resourcesSet.items[].resourceId", Value: "i-1"}, {Path: "resourcesSet.items[].resourceId", Value: "vol-1"}},
			[]string{"ec2:CreateTags " + ec2 + "instance/i-1", "ec2:CreateTags " + ec2 + "volume/vol-1"},
		},
		{ // the service's default
			"athena.amazonaws.com", "CreateNamedQuery", nil,
			[]string{"athena:CreateNamedQuery arn:aws:athena:eu-west-1:111122223333:workgroup/primary"},
		},
		{ // a query's ID does not tell its workgroup: any
			"athena.amazonaws.com", "GetQueryExecution",
			[]trail.Param{{Path: "queryExecutionId", Value: "q-1"}},
			[]string{"athena:GetQueryExecution arn:aws:athena:eu-west-1:111122223333:workgroup/*"},
		},
		{ // a made identifier, whatever resourceId says
			"autoscaling.amazonaws.com", "RegisterScalableTarget",
			[]trail.Param{{Path: "resourceId", Value: "table/T"}},
			[]string{"application-autoscaling:RegisterScalableTarget arn:aws:application-autoscaling:eu-west-1:111122223333:scalable-target/*"},
		},
		{ // a secret by its name
			"secretsmanager.amazonaws.com", "GetSecretValue",
			[]trail.Param{{Path: "secretId", Value: "db/main"}},
			[]string{"secretsmanager:GetSecretValue arn:aws:secretsmanager:eu-west-1:111122223333:secret:db/main-??????"},
		},
		{ // an ARN as the path of the URL held it
			"kafka.amazonaws.com", "DescribeCluster",
			[]trail.Param{{Path: "clusterArn", Value: "arn%3Aaws%3Akafka%3Aeu-west-1%3A111122223333%3Acluster%2Fm%2Fu-2"}},
			[]string{"kafka:DescribeCluster arn:aws:kafka:eu-west-1:111122223333:cluster/m/u-2"},
		},
		{
			"iam.amazonaws.com", "CreateServiceLinkedRole",
			[]trail.Param{{Path: "aWSServiceName", Value: "ecs.amazonaws.com"}},
			[]string{"iam:CreateServiceLinkedRole arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/*"},
		},
	} {
		if diff := cmp.Diff(c.want, proves(c.source, c.event, c.params...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.event, diff)
		}
	}
}
