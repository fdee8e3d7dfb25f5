package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pruner/pruner/synth"
)

// maxSection bounds each list of findings, so that no part crowds out another.
const maxSection = 16_000

// Markdown writes the report as a pull request's body: what it is and how to
// undo it first, then the findings, each list within its budget. Whatever is
// not ours to say stands in code spans with fences longer than their content.
func Markdown(w io.Writer, d *Document) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Least privilege for %s\n\n%s\n\n", code(d.Principal.ARN.Name()), code(d.Headline))
	fmt.Fprintf(&b, "Window %s to %s, %d of %d days visible.\n", d.Window.From, d.Window.To, d.Coverage.VisibleDays, d.Coverage.Days)
	fmt.Fprintf(&b, "\n## Proof\n\n%s\n", code(Proof(d.Verdict)))
	if d.Backtest != nil {
		fmt.Fprintf(&b, "\nBack-test: %s.\n", rehearsal(d.Backtest))
	}
	fmt.Fprintf(&b, "\n## How to undo\n\nRevert this change: nothing else depends on it.\n")
	for _, part := range []struct {
		title string
		kinds []synth.FindingKind
	}{
		{"What goes", []synth.FindingKind{synth.Removed, synth.Narrowed}},
		{"What stays because it cannot be seen", []synth.FindingKind{synth.Blind, synth.Young, synth.Protected}},
		{"What stays because it was used", []synth.FindingKind{synth.Kept}},
		{"What is not edited because code and account do not agree", []synth.FindingKind{synth.Drift}},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n%s", part.title, section(d.Findings, part.kinds))
	}
	if literals := writtenOut(d); len(literals) > 0 {
		b.WriteString("\n## What is written out, since no expression of the code is known to name it\n\n")
		for _, arn := range literals {
			fmt.Fprintf(&b, "- %s\n", code(arn))
		}
	}
	if len(d.Advice) > 0 {
		b.WriteString("\n## To look at\n\n")
		for i, a := range d.Advice {
			if i == 20 {
				break
			}
			fmt.Fprintf(&b, "- %s\n", code(advice(a)))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// maxWrittenOut bounds how many ARNs are listed.
const maxWrittenOut = 20

// writtenOut lists the ARNs that the edits write out beside references.
func writtenOut(d *Document) []string {
	var out []string
	for _, e := range d.Edits {
		out = append(out, e.Literals...)
	}
	return out[:min(len(out), maxWrittenOut)]
}

// section lists the findings of some kinds, as many as the budget takes.
func section(findings []synth.Finding, kinds []synth.FindingKind) string {
	var b strings.Builder
	left := 0
	for _, f := range findings {
		if !slices.Contains(kinds, f.Finding) {
			continue
		}
		line := fmt.Sprintf("- %s: %s", code(what(f)), code(why(f)))
		if f.Evidence != nil {
			line += fmt.Sprintf(" (%s, event %s)", evidence(f), code(f.Evidence.EventID))
		}
		if b.Len()+len(line) > maxSection {
			left++
			continue
		}
		b.WriteString(line + "\n")
	}
	switch {
	case left > 0:
		fmt.Fprintf(&b, "- and %d more, in the report\n", left)
	case b.Len() == 0:
		return "Nothing.\n"
	}
	return b.String()
}

// maxName bounds a name in a pull request, in characters: keys in logs may
// have kilobytes.
const maxName = 300

// code is a code span whose fence is longer than any run of backticks inside.
func code(text string) string {
	text = cut(strings.ReplaceAll(plain(text), "\n", " "), maxName)
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
