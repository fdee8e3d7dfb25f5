package interpret_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/interpret"
)

// TestDocumented holds the calls of testdata/documented.txt, where each names
// the document that says what it needs.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("testdata/documented.txt")
	if err != nil {
		t.Fatal(err)
	}
	c := catalog.Default()
	in := interpret.New(c)
	blocks := strings.Split(strings.TrimSpace(string(text)), "\n\n")[1:]
	for _, block := range blocks {
		lines := strings.Split(block, "\n")
		if len(lines) < 3 {
			t.Fatalf("a block without document, event and call:\n%s", block)
		}
		got := interpretOne(t, in, c, whole(t, lines[1]))
		var have []string
		for _, call := range got.Calls {
			for _, r := range call.Resources {
				have = append(have, string(call.Kind)+" "+string(call.Action)+" "+string(r))
			}
		}
		if diff := cmp.Diff(lines[2:], have); diff != "" {
			t.Errorf("%s\n%s\n(-want +got):\n%s", lines[0], lines[1], diff)
		}
	}
	if len(blocks) < 100 {
		t.Errorf("only %d calls", len(blocks))
	}
}

// whole adds to an event what every record has.
func whole(t *testing.T, event string) []byte {
	t.Helper()
	record := map[string]json.RawMessage{
		"eventVersion": json.RawMessage(`"1.09"`), "eventTime": json.RawMessage(`"2026-09-01T10:00:00Z"`), "eventID": json.RawMessage(`"e"`),
		"eventType": json.RawMessage(`"AwsApiCall"`), "awsRegion": json.RawMessage(`"eu-west-1"`),
		"eventCategory": json.RawMessage(`"Management"`), "recipientAccountId": json.RawMessage(`"111122223333"`),
		"userIdentity": json.RawMessage(`{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/App/s","accountId":"111122223333"}`),
	}
	if err := json.Unmarshal([]byte(event), &record); err != nil {
		t.Fatalf("%v in %s", err, event)
	}
	out, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
