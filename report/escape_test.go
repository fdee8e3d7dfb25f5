package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/pruner/pruner/synth"
)

var hostile = []string{
	"<script>alert(1)</script>", "=cmd|' /C calc'!A0", "\x1b[31mred\x1b[0m", "a`b``c", "line\nbreak", "\u202eevil", "](javascript:x)", "@import", `"quoted"`,
}

func hostileDocument(name string) *Document {
	return &Document{
		Schema: Schema, Principal: Principal{ARN: "arn:aws:iam::111122223333:role/r"},
		Advice: []synth.Advice{{Kind: synth.AdviceTrust, Subject: name, Reason: name}},
		Findings: []synth.Finding{{
			Finding: synth.Removed, Grade: synth.Safe, Policy: name, Action: "s3:GetObject", Resource: name,
			Reason: name, Evidence: &synth.Evidence{Days: 1, First: time.Unix(0, 0), Last: time.Unix(0, 0), EventID: name},
		}},
	}
}

// TestHostileNames: whatever a log holds, each form shows it and nothing more.
func TestHostileNames(t *testing.T) {
	for _, name := range hostile {
		d := hostileDocument(name)
		var html, table, markdown, sheet bytes.Buffer
		for _, err := range []error{HTML(&html, d), Table(&table, d, Style{}), Markdown(&markdown, d), CSV(&sheet, []*Document{d})} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if strings.Contains(html.String(), "<script>alert") {
			t.Errorf("%q runs in the page", name)
		}
		if strings.ContainsAny(table.String(), "\x1b\u202e") {
			t.Errorf("%q steers the terminal", name)
		}
		if strings.Contains(markdown.String(), "\n"+"break") || strings.Contains(markdown.String(), "](javascript") && !strings.Contains(markdown.String(), "`") {
			t.Errorf("%q leaves its place in Markdown:\n%s", name, markdown.String())
		}
		rows, err := csv.NewReader(&sheet).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%q: %d rows, %v", name, len(rows), err)
		}
		if c := rows[1][7]; strings.HasPrefix(c, "=") || strings.HasPrefix(c, "@") {
			t.Errorf("%q is a formula in %q", name, c)
		}
	}
}

func FuzzCode(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		span := code(s)
		fence := span[:len(span)-len(strings.TrimLeft(span, "`"))]
		if inner := strings.TrimSuffix(strings.TrimPrefix(span, fence), fence); strings.Contains(inner, fence) {
			t.Errorf("%q: the fence %q stands inside %q", s, fence, inner)
		}
		if strings.ContainsAny(span, "\n\r") {
			t.Errorf("%q breaks the line", s)
		}
	})
}
