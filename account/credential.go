package account

import (
	"encoding/csv"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// loadCredentialReport marks the users who have no password. It is needed only
// where users hold what roles hold: else none is not worth naming.
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
	for _, u := range a.Users {
		u.Machine = passwordless(rows, string(u.ARN))
	}
	return nil
}

// passwordless: a row of the report has the user without a password.
func passwordless(rows [][]string, arn string) bool {
	if len(rows) == 0 {
		return false
	}
	name, password := slices.Index(rows[0], "arn"), slices.Index(rows[0], "password_enabled")
	if name < 0 || password < 0 {
		return false
	}
	return slices.ContainsFunc(rows[1:], func(row []string) bool {
		return row[name] == arn && strings.EqualFold(row[password], "false")
	})
}

// shares: some user holds a managed policy that a role holds.
func (a *Account) shares() bool {
	return slices.ContainsFunc(a.Roles, func(r *Role) bool {
		return slices.ContainsFunc(r.Attached, func(p iam.ARN) bool { return len(a.UsersHolding(p)) > 0 })
	})
}
