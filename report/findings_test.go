package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pruner/pruner/synth"
)

// Programs are told every action, people the whole of a wildcard together.
func TestFindingsOneByOne(t *testing.T) {
	d := &Document{Findings: Findings{{
		Finding: synth.Removed, Grade: synth.Safe, Policy: "p", Statement: "<S>", Action: "sqs: 2 actions, such as AddPermission", Weight: 25,
		Reason: "no sign of use", Members: []synth.Member{{Action: "sqs:AddPermission", Weight: 20}, {Action: "sqs:PurgeQueue", Weight: 5}},
	}, {Finding: synth.Kept, Policy: "p", Action: "sqs:SendMessage", Weight: 5}}}
	want := []string{"sqs:AddPermission", "sqs:PurgeQueue", "sqs:SendMessage"}

	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(d); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), `"<S>"`) {
		t.Errorf("the encoder's setting is not kept: %s", text.String())
	}
	var back struct{ Findings []synth.Finding }
	if err := json.Unmarshal(text.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	var got []string
	weight := 0
	for _, f := range back.Findings {
		got, weight = append(got, f.Action), weight+f.Weight
	}
	if !slices.Equal(got, want) || weight != 30 {
		t.Errorf("JSON has %q of weight %d, want %q of 30", got, weight, want)
	}

	var sheet, table bytes.Buffer
	if err := CSV(&sheet, []*Document{d}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&sheet).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Errorf("%d rows, want a header and three: %v", len(rows), err)
	}
	if err := Table(&table, d, Style{}); err != nil || !strings.Contains(table.String(), "2 actions") {
		t.Errorf("the table tells actions one by one: %v\n%s", err, table.String())
	}
}
