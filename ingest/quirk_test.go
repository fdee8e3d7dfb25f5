package ingest

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pruner/pruner/trail"
)

// TestQuirks: what real logs contain, each read as it is meant.
func TestQuirks(t *testing.T) {
	const base = `"eventTime":"2026-10-01T10:00:00Z","eventSource":"s3.amazonaws.com"`
	for name, c := range map[string]struct {
		json  string
		check func(*trail.Record) bool
	}{
		"trailing space in eventName": {`{` + base + `,"eventName":"SendSSHPublicKey "}`, func(r *trail.Record) bool { return r.EventName == "SendSSHPublicKey" }},
		"userIdentity null":           {`{` + base + `,"eventName":"x","userIdentity":null}`, func(r *trail.Record) bool { return r.Identity == trail.Identity{} }},
		"sessionIssuer empty":         {`{` + base + `,"eventName":"x","userIdentity":{"type":"AssumedRole","sessionContext":{"sessionIssuer":{}}}}`, func(r *trail.Record) bool { return r.Identity.IssuerARN == "" }},
		"boolean as string":           {`{` + base + `,"eventName":"x","readOnly":"true"}`, func(r *trail.Record) bool { return r.ReadOnly == trail.True }},
		"requestParameters a string":  {`{` + base + `,"eventName":"x","requestParameters":"{}"}`, func(r *trail.Record) bool { return len(r.Params) == 0 }},
		"resources a string":          {`{` + base + `,"eventName":"x","resources":"none"}`, func(r *trail.Record) bool { return len(r.Resources) == 0 }},
		"ARNPrefix":                   {`{` + base + `,"eventName":"x","resources":[{"ARNPrefix":"arn:aws:s3:::b/"}]}`, func(r *trail.Record) bool { return r.Resources[0].ARN == "arn:aws:s3:::b/*" }},
		"lower-case arn":              {`{` + base + `,"eventName":"x","resources":[{"arn":"arn:aws:s3:::b"}]}`, func(r *trail.Record) bool { return r.Resources[0].ARN == "arn:aws:s3:::b" }},
		"spaces in time":              {`{"eventTime":" 2026-10-01T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"x"}`, func(r *trail.Record) bool { return r.EventTime.Hour() == 10 }},
		"omitted":                     {`{` + base + `,"eventName":"x","requestParameters":{"omitted":true}}`, func(r *trail.Record) bool { return r.Omitted }},
		"session name is hashed":      {`{` + base + `,"eventName":"x","userIdentity":{"arn":"arn:aws:sts::111122223333:assumed-role/app/alice@example.com","principalId":"AROA:alice@example.com"}}`, func(r *trail.Record) bool { return !strings.Contains(r.Identity.ARN+r.Identity.ID, "alice") }},
		"no eventID":                  {`{` + base + `,"eventName":"x"}`, func(r *trail.Record) bool { return r.EventID == "" && r.EventName == "x" }},
		"no eventType":                {`{` + base + `,"eventName":"x","eventID":"e"}`, func(r *trail.Record) bool { return r.EventType == "" && r.Category == "" }},
		"no readOnly":                 {`{` + base + `,"eventName":"x"}`, func(r *trail.Record) bool { return r.ReadOnly == trail.NotSaid }},
		"false as string":             {`{` + base + `,"eventName":"x","readOnly":"false"}`, func(r *trail.Record) bool { return r.ReadOnly == trail.False }},
		"mfa as boolean":              {`{` + base + `,"eventName":"x","userIdentity":{"sessionContext":{"attributes":{"mfaAuthenticated":true}}}}`, func(r *trail.Record) bool { return r.Identity.MFA == trail.True }},
		"sessionIssuer null":          {`{` + base + `,"eventName":"x","userIdentity":{"sessionContext":{"sessionIssuer":null,"attributes":null}}}`, func(r *trail.Record) bool { return r.Identity.IssuerARN == "" }},
		"sessionContext a string":     {`{` + base + `,"eventName":"x","userIdentity":{"type":"Root","sessionContext":"none"}}`, func(r *trail.Record) bool { return r.Identity.Type == "Root" }},
		"requestParameters null":      {`{` + base + `,"eventName":"x","requestParameters":null}`, func(r *trail.Record) bool { return len(r.Params) == 0 && !r.Omitted }},
		"embedded JSON":               {`{` + base + `,"eventName":"x","requestParameters":{"policy":"{\"a\":[1,\"]}\"]}","key":"k"}}`, func(r *trail.Record) bool { return r.Params[1].Value == `{"a":[1,"]}"]}` && r.Params[0].Value == "k" }},
		"resources null":              {`{` + base + `,"eventName":"x","resources":null}`, func(r *trail.Record) bool { return len(r.Resources) == 0 }},
		"resources empty":             {`{` + base + `,"eventName":"x","resources":[]}`, func(r *trail.Record) bool { return len(r.Resources) == 0 }},
		"resources of texts":          {`{` + base + `,"eventName":"x","resources":["a",null,{"ARN":"arn:aws:s3:::b"}]}`, func(r *trail.Record) bool { return len(r.Resources) == 1 }},
		"a resource twice":            {`{` + base + `,"eventName":"x","resources":[{"ARN":"arn:aws:s3:::b"},{"ARN":"arn:aws:s3:::b"}]}`, func(r *trail.Record) bool { return len(r.Resources) == 1 }},
		"spaces within the time":      {`{"eventTime":"2026-10-01T10: 00:00Z","eventSource":"s3.amazonaws.com","eventName":"x"}`, func(r *trail.Record) bool { return r.EventTime.Hour() == 10 }},
		"fractions of a second":       {`{"eventTime":"2026-10-01T10:00:00.750Z","eventSource":"s3.amazonaws.com","eventName":"x"}`, func(r *trail.Record) bool { return r.EventTime.Nanosecond() == 0 && r.EventTime.Hour() == 10 }},
		"no time":                     {`{"eventSource":"s3.amazonaws.com","eventName":"x"}`, func(r *trail.Record) bool { return r.EventTime.IsZero() }}, // the run counts it as a reject
		"omitted below":               {`{` + base + `,"eventName":"x","requestParameters":{"policy":{"omitted":true,"originalSize":100000}}}`, func(r *trail.Record) bool { return r.Omitted }},
		"omitted as a value":          {`{` + base + `,"eventName":"x","requestParameters":{"key":"omitted"}}`, func(r *trail.Record) bool { return !r.Omitted }},
		"addendum":                    {`{` + base + `,"eventName":"x","addendum":{"reason":"UPDATED_DATA","updatedFields":"eventName"}}`, func(r *trail.Record) bool { return r.Addendum }},
		"version 1.00":                {`{"eventVersion":"1.0",` + base + `,"eventName":"x"}`, func(r *trail.Record) bool { return r.Version == "1.0" }},
		"a version to come":           {`{"eventVersion":"2.40","new":{"a":[{}]},` + base + `,"eventName":"x"}`, func(r *trail.Record) bool { return r.EventName == "x" }},
		"invalid UTF-8":               {"{" + base + ",\"eventName\":\"x\xff\"}", func(r *trail.Record) bool { return r.EventName == "x\ufffd" }},
		"half a surrogate pair":       {`{` + base + `,"eventName":"x\ud800"}`, func(r *trail.Record) bool { return r.EventName == "x\ufffd" }},
		"a member twice":              {`{` + base + `,"eventName":"x","eventName":"y"}`, func(r *trail.Record) bool { return r.EventName == "y" }},
		"parameters before the name":  {`{"requestParameters":{"key":"k"},` + base + `,"eventName":"x"}`, func(r *trail.Record) bool { return len(r.Params) == 1 }},
		"pretty-printed":              {"{\n  \"eventTime\" : \"2026-10-01T10:00:00Z\",\r\n\t\"eventSource\": \"s3.amazonaws.com\" , \"eventName\":\"x\" }", func(r *trail.Record) bool { return r.EventName == "x" }},
		"no account of its own":       {`{` + base + `,"eventName":"x","userIdentity":{"accountId":"111122223333"}}`, func(r *trail.Record) bool { return r.Account == "111122223333" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := RecordOptions{Params: func(string, string, string) bool { return true }, SessionKey: []byte("k")}
			n := 0
			for r, err := range Records(strings.NewReader(c.json), name, options) {
				n++
				if err != nil {
					t.Fatal(err)
				}
				if !c.check(r) {
					t.Errorf("read as %+v", r)
				}
			}
			if n != 1 {
				t.Errorf("%d records", n)
			}
		})
	}
}

// TestForms: whatever form an object has, its records are found; what is broken
// in it takes no more with it than it must.
func TestForms(t *testing.T) {
	one := string(event("111122223333", "eu-west-1", "e1", suiteDay))
	never := strings.Replace(one, `"eventName":"GetObject"`, `"eventName":"Never"`, 1)
	st := openStore(t)
	for name, c := range map[string]struct {
		in               string
		events, rejected int64
	}{
		"envelope":              {`{"Records":[` + one + "," + one + `]}`, 2, 0},
		"envelope, other first": {`{"a":{"Records":1},"Records":[` + one + `],"b":[]}`, 1, 0},
		"empty envelope":        {`{"Records":[]}`, 0, 0},
		"bare list":             {"[" + one + "," + one + "]", 2, 0},
		"lines":                 {one + "\n" + one + "\r\n\n" + one, 3, 0},
		"single":                {one, 1, 0},
		"lists one after other": {"[" + one + "]" + `{"Records":[` + one + "]}", 2, 0},
		"gzip members":          {string(zip([]byte(`{"Records":[`+one+","))) + string(zip([]byte(one+"]}"))), 2, 0},
		"mark":                  {"\xef\xbb\xbf[" + one + "]", 1, 0},
		"nothing":               {"", 0, 0},
		"a bad record":          {`{"Records":[` + one + `,{"eventName":5,"eventSource":{},"eventTime":[]},` + one + `]}`, 2, 1},
		"a bad line":            {one + "\n{oops\n" + one, 2, 1},
		"no time":               {`[{"eventSource":"s3.amazonaws.com","eventName":"x"},` + one + "]", 1, 1},
		"no year of CloudTrail": {atYear(one, "9999") + "\n" + atYear(one, "0001") + "\n" + one + "\n" + atYear(one, "2100"), 1, 3},
		"cut off":               {`{"Records":[` + one + "," + one[:len(one)/2], 1, 1},
		"cut off gzip":          {string(zip([]byte("[" + one + "]")))[:200], -1, 2},
		"gzip and rubbish":      {string(zip([]byte("["+one+"]"))) + "rubbish", 1, 1},
		"zeros":                 {strings.Repeat("\x00", 5000), 0, 1},
		"insight":               {strings.Replace(never, `"eventVersion"`, `"eventCategory":"Insight","eventVersion"`, 1), 1, 0},
		"old insight":           {strings.Replace(never, `"eventVersion"`, `"eventType":"AwsCloudTrailInsight","eventVersion"`, 1), 1, 0},
		"aggregated":            {strings.Replace(never, `"eventVersion"`, `"eventCategory":"Aggregated","eventVersion"`, 1), 1, 0},
		"real insight":          {`{"Records":[{"eventVersion":"1.07","eventTime":"2026-10-01T10:05:00Z","awsRegion":"eu-west-1","eventID":"i","eventType":"AwsCloudTrailInsight","recipientAccountId":"111122223333","insightDetails":{"state":"Start","eventSource":"ssm.amazonaws.com","eventName":"Never"},"eventCategory":"Insight"}]}`, 1, 0},
		"real aggregated":       {`{"Records":[{"eventVersion":"1.0","accountId":"111122223333","eventId":"a","eventCategory":"Aggregated","eventType":"AwsAggregatedEvent","awsRegion":"eu-west-1","eventSource":"s3.amazonaws.com","timeWindow":{"windowStart":"2026-10-01T10:00:00Z","windowSize":"PT5M"},"summary":{}}]}`, 1, 0},
		"unheard of category":   {strings.Replace(one, `"eventVersion"`, `"eventCategory":"Later","eventVersion"`, 1), 1, 0},
		"network activity":      {strings.Replace(never, `"eventVersion"`, `"eventCategory":"NetworkActivity","eventVersion"`, 1), 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "x.json"), []byte(c.in))
			got := ingestFolder(t, st, dir, Options{})
			if c.events >= 0 && got.Events != c.events || got.Rejected != c.rejected || got.Objects != 1 {
				t.Errorf("%+v", got)
			}
		})
	}
	for _, o := range contents(t, st).Observations {
		if o.EventName == "Never" {
			t.Errorf("%s %s is taken for use", o.EventType, o.Category)
		}
	}
}

// TestSeparators: a record with something else than a comma or the bracket behind
// a member or an element is unreadable, wherever it stands, and those around it
// are read.
func TestSeparators(t *testing.T) {
	const good = `{"eventTime":"2026-10-20T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","userIdentity":{"type":"AWSService","invokedBy":"x"},` +
		`"requestParameters":{"bucketName":"b","key":["k","l"]},"resources":[{"type":"t","ARN":"arn:aws:s3:::b"},{"ARN":"arn:aws:s3:::c"}]}`
	tried := 0
	for i := range good {
		for _, other := range map[byte]string{',': ";", ']': ";}", '}': ";]"}[good[i]] {
			tried++
			bad := good[:i] + string(other) + good[i+1:]
			var fine []bool
			for _, err := range Records(strings.NewReader(good+"\n"+bad+"\n"+good+"\n"), "x.json", keepAll) {
				fine = append(fine, err == nil)
			}
			if len(fine) < 2 || !fine[0] || fine[1] {
				t.Errorf("%s: %v", bad, fine)
			}
		}
	}
	if tried < 20 {
		t.Errorf("%d places tried", tried)
	}
}

// atYear moves an event of the suite into another year.
func atYear(event, year string) string {
	return strings.Replace(event, `"eventTime":"2026-`, `"eventTime":"`+year+"-", 1)
}

// TestHostile: what an attacker may put into a bucket costs little memory, is
// counted, and leaves the other objects alone.
func TestHostile(t *testing.T) {
	one := event("111122223333", "eu-west-1", "e1", suiteDay)
	dir, st := t.TempDir(), openStore(t)
	put := func(name string, data []byte) { write(t, filepath.Join(dir, name), data) }
	huge := bytes.Repeat([]byte("x"), 2*maxRecord+1<<20)
	put("a-record.json.gz", zip(fmt.Appendf(nil, `{"Records":[%s,{"eventName":"%s"},%s]}`, one, huge, one)))
	put("b-plain.json", fmt.Appendf(nil, `{"eventName":"%s"}`, huge))
	put("c-deep.json", fmt.Appendf(nil, `[{"eventTime":"2026-10-20T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"x","requestParameters":%s1%s},%s]`,
		strings.Repeat(`{"a":[`, 50_000), strings.Repeat(`]}`, 50_000), one))
	put("d-open.json", bytes.Repeat([]byte(`{"Records":[`), 100_000))
	put("e-brackets.json", bytes.Repeat([]byte("["), 1<<20))
	put("f-many.json", fmt.Appendf(nil, `{"eventTime":"2026-10-20T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"x","requestParameters":{%s"z":1}}`, manyMembers(20_000)))
	put("g-../../up.json", one)
	put("h-\u202e\n; rm -rf.json", one)
	put("i-good.json", one)
	got := ingestFolder(t, st, dir, Options{Jobs: 2, Memory: 64 << 20})
	if got.Objects != 9 || got.Events != 1+1+1+3 || got.Rejected < 5 {
		t.Errorf("%+v", got)
	}
	all := contents(t, st)
	for _, o := range all.Observations {
		if o.EventName == "x" && (len(o.Params) > maxParams || !o.Omitted) {
			t.Errorf("%d parameters are kept, omitted: %v", len(o.Params), o.Omitted)
		}
	}
	if len(all.Observations) != 2 {
		t.Errorf("%d observations, want 2", len(all.Observations))
	}
}

func manyMembers(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `"k%d":"v",`, i)
	}
	return b.Bytes()
}

// TestLargeObjects: what a listing understates, or what is larger than the
// memory for what was fetched, is read as it comes.
func TestLargeObjects(t *testing.T) {
	server := s3Server(t)
	var lines bytes.Buffer
	for i := range 2000 {
		fmt.Fprintf(&lines, "%s%s\n", event("111122223333", "eu-west-1", fmt.Sprint(i), suiteDay.Add(time.Duration(i)*time.Second)), strings.Repeat(" ", 900))
	}
	server.Put("x/a.json", lines.Bytes(), nil)
	server.Put("x/b.json.gz", zip(lines.Bytes()), nil)
	st := openStore(t)
	got, err := Run(context.Background(), st, []Source{mustOpen(t, SourceOptions{}, "s3://logs/x")}, Options{Jobs: 1, Memory: 2 << 20})
	if err != nil || got.Events != 4000 || got.Rejected != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
