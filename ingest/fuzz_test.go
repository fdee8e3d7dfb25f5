package ingest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/trail"
)

// FuzzRecords: no bytes make the scanner panic, and what it understands can be
// folded.
func FuzzRecords(f *testing.F) {
	for _, seed := range []string{
		`{"Records":[{"eventTime":"2026-10-01T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject "}]}`,
		`[{"eventName":"x","eventSource":"y","userIdentity":null,"resources":"text"}]`,
		"{\"eventName\":\"x\",\"eventSource\":\"y\",\"requestParameters\":{\"a\":[{\"b\":\"\\ud83d\\ude00\"}]}}\n{\"eventName\":",
		// What stands where begins as what stood there before, and goes on in another way.
		`[{"eventName":"DescribeInstanceTypes","eventSource":"ec2.amazonaws.com","awsRegion":"eu-west-1","eventTime":"2026-10-01T10:00:00Z"},
{"eventName":"DescribeInstanceTypeOfferings","eventSource":"ec2.amazonaws.com.cn","awsRegion":" eu-west-1","eventTime":"2026-10-01T24:00:00Z"},
{"eventName":"DescribeInstanceTyp\u0065s","eventSource":"ec2.amazonaws.com\"","awsRegion":null,"eventTime":"2026-10-1T10:00:00Z"},
{"eventName":"DescribeInstanceTypes","eventSource":"ec2.amazonaws.com","resources":[{"type":"AWS::EC2::Instance","ARN":"a"},{"ARN":"b","type":"AWS::EC2::InstanceConnect"}]},
{"eventName":"DescribeInstanceTypes","eventSource":"ec2.amazonaws.com","awsRegion":"eu-west-1`,
		"\x1f\x8b\x08\x00", `{"Records":`, "\xef\xbb\xbf[]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fold := trail.NewFolding()
		for r, err := range Records(bytes.NewReader(data), "fuzz", keepAll) {
			if err == nil {
				fold.Add(r)
			}
		}
		s := newScanner(newDecoder(&keepAll))
		first := scanned(s, data)
		if diff := cmp.Diff(first, scanned(s, data)); diff != "" {
			t.Error(diff)
		}
	})
}

// scanned is what a scanner makes of an object, as texts.
func scanned(s *scanner, data []byte) (out []string) {
	s.scan(newOpener(false).open(bytes.NewReader(data)), "", func(r *trail.Record, err error) bool {
		if err != nil {
			out = append(out, err.Error())
		} else {
			out = append(out, fmt.Sprintf("%+v", *r))
		}
		return true
	})
	return out
}

// TestWhatWasReadBefore: a scanner guesses by what it read. Whatever that was,
// it reads an object as one that has read nothing.
func TestWhatWasReadBefore(t *testing.T) {
	objects := map[string][]byte{}
	for _, dir := range []string{"../testdata/cloudtrail/logs", "../../shared/cloudtrail", "../../shared/cloudtrail-malformed"} {
		for o, err := range (folderSource{dir}).List(context.Background()) {
			if err != nil {
				break // not everyone has the shared ones
			}
			data, err := os.ReadFile(o.URI)
			if err != nil {
				t.Fatal(err)
			}
			if len(objects) < 400 && len(data) < 1<<20 {
				objects[o.URI] = data
			}
		}
	}
	s := newScanner(newDecoder(&keepAll))
	for range 2 {
		for name, data := range objects { // in another order each time
			if diff := cmp.Diff(scanned(newScanner(newDecoder(&keepAll)), data), scanned(s, data)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}
