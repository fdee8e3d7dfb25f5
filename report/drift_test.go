package report

import (
	"strings"
	"testing"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/synth"
)

// TestDriftIsAFinding: code that is not what the account has shows in every
// form, and an edit that was declined for another reason is no finding.
func TestDriftIsAFinding(t *testing.T) {
	const reason = "drift: tf:aws_iam_role_policy.app: statement 0 of the code is not what the account has"
	d := Build(&Subject{
		Proposal:  &synth.Proposal{},
		Holder:    &synth.Holder{Account: &account.Account{ID: "111122223333"}, Role: &account.Role{Name: "r"}},
		Privilege: func([]*iam.Policy) (services, actions, weight int) { return 0, 0, 0 },
		Edits: []Edit{
			{Policy: "app", Reason: reason, Drift: true},
			{Policy: "same", Reason: reason, Drift: true, Unchanged: true},
			{Policy: "other", Reason: "no block of the repo has this policy's name"},
		},
	})
	if len(d.Edits) != 2 {
		t.Errorf("a policy that stays as it is needs no edit: %+v", d.Edits)
	}
	if len(d.Findings) != 2 || d.Findings[1].Policy != "same" || d.Findings[0].Finding != "drift" || d.Findings[0].Policy != "app" || d.Findings[0].Reason != reason {
		t.Fatalf("%+v", d.Findings)
	}
	var html, table, markdown, sheet strings.Builder
	for _, err := range []error{HTML(&html, d), Table(&table, d, Style{Width: 200}), Markdown(&markdown, d), CSV(&sheet, []*Document{d})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for form, want := range map[*strings.Builder]string{
		&html:     `<td class="drift">drift<td><code>app</code>`,
		&table:    "│ drift   │ app",
		&markdown: "## What is not edited because code and account do not agree\n\n- `app`: `" + reason + "`",
		&sheet:    ",drift,,app,,,,0,,,,," + reason,
	} {
		if !strings.Contains(form.String(), want) {
			t.Errorf("%q is not in:\n%s", want, form)
		}
	}
}

// TestWrittenOut: an ARN that an edit writes out beside references is flagged in
// the forms that a person reads, whatever its name.
func TestWrittenOut(t *testing.T) {
	d := Build(&Subject{
		Proposal:  &synth.Proposal{},
		Holder:    &synth.Holder{Account: &account.Account{ID: "111122223333"}, Role: &account.Role{Name: "r"}},
		Privilege: func([]*iam.Policy) (services, actions, weight int) { return 0, 0, 0 },
		Edits:     []Edit{{Policy: "app", File: "main.tf", Literals: []string{"arn:aws:s3:::<b>"}}},
	})
	var html, table, markdown strings.Builder
	for _, err := range []error{HTML(&html, d), Table(&table, d, Style{Width: 200}), Markdown(&markdown, d)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for form, want := range map[*strings.Builder]string{
		&html:     "<code>arn:aws:s3:::&lt;b&gt;</code> written out",
		&table:    "writes out arn:aws:s3:::<b>",
		&markdown: "known to name it\n\n- `arn:aws:s3:::<b>`",
	} {
		if !strings.Contains(form.String(), want) {
			t.Errorf("%q is not in:\n%s", want, form)
		}
	}
}
