package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/synth"
)

// Summary is what one run found: a line per role, most removable privilege
// first.
type Summary struct {
	Schema   string        `json:"schema"` // "pruner.summary/1"
	Version  string        `json:"catalog"`
	Window   Window        `json:"window"`
	Objects  int64         `json:"-"` // in the store; how the logs were cut and how often they came shows in it,
	Events   int64         `json:"-"` // and in these, so that they are told and not written
	Rejected int64         `json:"-"`
	Changed  int           `json:"changed"`  // roles with a smaller proposal
	Replayed int           `json:"replayed"` // observed calls, against proposals that change something
	Denied   int           `json:"denied"`   // of them, by a proposal that is made
	Unproved int           `json:"unproved"` // proposals that could not be proved, and are not made
	Missing  []string      `json:"missing"`  // what the snapshot does not have, and what that hides
	Yield    synth.Yield   `json:"yield"`    // what goes of all weight, once every step is done, and what keeps the rest
	Roles    []RoleSummary `json:"roles"`
}

// RoleSummary is one role in a [Summary].
type RoleSummary struct {
	ARN      iam.ARN `json:"arn"`
	Name     string  `json:"name"`
	Account  string  `json:"account"` // its name, or ID
	Granted  int     `json:"granted"` // weight
	Proposed int     `json:"proposed"`
	Stays    int     `json:"stays"` // per cent of the weight

	Removable int         `json:"removable"` // weight that could go, done in one step or two, or blocked
	Grade     synth.Grade `json:"grade"`     // the best of what could go, "" if nothing could
	Blocker   string      `json:"blocker"`
	Headline  string      `json:"headline"`
	File      string      `json:"file"` // where the patch edits, "" if nowhere
	Folder    string      `json:"folder"`
}

// Add puts a role's report into the summary, with its yield.
func (s *Summary) Add(d *Document, y synth.Yield, accountName, folder string) {
	s.Yield.Add(y)
	r := RoleSummary{
		ARN: d.Principal.ARN, Name: d.Principal.ARN.Name(), Account: accountName, Granted: d.Granted.Weight, Proposed: d.Proposed.Weight,
		Stays: 100 - percent(d.Granted.Weight-d.Proposed.Weight, d.Granted.Weight), Headline: d.Headline, Folder: folder,
		Removable: y.Removed + y.HeldBack(), Grade: grade(d.Findings),
	}
	if d.Proposed.Weight < d.Granted.Weight {
		s.Changed++
	}
	if !d.Changed() {
		r.Blocker = d.Headline
	}
	var files []string
	for _, e := range d.Edits {
		if e.Reason == "" && !slices.Contains(files, e.File) {
			files = append(files, e.File)
		} else if e.Reason != "" && r.Blocker == "" {
			r.Blocker = "no edit: " + e.Reason
		}
	}
	r.File = strings.Join(files, ", ")
	s.Roles = append(s.Roles, r)
}

// grade is the best grade of what goes or could.
func grade(findings []synth.Finding) synth.Grade {
	best := synth.Grade("")
	for _, f := range findings {
		if f.Grade == synth.Safe {
			return synth.Safe
		}
		best = cmp.Or(best, f.Grade)
	}
	return best
}

// Prove counts the verdict of one proposal. Call it once for each, however
// many roles hold its policies.
func (s *Summary) Prove(v synth.Verdict, changes, clean bool) {
	switch {
	case !clean:
		s.Unproved++
	case changes:
		s.Replayed += v.Replayed
		s.Denied += v.Denied
	}
}

// Rank sorts the roles: most removable weight first, then what goes now, then
// by ARN.
func (s *Summary) Rank() {
	slices.SortFunc(s.Roles, func(a, b RoleSummary) int {
		return cmp.Or(cmp.Compare(b.Removable, a.Removable), cmp.Compare(b.Granted-b.Proposed, a.Granted-a.Proposed), cmp.Compare(a.ARN, b.ARN))
	})
}

// edited counts the roles that the patch makes smaller, and their weight before
// and after.
func (s *Summary) edited() (n, before, after int) {
	for _, r := range s.Roles {
		if r.File != "" && r.Proposed < r.Granted {
			n++
			before, after = before+r.Granted, after+r.Proposed
		}
	}
	return n, before, after
}

// trust says why the patch can be merged, as far as the verdicts go.
func (s *Summary) trust() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Why you can trust it: %s events up to %s were read, %d could not be. Each of the %d calls that the\n",
		count(s.Events), s.Window.To, s.Rejected, s.Replayed)
	fmt.Fprintf(&b, "changed roles were seen to make was replayed against the new policies: %d would be denied.\n", s.Denied)
	b.WriteString("Every change is proved to grant nothing the old policies did not, and what the logs cannot show was kept.\n")
	if s.Unproved > 0 {
		fmt.Fprintf(&b, "%d proposals could not be proved; their roles are left as they are.\n", s.Unproved)
	}
	return b.String() + "\n"
}

// SummaryTable writes the ranked table of roles.
func SummaryTable(w io.Writer, s *Summary, style Style) error {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"role", "account", "weight", "removable", "goes", "grade", "where", "what"})
	wide := style.width() - 40
	for _, r := range s.Roles {
		goes := ""
		if n := r.Granted - r.Proposed; n > 0 {
			goes = style.paint(text.FgRed, fmt.Sprintf("-%d", n))
		}
		note := r.Headline
		if r.File != "" && r.Proposed < r.Granted {
			note = share(r.Granted-r.Proposed, r.Granted) + " of its privilege can go"
		} else if r.Blocker != "" {
			note = r.Blocker
		}
		t.AppendRow(table.Row{cut(plain(r.Name), 34), cut(plain(r.Account), 20), r.Granted, r.Removable, goes, r.Grade, cut(plain(r.File), wide/3), cut(plain(note), wide*2/3)})
	}
	_, err := io.WriteString(w, t.Render()+"\n")
	return err
}

// SummaryText writes what a run found and why it can be trusted.
func SummaryText(w io.Writer, s *Summary, out string, style Style) error {
	if err := SummaryTable(w, s, style); err != nil {
		return err
	}
	var b strings.Builder
	edited, before, after := s.edited()
	if edited > 0 {
		fmt.Fprintf(&b, "\nThe patch gives %d of %d roles smaller policies: %s of what they are granted goes, by weight.\n", edited, len(s.Roles), share(before-after, before))
	} else {
		fmt.Fprintf(&b, "\nThe patch gives none of %d roles a smaller policy.\n", len(s.Roles))
	}
	fmt.Fprintf(&b, "%d more could do with less; the table says what stands in the way.\n\n", s.Changed-edited)
	b.WriteString(s.trust())
	b.WriteString(s.Yield.Text() + "\n")
	for _, m := range s.Missing {
		fmt.Fprintf(&b, "  not in the snapshot: %s\n", plain(m))
	}
	fmt.Fprintf(&b, "  %s/index.html   the reports\n  %s/all.patch    the changes, for `git apply` in the repo\n", out, out)
	_, err := io.WriteString(w, b.String())
	return err
}

// count writes a number with thin groups.
func count(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
