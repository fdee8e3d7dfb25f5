package trail

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseObjectName(t *testing.T) {
	at := time.Date(2015, 8, 17, 15, 1, 31, 0, time.UTC)
	for uri, want := range map[string]ObjectName{
		"s3://b/p/AWSLogs/o-abc/111122223333/CloudTrail/us-east-2/2015/08/17/111122223333_CloudTrail_us-east-2_20150817T1501Z_FqJ0pSpqyFuBnYZs.json.gz": {
			File: "111122223333_CloudTrail_us-east-2_20150817T1501Z_FqJ0pSpqyFuBnYZs.json.gz", Account: "111122223333", Region: "us-east-2",
			Delivered: at.Truncate(time.Minute),
		},
		"111122223333_CloudTrail-Digest_us-east-2_my_own_trail_us-west-1_20150817T150131Z.json.gz": {
			File: "111122223333_CloudTrail-Digest_us-east-2_my_own_trail_us-west-1_20150817T150131Z.json.gz", Account: "111122223333", Region: "us-east-2",
			Delivered: at, Digest: true, Chain: "111122223333_us-east-2_my_own_trail_us-west-1",
		},
		"/x/111122223333_CloudTrail-Digest_us-east-2_t_us-west-1_20150817T150131Z_backfill.json.gz": {
			File: "111122223333_CloudTrail-Digest_us-east-2_t_us-west-1_20150817T150131Z_backfill.json.gz", Account: "111122223333", Region: "us-east-2",
			Delivered: at, Digest: true, Backfill: true, Chain: "111122223333_us-east-2_t_us-west-1_backfill",
		},
	} {
		got, ok := ParseObjectName(uri)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%s: %v %s", uri, ok, diff)
		}
	}
	for _, uri := range []string{
		"", "/", "events.json", "../../etc/passwd", "x_CloudTrail_us-east-2_20150817T1501Z_F.json.gz", "111122223333_CloudTrail_us-east-2_yesterday_F.json.gz",
		"111122223333_CloudTrail__20150817T1501Z_F.json.gz", "111122223333_CloudTrail_us-east-2_20150817T1501Z.json.gz", "111122223333_CloudTrail-Digest_",
		"111122223333_CloudTrail-Digest_us-east-2_20150817T150131.json.gz", "111122223333_CloudTrail-Digest_20150817T150131Z.json.gz",
	} {
		if got, ok := ParseObjectName(uri); ok {
			t.Errorf("%q is read as %+v", uri, got)
		}
	}
}
