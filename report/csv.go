package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// CSV writes a line per finding. A cell that a spreadsheet would take for a
// formula begins with an apostrophe.
//
// Source: OWASP, "CSV Injection".
func CSV(w io.Writer, documents []*Document) error {
	out := csv.NewWriter(w)
	header := []string{"role", "account", "finding", "grade", "policy", "statement", "action", "resource", "weight", "days", "first", "last", "eventID", "reason", "blocker"}
	if err := out.Write(header); err != nil {
		return err
	}
	for _, d := range documents {
		for f := range d.Findings.each() {
			row := []string{
				string(d.Principal.ARN), d.Principal.Account, string(f.Finding), string(f.Grade), f.Policy, f.Statement,
				f.Action, f.Resource, strconv.Itoa(f.Weight), "", "", "", "", f.Reason, f.Blocker,
			}
			if e := f.Evidence; e != nil {
				row[9], row[12] = strconv.Itoa(e.Days), e.EventID
				row[10], row[11] = e.First.Format("2006-01-02T15:04:05Z"), e.Last.Format("2006-01-02T15:04:05Z")
			}
			for i := range row {
				row[i] = cell(row[i])
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func cell(text string) string {
	text = plain(text)
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, " \u00a0\u3000"))
	if text != "" && strings.ContainsRune("=+-@＝＋－＠", first) {
		return "'" + text
	}
	return text
}
