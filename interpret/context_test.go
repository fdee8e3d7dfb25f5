package interpret_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
)

// TestContext holds what an event reveals of the request's context: a service
// that calls for a role shows as via, one that calls as itself or the console
// does not.
func TestContext(t *testing.T) {
	region := iam.Attribute{Key: "aws:RequestedRegion", Values: []string{"eu-west-1"}}
	via := iam.Attribute{Key: "aws:ViaAWSService", Values: []string{"true"}}
	last := iam.Attribute{Key: "aws:CalledViaLast", Values: []string{"s3.amazonaws.com"}}
	for _, c := range []struct {
		why  string
		id   trail.Identity
		want iam.Context
	}{
		{"a service for a role", trail.Identity{Type: "AssumedRole", InvokedBy: "s3.amazonaws.com"}, iam.Context{
			last, region, via, {Key: "kms:ViaService", Values: []string{"s3.eu-west-1.amazonaws.com"}},
		}},
		{"a service that is not named", trail.Identity{Type: "AssumedRole", InvokedBy: "AWS Internal"}, iam.Context{region, via}},
		{"the console", trail.Identity{Type: "IAMUser", InvokedBy: "signin.amazonaws.com"}, iam.Context{region}},
		{"a service as itself", trail.Identity{Type: "AWSService", InvokedBy: "s3.amazonaws.com"}, iam.Context{region}},
		{"MFA", trail.Identity{Type: "IAMUser", MFA: trail.True}, iam.Context{
			{Key: "aws:MultiFactorAuthPresent", Values: []string{"true"}}, region,
		}},
	} {
		o := trail.Observation{Fact: trail.Fact{
			EventSource: "kms.amazonaws.com", EventName: "Decrypt", EventType: "AwsApiCall",
			Region: "eu-west-1", Account: account, Identity: c.id,
		}}
		got := interpret.New(catalog.Default()).Interpret(&o)
		if diff := cmp.Diff(c.want, got.Calls[0].Context); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}
