package trail

import (
	"strings"
	"time"
)

// ObjectName is what the file name of an object that CloudTrail delivered says.
// Names are unique in a trail, so they stand for the object wherever it was
// copied to.
//
// Source: CloudTrail User Guide, "CloudTrail log file examples" (log file name
// format) and "CloudTrail digest file structure" (digest file location).
type ObjectName struct {
	File            string // the last part of the key
	Account, Region string
	Delivered       time.Time // of a log, to the minute; of a digest its end, to the second
	Digest          bool
	Backfill        bool   // a digest of logs that were delivered late
	Chain           string // of a digest: what the names of its chain share
}

const (
	logMark      = "_CloudTrail_"
	digestMark   = "_CloudTrail-Digest_"
	digestTail   = "20060102T150405Z"
	logTime      = "20060102T1504Z"
	backfillMark = "_backfill"
)

// FileOf is the last part of a key, path or URI.
func FileOf(uri string) string { return uri[strings.LastIndexByte(uri, '/')+1:] }

// ParseObjectName reads the name of a log or digest file. It reports false for
// any other name.
func ParseObjectName(uri string) (ObjectName, bool) {
	file := FileOf(uri)
	n := ObjectName{File: file}
	stem, _, _ := strings.Cut(file, ".")
	if account, rest, ok := strings.Cut(stem, digestMark); ok && isAccount(account) {
		n.Account, n.Digest = account, true
		return n, n.parseDigest(rest)
	}
	account, rest, ok := strings.Cut(stem, logMark)
	if !ok || !isAccount(account) {
		return ObjectName{}, false
	}
	region, rest, _ := strings.Cut(rest, "_")
	text, unique, _ := strings.Cut(rest, "_")
	at, err := time.Parse(logTime, text)
	n.Account, n.Region, n.Delivered = account, region, at
	return n, err == nil && region != "" && unique != ""
}

// parseDigest reads region_trail_homeRegion_endTime[_backfill]; the trail's
// name may hold "_" itself.
func (n *ObjectName) parseDigest(rest string) bool {
	rest, n.Backfill = strings.CutSuffix(rest, backfillMark)
	at := strings.LastIndexByte(rest, '_')
	region, trail, ok := strings.Cut(rest, "_")
	if !ok || at < 0 || trail == "" || region == "" {
		return false
	}
	var err error
	n.Delivered, err = time.Parse(digestTail, rest[at+1:])
	n.Region, n.Chain = region, n.Account+"_"+rest[:at]
	if n.Backfill {
		n.Chain += backfillMark
	}
	return err == nil
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}
