package account

import (
	"encoding/csv"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/iam"
)

// loadCredentialReport marks the users who have no password, and when users were
// at work, which logs do not always show. It is needed only where users hold what
// roles hold: else none is not worth naming.
//
// Source: IAM User Guide, "Generate credential reports for your AWS account",
// section "Understanding the report format".
func (o *Organization) loadCredentialReport(dir string, a *Account) error {
	file := filepath.Join(a.ID, "credential-report.json")
	var report struct{ Content []byte }
	noted := len(o.Missing)
	there, err := o.read(dir, file, "whether a person signs in as a user is not known: what users share with roles is reported only", &report)
	if err != nil {
		return err
	}
	if !there {
		if !a.shares() {
			o.Missing = o.Missing[:noted]
		}
		return nil
	}
	rows, err := csv.NewReader(strings.NewReader(string(report.Content))).ReadAll()
	if err != nil {
		return fmt.Errorf("read the account snapshot: %s: %w", filepath.Join(dir, file), err)
	}
	if len(rows) == 0 {
		return nil
	}
	users := map[string]*User{}
	for _, u := range a.Users {
		users[string(u.ARN)] = u
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	for _, row := range rows[1:] {
		text := func(name string) string {
			if i, ok := column[name]; ok {
				return row[i]
			}
			return ""
		}
		u := users[text("arn")]
		if u == nil {
			continue
		}
		u.Machine = strings.EqualFold(text("password_enabled"), "false")
		for _, name := range []string{"password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date"} {
			if at, err := time.Parse(time.RFC3339, text(name)); err == nil { // else N/A, no_information, not_supported
				u.LastUsed = latest(u.LastUsed, at)
			}
		}
	}
	return nil
}

// shares: some user holds a managed policy that a role holds.
func (a *Account) shares() bool {
	return slices.ContainsFunc(a.Roles, func(r *Role) bool {
		return slices.ContainsFunc(r.Attached, func(p iam.ARN) bool { return len(a.UsersHolding(p)) > 0 })
	})
}
