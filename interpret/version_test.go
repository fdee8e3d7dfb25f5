package interpret

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

func TestVersioned(t *testing.T) {
	in := New(catalog.Default())
	for event, want := range map[string][]iam.Action{
		"GetObject":            {"s3:GetObjectVersion"},
		"HeadObject":           {"s3:GetObject", "s3:GetObjectVersion"},
		"GetObjectAcl":         {"s3:GetObjectVersionAcl"},
		"GetObjectTagging":     {"s3:GetObjectVersionTagging"},
		"PutObjectTagging":     {"s3:PutObjectVersionTagging"},
		"DeleteObject":         {"s3:DeleteObjectVersion"},
		"DeleteObjectTagging":  {"s3:DeleteObjectVersionTagging"},
		"GetObjectRetention":   {"s3:GetObjectRetention"},
		"GetObjectAttributes":  {"s3:GetObjectVersion", "s3:GetObjectVersionAttributes"},
		"PutObjectLegalHold":   {"s3:PutObjectLegalHold"},
		"AbortMultipartUpload": {"s3:AbortMultipartUpload"},
	} {
		o := &trail.Observation{Fact: trail.Fact{
			EventSource: "s3.amazonaws.com", EventName: event, EventType: "AwsApiCall", Region: "eu-west-1", Account: "111122223333",
			Params: []trail.Param{{Path: "bucketName", Value: "b"}, {Path: "key", Value: "k"}, {Path: "versionId", Value: "v1"}},
		}}
		var got []iam.Action
		for _, c := range in.Interpret(o).Calls {
			got = append(got, c.Action)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s with versionId (-want +got):\n%s", event, diff)
		}
	}
}
