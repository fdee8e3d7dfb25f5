package account_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/iam"
)

func TestSnapshotSavesWhatLoadReads(t *testing.T) {
	s := newServer(t)
	s.throttled["iam:GetAccountAuthorizationDetails"], s.pending = 1, 1
	dir := t.TempDir()
	missing, err := account.Snapshot(t.Context(), s.config(), dir, account.LiveOptions{Role: "pruner-read", Poll: time.Millisecond})
	if err != nil || len(missing) > 0 {
		t.Fatalf("Snapshot: %v, missing %v", err, missing)
	}
	o, err := account.Load(dir)
	if err != nil || len(o.Missing) > 0 {
		t.Fatalf("Load: %v, missing %v", err, o.Missing)
	}
	a, ok := o.Account("444455556666")
	if !ok || len(a.Roles) != 1 || len(o.Accounts) != 2 {
		t.Fatalf("the member account and its role are not there: %+v", o.Accounts)
	}
	checkRole(t, o, a)
	if len(a.Users) != 2 || a.Users[0].Machine || !a.Users[1].Machine || a.LastAccessed[a.Users[1].ARN] == nil {
		t.Errorf("users = %+v; want to know of robot, who shares a policy with the role, that it has no password and what it accessed", a.Users)
	}
	if levels, ok := o.SCPs(a.ID); !ok || len(levels) != 3 || len(levels[1]) != 1 || levels[1][0].Name != "rails" {
		t.Errorf("SCPs of the member = %v", levels)
	}
	if _, ok := o.SCPs("111122223333"); ok {
		t.Error("the management account has SCPs")
	}
	want := account.PermissionSet{
		Name: "Developer", ARN: "arn:aws:sso:::permissionSet/i/p", Inline: parse(t, policyText),
		Attached: []iam.ARN{"arn:aws:iam::aws:policy/ReadOnlyAccess"}, Customer: []account.CustomerReference{{Name: "extra", Path: "/"}},
		Accounts: []string{"444455556666"},
	}
	if diff := cmp.Diff([]account.PermissionSet{want}, o.PermissionSets); diff != "" {
		t.Errorf("permission sets (-want +got):\n%s", diff)
	}
	if len(a.Trails) != 1 || !a.Trails[0].Logging || !a.Trails[0].Organization || !a.Trails[0].Basic[0].Management {
		t.Errorf("trails = %+v", a.Trails)
	}
}

func checkRole(t *testing.T, o *account.Organization, a *account.Account) {
	t.Helper()
	r := a.Roles[0]
	if r.ARN != "arn:aws:iam::444455556666:role/app/orders" || r.ID != "AROA444455556666" || r.Tags["team"] != "shop" || r.Trust == nil {
		t.Errorf("role = %+v", r)
	}
	h := o.Holdings(a, r)
	if len(h) != 2 || h[0].Kind != account.Inline || h[1].Kind != account.CustomerManaged {
		t.Fatalf("holdings = %+v", h)
	}
	for _, one := range h {
		if diff := cmp.Diff(parse(t, policyText), one.Document); diff != "" {
			t.Errorf("%s (-want +got):\n%s", one.Name, diff)
		}
	}
	if want := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC); !h[1].Since.Equal(want) {
		t.Errorf("the managed policy is what it is since %v, want %v", h[1].Since, want)
	}
	if m := a.Managed[h[1].ARN]; len(m.History) != 2 || m.History[0].Version != "v1" {
		t.Errorf("history = %+v", m.History)
	}
	services := a.LastAccessed[r.ARN]
	if len(services) != 2 || services["s3"].IsZero() || !services["sqs"].IsZero() {
		t.Errorf("last accessed = %v; both pages, and never is the zero time", services)
	}
	want := map[iam.Action]time.Time{"s3:createbucket": time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)}
	if diff := cmp.Diff(want, a.ActionsAccessed[r.ARN]); diff != "" {
		t.Errorf("actions accessed (-want +got):\n%s", diff)
	}
}

func parse(t *testing.T, text string) *iam.Policy {
	t.Helper()
	p, err := iam.ParsePolicy([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pruner does not change AWS: whatever it asked for stands in the list, and
// the list holds nothing but reads and the three named exceptions.
func TestSnapshotCallsOnlyListedOperations(t *testing.T) {
	s := newServer(t)
	if _, err := account.Snapshot(t.Context(), s.config(), t.TempDir(), account.LiveOptions{Role: "r"}); err != nil {
		t.Fatal(err)
	}
	for operation := range s.asked {
		if !slices.Contains(account.Operations, operation) {
			t.Errorf("%s was called and is not in the list", operation)
		}
	}
	if asked := slices.Sorted(maps.Keys(s.asked)); len(asked) != len(account.Operations) {
		t.Errorf("the list has operations that are never called:\n%s", cmp.Diff(account.Operations, asked))
	}
	for _, operation := range account.Operations {
		_, name, _ := strings.Cut(operation, ":")
		reads := strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List") || strings.HasPrefix(name, "Describe")
		if !reads && operation != "sts:AssumeRole" && operation != "iam:GenerateServiceLastAccessedDetails" && operation != "iam:GenerateCredentialReport" {
			t.Errorf("%s is no read", operation)
		}
	}
}

func TestSnapshotNamesWhatItMayNotRead(t *testing.T) {
	s := newServer(t)
	for _, operation := range []string{"organizations:ListRoots", "sso:ListInstances", "cloudtrail:GetEventSelectors", "iam:GenerateCredentialReport", "iam:GenerateServiceLastAccessedDetails"} {
		s.denied[operation] = true
	}
	dir := t.TempDir()
	missing, err := account.Snapshot(t.Context(), s.config(), dir, account.LiveOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, m := range missing {
		files = append(files, m.File)
		if m.Consequence == "" {
			t.Errorf("%s: no consequence", m.File)
		}
	}
	want := []string{
		"organization.json", "permission-sets.json", "111122223333/event-selectors.json", "111122223333/credential-report.json",
		"111122223333/last-accessed.json", "111122223333/last-accessed.json", // of a role and of a user
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if _, err := account.Load(dir); err != nil {
		t.Errorf("what is left does not load: %v", err)
	}
}

func TestSnapshotWithoutAnyAccountFails(t *testing.T) {
	s := newServer(t)
	s.denied["iam:GetAccountAuthorizationDetails"] = true
	_, err := account.Snapshot(t.Context(), s.config(), t.TempDir(), account.LiveOptions{})
	if err == nil || !strings.Contains(err.Error(), "111122223333") {
		t.Errorf("error = %v; want one that names the account", err)
	}
}

func TestSnapshotLeavesNoPartFiles(t *testing.T) {
	s := newServer(t)
	dir := t.TempDir()
	if _, err := account.Snapshot(t.Context(), s.config(), dir, account.LiveOptions{}); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".part") {
			t.Errorf("%s is left behind", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Who may ask for no report is not asked for each of thousands of roles.
func TestSnapshotGivesUpOnReports(t *testing.T) {
	s := newServer(t)
	s.roles = 40
	s.denied["iam:GenerateServiceLastAccessedDetails"] = true
	missing, err := account.Snapshot(t.Context(), s.config(), t.TempDir(), account.LiveOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n := s.asked["iam:GenerateServiceLastAccessedDetails"]; n != 3 {
		t.Errorf("asked %d times for 40 roles, want 3", n)
	}
	if last := missing[len(missing)-1].Consequence; !strings.Contains(last, "were not tried") {
		t.Errorf("last missing = %q; want it to say what was not tried", last)
	}
}

func TestLoadNamesPoliciesByARN(t *testing.T) {
	dir := write(t, map[string]string{details1: `{"Policies":[{"Arn":"arn:aws:iam::111122223333:policy/team/shared","PolicyVersionList":[]}]}`})
	o, err := account.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := o.Accounts[0].Managed["arn:aws:iam::111122223333:policy/team/shared"].Name; got != "shared" {
		t.Errorf("name = %q", got)
	}
}
