package interpret_test

import (
	"bytes"
	"testing"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/ingest"
	"github.com/pruner/pruner/interpret"
)

// FuzzInterpret: whatever a record says, it is interpreted without a panic, the
// same way twice, and no call grows beyond its parameters.
func FuzzInterpret(f *testing.F) {
	f.Add([]byte(`{"eventVersion":"1.08","eventTime":"2026-01-02T03:04:05Z","eventSource":"ec2.amazonaws.com","eventName":"TerminateInstances","awsRegion":"eu-west-1","eventType":"AwsApiCall","eventID":"e","recipientAccountId":"111122223333","userIdentity":{"type":"Root","accountId":"111122223333"},"requestParameters":{"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"*${a}"}]}}}`))
	f.Add([]byte(`{"eventVersion":"1.08","eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"CopyObject","awsRegion":"cn-north-1","eventType":"AwsApiCall","eventID":"e","recipientAccountId":"111122223333","userIdentity":{"type":"AWSAccount"},"requestParameters":{"bucketName":"b","key":"?","x-amz-copy-source":"%zz?versionId="}}`))
	c := catalog.Default()
	in := interpret.New(c)
	f.Fuzz(func(t *testing.T, record []byte) {
		for r, err := range ingest.Records(bytes.NewReader(record), "fuzz", ingest.RecordOptions{Params: c.Param, Below: c.ParamBelow, Cut: c.Cut}) {
			if err != nil {
				continue
			}
			o := r.Observe(true)
			got, again := in.Interpret(&o), in.Interpret(&o)
			if len(got.Calls) != len(again.Calls) || got.Class != again.Class {
				t.Fatalf("interpreted in two ways: %v and %v", got, again)
			}
			if got.Class == interpret.API && len(got.Calls) == 0 {
				t.Fatal("a call without an action")
			}
			for _, call := range got.Calls {
				if len(call.Resources) == 0 || len(call.Resources) > 64*(len(o.Params)+len(o.Resources)+64) {
					t.Fatalf("%s has %d resources", call.Action, len(call.Resources))
				}
			}
		}
	})
}
