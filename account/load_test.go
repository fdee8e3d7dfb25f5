package account_test

import (
	"encoding/base64"
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

// write makes a snapshot folder of files.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const details1 = "111122223333/authorization-details.json"

func TestLoadSample(t *testing.T) {
	o, err := account.Load("../testdata/cloudtrail/snapshot")
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Missing) > 0 || !o.Known || len(o.PermissionSets) == 0 || len(o.ResourceBased) == 0 {
		t.Errorf("missing %v, known %v, sets %d, resource policies %d", o.Missing, o.Known, len(o.PermissionSets), len(o.ResourceBased))
	}
	roles := 0
	for _, a := range o.Accounts {
		for _, r := range a.Roles {
			roles++
			if r.Trust == nil || r.Created.IsZero() || r.ID == "" {
				t.Errorf("%s: trust, date or ID is not there", r.ARN)
			}
			for _, h := range o.Holdings(a, r) {
				if h.Kind != account.AWSManaged && (h.Document == nil || len(h.Holders) == 0) {
					t.Errorf("%s holds %s without document or holders", r.ARN, h.Name)
				}
			}
		}
	}
	if roles < 12 {
		t.Errorf("%d roles; the sample has a dozen and more", roles)
	}
}

func TestLoadNamesMissingFiles(t *testing.T) {
	dir := write(t, map[string]string{details1: `{}`})
	o, err := account.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, m := range o.Missing {
		files = append(files, m.File)
		if m.Consequence == "" {
			t.Errorf("%s: no consequence", m.File)
		}
	}
	want := []string{"111122223333/event-selectors.json", "111122223333/last-accessed.json", "organization.json", "permission-sets.json"}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if o.Accounts[0].TrailsKnown {
		t.Error("trails count as known")
	}
	if _, ok := o.SCPs("111122223333"); ok {
		t.Error("SCPs count as known")
	}
}

// A document is an object, a text of JSON or URL-encoded; one that cannot be
// read is named and hides nothing else.
func TestLoadDocuments(t *testing.T) {
	const object = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/100%25+x"}]}`
	encoded := strings.NewReplacer("%", "%25", `"`, "%22", "{", "%7B", "}", "%7D").Replace(object)
	quoted := strings.ReplaceAll(object, `"`, `\"`)
	dir := write(t, map[string]string{details1: `{"RoleDetailList":[{"RoleName":"r","Arn":"arn:aws:iam::111122223333:role/r","Extra":1,"PermissionsBoundary":null,
		"RolePolicyList":[{"PolicyName":"a","PolicyDocument":` + object + `},{"PolicyName":"b","PolicyDocument":"` + encoded + `"},
		{"PolicyName":"c","PolicyDocument":"` + quoted + `"},{"PolicyName":"bad","PolicyDocument":"{]"}]}]}`})
	o, err := account.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	inline := o.Accounts[0].Roles[0].Inline
	for _, p := range inline[:3] {
		if p.Document == nil || p.Document.Statements[0].Resource[0] != "arn:aws:s3:::b/100%25+x" {
			t.Errorf("policy %s = %+v", p.Name, p.Document)
		}
	}
	if inline[3].Document != nil {
		t.Error("the broken document was read")
	}
	if !strings.Contains(o.Missing[0].Consequence, "inline policy bad of arn:aws:iam::111122223333:role/r") {
		t.Errorf("first missing = %v", o.Missing[0])
	}
}

func TestLoadErrorsNameFileAndRemedy(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"empty folder": {map[string]string{"organization.json": `{}`}, "pruner snapshot"},
		"torn file":    {map[string]string{details1: `{"RoleDetailList":[`}, "authorization-details.json"},
		"wrong type":   {map[string]string{details1: `{"RoleDetailList":{}}`}, "authorization-details.json"},
	} {
		_, err := account.Load(write(t, c.files))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want it to name %s", name, err, c.want)
		}
	}
}

// A user holds what is attached to it and what is attached to its groups; a
// boundary is no grant.
func TestUsersHolding(t *testing.T) {
	const arn = "arn:aws:iam::111122223333:policy/p"
	attached := `"AttachedManagedPolicies":[{"PolicyArn":"` + arn + `"}]`
	bounded := `"PermissionsBoundary":{"PermissionsBoundaryArn":"` + arn + `"}`
	for text, want := range map[string]string{
		`{"RoleDetailList":[{"Arn":"arn:aws:iam::111122223333:role/r",` + attached + `}]}`:                                                    "",
		`{"UserDetailList":[{"UserName":"u",` + attached + `},{"UserName":"v",` + bounded + `}]}`:                                             "u",
		`{"GroupDetailList":[{"GroupName":"g",` + attached + `}],"UserDetailList":[{"UserName":"u"},{"UserName":"v","GroupList":["h","g"]}]}`: "v",
		`{"GroupDetailList":[{"GroupName":"empty",` + attached + `}]}`:                                                                        "",
	} {
		o, err := account.Load(write(t, map[string]string{details1: text}))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, u := range o.Accounts[0].UsersHolding(iam.ARN(arn)) {
			names = append(names, u.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: held by users %q, want %q", text, got, want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"RoleDetailList":[{"AssumeRolePolicyDocument":"%7B"}]}`))
	f.Add([]byte(`{"Policies":[{"PolicyVersionList":[{"Document":null}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := account.Load(write(t, map[string]string{details1: string(data)}))
		if err != nil {
			return
		}
		for _, r := range o.Accounts[0].Roles {
			o.Holdings(o.Accounts[0], r)
		}
	})
}

// A user is a machine where the credential report says so; that there is none is
// named where it matters.
func TestCredentialReport(t *testing.T) {
	const shared = `"AttachedManagedPolicies":[{"PolicyArn":"arn:aws:iam::111122223333:policy/p"}]}]`
	const user = `"UserDetailList":[{"UserName":"u","Arn":"arn:aws:iam::111122223333:user/u",`
	report := func(csv string) string {
		return `{"Content":"` + base64.StdEncoding.EncodeToString([]byte(csv)) + `","ReportFormat":"text/csv"}`
	}
	const file = "111122223333/credential-report.json"
	for name, c := range map[string]struct {
		details, report string
		machine, named  bool
	}{
		"no password":  {user + shared, report("user,arn,password_enabled\nu,arn:aws:iam::111122223333:user/u,false\n"), true, false},
		"password":     {user + shared, report("user,arn,password_enabled\nu,arn:aws:iam::111122223333:user/u,true\n"), false, false},
		"another user": {user + shared, report("user,arn,password_enabled\nu,arn:aws:iam::444455556666:user/u,false\n"), false, false},
		"no column":    {user + shared, report("user,arn\nu,arn:aws:iam::111122223333:user/u\n"), false, false},
		"empty":        {user + shared, report(""), false, false},
		"none":         {user + shared + `,"RoleDetailList":[{"Arn":"arn:aws:iam::111122223333:role/r",` + shared, "", false, true},
		"none needed":  {user + shared, "", false, false},
	} {
		files := map[string]string{details1: "{" + c.details + "}"}
		if c.report != "" {
			files[file] = c.report
		}
		o, err := account.Load(write(t, files))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		named := slices.ContainsFunc(o.Missing, func(m account.Missing) bool { return m.File == file })
		if got := o.Accounts[0].Users[0].Machine; got != c.machine || named != c.named {
			t.Errorf("%s: machine %v, missing named %v; want %v and %v", name, got, named, c.machine, c.named)
		}
	}
	o, err := account.Load(write(t, map[string]string{
		details1: "{" + user + shared + "}",
		file:     report("arn,password_last_used,access_key_1_last_used_date,access_key_2_last_used_date\narn:aws:iam::111122223333:user/u,no_information,2026-08-01T10:00:00+00:00,2026-07-01T10:00:00+00:00\n"),
	}))
	if err != nil {
		t.Fatal(err)
	}
	if at := o.Accounts[0].Users[0].LastUsed; !at.Equal(time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("last used %v", at)
	}
	if _, err := account.Load(write(t, map[string]string{details1: `{}`, file: report("a,b\n\"")})); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a torn report: %v", err)
	}
}
