package ingest

import (
	"strings"
	"testing"
	"time"
)

func TestBookmarkStart(t *testing.T) {
	after := strings.TrimPrefix(keyAt(false, "111122223333", "eu-west-1", time.Date(2026, 10, 20, 0, 30, 0, 0, time.UTC), 7), "AWSLogs/111122223333/CloudTrail/eu-west-1/")
	now := time.Date(2026, 10, 21, 0, 0, 0, 0, time.UTC)
	recent, old := now.Add(-time.Hour).Unix(), now.Add(-relistEvery).Unix()
	hourBefore := "2026/10/19/111122223333_CloudTrail_eu-west-1_20261019T2330Z"
	for name, c := range map[string]struct {
		mark     bookmark
		from     string
		want     string
		relisted bool
	}{
		"the first time":        {bookmark{}, "2026/07/20", "2026/07/20", true},
		"all there is":          {bookmark{}, "", "", true},
		"over midnight":         {bookmark{"2026/07/20", after, recent}, "2026/07/21", hourBefore, false},
		"a week later":          {bookmark{"2026/07/20", after, old}, "2026/07/21", "2026/09/20", true},
		"in a short window":     {bookmark{"2026/07/20", after, old}, "2026/10/15", "2026/10/15", true},
		"a wider window":        {bookmark{"2026/07/20", after, recent}, "2026/01/01", "2026/01/01", true},
		"a window without ends": {bookmark{"2026/07/20", after, recent}, "", "", true},
		"an odd name":           {bookmark{"2026/07/20", "2026/10/20/odd.json", recent}, "2026/07/21", "2026/10/20", false},
		"no day at all":         {bookmark{"2026/07/20", "odd.json", recent}, "2026/07/21", "2026/07/21", false},
		"a new window is after": {bookmark{"2026/07/20", after, recent}, "2026/11/01", "2026/11/01", false},
	} {
		got := c.mark.start(c.from, now)
		if got != c.want || (c.mark.Relisted == now.Unix()) != c.relisted {
			t.Errorf("%s: %q (%+v), want %q", name, got, c.mark, c.want)
		}
	}
}
