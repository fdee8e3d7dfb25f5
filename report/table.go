package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/pruner/pruner/synth"
)

// Style is how a terminal takes text.
type Style struct {
	Colour bool
	Width  int // columns; 0 is 120
}

func (s Style) width() int {
	if s.Width < 60 {
		return 120
	}
	return s.Width
}

func (s Style) paint(c text.Color, t string) string {
	if !s.Colour {
		return t
	}
	return c.EscapeSeq() + t + text.Reset.EscapeSeq()
}

var colours = map[synth.FindingKind]text.Color{
	synth.Removed: text.FgRed, synth.Narrowed: text.FgYellow, synth.Kept: text.FgGreen,
	synth.Blind: text.FgBlue, synth.Young: text.FgCyan, synth.Protected: text.FgMagenta,
	synth.Drift: text.FgHiRed,
}

// meaning explains the findings to a newcomer.
var meaning = []struct {
	kind synth.FindingKind
	text string
}{
	{synth.Removed, "goes: use would have been seen, and there was none"},
	{synth.Narrowed, "gets smaller"},
	{synth.Kept, "stays: it was used"},
	{synth.Blind, "stays: the logs cannot show whether it is used"},
	{synth.Young, "stays: granted for less than the window"},
	{synth.Protected, "stays: protected"},
	{synth.Drift, "not edited: the code does not say what the account has"},
}

// Table writes the report for a terminal.
func Table(w io.Writer, d *Document, s Style) error {
	var b strings.Builder
	p := d.Principal
	fmt.Fprintf(&b, "%s\n%s\n\n", s.paint(text.Bold, plain(string(p.ARN))), plain(d.Headline))
	fmt.Fprintf(&b, "  granted   %5d actions in %3d services   weight %6d\n", d.Granted.Actions, d.Granted.Services, d.Granted.Weight)
	fmt.Fprintf(&b, "  used      %5d actions in %3d services   %d distinct calls\n", d.Used.Actions, d.Used.Services, d.Used.Calls)
	fmt.Fprintf(&b, "  proposed  %5d actions in %3d services   weight %6d\n", d.Proposed.Actions, d.Proposed.Services, d.Proposed.Weight)
	fmt.Fprintf(&b, "  window    %s to %s, %d of %d days visible%s\n", d.Window.From, d.Window.To, d.Coverage.VisibleDays, d.Coverage.Days, because(d.Coverage.Cause))
	fmt.Fprintf(&b, "  proof     %s\n", plain(Proof(d.Verdict)))
	if d.Backtest != nil {
		fmt.Fprintf(&b, "  back-test %s\n", rehearsal(d.Backtest))
	}
	b.WriteString("\n")
	b.WriteString(findingsTable(d, s))
	for _, m := range meaning {
		fmt.Fprintf(&b, "  %s %s\n", s.paint(colours[m.kind], fmt.Sprintf("%-9s", m.kind)), m.text)
	}
	for _, a := range d.Advice {
		fmt.Fprintf(&b, "\n  look at (%s): %s", a.Kind, plain(advice(a)))
	}
	for _, e := range d.Edits {
		if e.Reason != "" {
			fmt.Fprintf(&b, "\n  no edit for %s: %s", plain(e.Policy), plain(e.Reason))
			continue
		}
		fmt.Fprintf(&b, "\n  edits %s:%d (%s)", plain(e.File), e.Line, plain(e.Address))
		for _, arn := range e.Literals {
			fmt.Fprintf(&b, "\n    writes out %s: no expression of the code is known to name it", plain(arn))
		}
	}
	for _, c := range d.Coverage.Changes {
		fmt.Fprintf(&b, "\n  to see more: %s", plain(c))
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// advice is one thing to look at, with what it is about.
func advice(a synth.Advice) string {
	if a.Subject == "" {
		return a.Reason
	}
	return a.Subject + ": " + a.Reason
}

func because(cause string) string {
	if cause == "" {
		return ""
	}
	return " (" + plain(cause) + ")"
}

// Proof is the verdict in words.
func Proof(v synth.Verdict) string {
	out := fmt.Sprintf("%d observed calls replayed, %d would be denied; new ⊆ old %s; quota %s", v.Replayed, v.Denied, v.Containment, v.Quota)
	if v.Unexplained > 0 {
		out += fmt.Sprintf("; %d calls that no policy of the role explains", v.Unexplained)
	}
	if v.Reason != "" {
		out += " (" + v.Reason + ")"
	}
	return out
}

// rehearsal is the back-test in words.
func rehearsal(t *Backtest) string {
	if !t.Changed {
		return "nothing would have been proposed before " + t.Split + ", so nothing could be denied after"
	}
	return fmt.Sprintf("proposed on the days before %s, it would have denied %d of the %d calls after, each counted once a day", t.Split, t.Denied, t.Calls)
}

func findingsTable(d *Document, s Style) string {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options.SeparateRows = false
	t.AppendHeader(table.Row{"finding", "what", "weight", "evidence", "why"})
	wide := s.width() - 74
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 2, WidthMax: wide * 45 / 100, WidthMaxEnforcer: text.WrapText},
		{Number: 5, WidthMax: wide * 55 / 100, WidthMaxEnforcer: text.WrapSoft},
	})
	for _, f := range d.Findings {
		t.AppendRow(table.Row{
			s.paint(colours[f.Finding], verb(f)), plain(what(f)), f.Weight, plain(evidence(f)), plain(why(f)),
		})
	}
	return t.Render() + "\n\n"
}

func verb(f synth.Finding) string {
	if f.Grade != "" {
		return string(f.Finding) + " " + string(f.Grade)
	}
	return string(f.Finding)
}

func what(f synth.Finding) string {
	switch {
	case f.Action != "" && f.Resource != "":
		return f.Action + " on " + f.Resource
	case f.Resource != "":
		return f.Resource
	case f.Finding == synth.Drift:
		return f.Policy
	}
	return f.Action
}

func why(f synth.Finding) string {
	if f.Blocker != "" {
		return f.Reason + " — not proposed: " + f.Blocker
	}
	return f.Reason
}

func evidence(f synth.Finding) string {
	if f.Evidence == nil {
		return ""
	}
	days := "days"
	if f.Evidence.Days == 1 {
		days = "day"
	}
	return fmt.Sprintf("%d %s, %s to %s", f.Evidence.Days, days, f.Evidence.First.Format("2006-01-02"), f.Evidence.Last.Format("2006-01-02"))
}
