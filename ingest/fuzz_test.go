package ingest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
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
		"no account of its own":       {`{` + base + `,"eventName":"x","userIdentity":{"accountId":"111122223333"}}`, func(r *trail.Record) bool { return r.Account == "111122223333" }},
	} {
		t.Run(name, func(t *testing.T) {
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
