package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/pruner/pruner/synth"
)

// maxBody bounds a pull request's body in bytes: GitHub refuses 65,536.
const maxBody = 60_000

// Markdown writes the report as a pull request's body. Names stand in code
// spans with fences longer than their content.
func Markdown(w io.Writer, d *Document) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Least privilege for %s\n\n%s.\n\n", code(d.Principal.ARN.Name()), escape(d.Headline))
	fmt.Fprintf(&b, "Window %s to %s, %d of %d days visible. %s.\n", d.Window.From, d.Window.To, d.Coverage.VisibleDays, d.Coverage.Days, escape(Proof(d.Verdict)))
	for _, part := range []struct {
		title string
		kinds []synth.FindingKind
	}{
		{"What goes", []synth.FindingKind{synth.Removed, synth.Narrowed}},
		{"What stays because it was used", []synth.FindingKind{synth.Kept}},
		{"What stays because it cannot be seen", []synth.FindingKind{synth.Blind, synth.Young, synth.Protected}},
	} {
		section(&b, part.title, d.Findings, part.kinds)
	}
	if len(d.Advice) > 0 {
		b.WriteString("\n## To look at\n\n")
		for _, a := range d.Advice {
			fmt.Fprintf(&b, "- %s\n", escape(strings.ReplaceAll(advice(a), "\n", " ")))
		}
	}
	b.WriteString("\n## How to undo\n\nRevert this change: nothing else depends on it.\n")
	body := b.String()
	if len(body) > maxBody {
		body = body[:strings.LastIndexByte(body[:maxBody], '\n')] + "\n\n… shortened; the report has every line.\n"
	}
	_, err := io.WriteString(w, body)
	return err
}

func section(b *strings.Builder, title string, findings []synth.Finding, kinds []synth.FindingKind) {
	fmt.Fprintf(b, "\n## %s\n\n", title)
	any := false
	for _, f := range findings {
		for _, k := range kinds {
			if f.Finding != k {
				continue
			}
			any = true
			fmt.Fprintf(b, "- %s: %s", code(what(f)), escape(why(f)))
			if f.Evidence != nil {
				fmt.Fprintf(b, " (%s, event %s)", evidence(f), code(f.Evidence.EventID))
			}
			b.WriteString("\n")
		}
	}
	if !any {
		b.WriteString("Nothing.\n")
	}
}

// code is a code span whose fence is longer than any run of backticks inside.
func code(text string) string {
	text = strings.ReplaceAll(plain(text), "\n", " ")
	longest, run := 0, 0
	for _, c := range text {
		if c == '`' {
			run++
			longest = max(longest, run)
			continue
		}
		run = 0
	}
	fence := strings.Repeat("`", longest+1)
	if text == "" || strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		return fence + " " + text + " " + fence
	}
	return fence + text + fence
}

// escape makes Markdown's marks plain text.
func escape(text string) string {
	var b strings.Builder
	for _, c := range plain(text) {
		if strings.ContainsRune("\\`*_{}[]<>()#+!|~@&", c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}
