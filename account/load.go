package account

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/pruner/pruner/iam"
)

var accountID = regexp.MustCompile(`^\d{12}$`)

// Load reads a snapshot folder. A missing file is named in Missing; one that
// cannot be understood is an error with its path.
func Load(dir string) (*Organization, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the account snapshot: %w", err)
	}
	o := &Organization{entries: map[string]entry{}}
	for _, e := range entries {
		if !e.IsDir() || !accountID.MatchString(e.Name()) {
			continue
		}
		a, err := o.loadAccount(dir, e.Name())
		if err != nil {
			return nil, err
		}
		o.Accounts = append(o.Accounts, a)
	}
	if len(o.Accounts) == 0 {
		return nil, fmt.Errorf("read the account snapshot: %s has no folder named for an account ID; `pruner snapshot` writes one", dir)
	}
	if err := o.loadOrganization(dir); err != nil {
		return nil, err
	}
	if err := o.loadPermissionSets(dir); err != nil {
		return nil, err
	}
	return o, o.loadResourcePolicies(dir)
}

func sortedKeys[V any](m map[iam.ARN]V) []iam.ARN { return slices.Sorted(maps.Keys(m)) }

// read decodes one JSON file; false means it is not there.
func (o *Organization) read(dir, name, consequence string, into any) (bool, error) {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		o.Missing = append(o.Missing, Missing{filepath.ToSlash(name), consequence})
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the account snapshot: %w", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return false, fmt.Errorf("read the account snapshot: %s: %w", filepath.Join(dir, name), err)
	}
	return true, nil
}

func (o *Organization) loadAccount(dir, id string) (*Account, error) {
	a := &Account{ID: id, Managed: map[iam.ARN]*ManagedPolicy{}, Groups: map[string]*Group{}}
	var details authorizationDetails
	_, err := o.read(dir, filepath.Join(id, "authorization-details.json"), "no role of the account can be judged", &details)
	if err != nil {
		return nil, err
	}
	o.fill(a, &details, filepath.Join(id, "authorization-details.json"))
	var trails []trailData
	if a.TrailsKnown, err = o.read(dir, filepath.Join(id, "event-selectors.json"), "what the trails record is not known: data events count as not visible", &trails); err != nil {
		return nil, err
	}
	for _, t := range trails {
		a.Trails = append(a.Trails, t.trail())
	}
	var accessed []lastAccessed
	if _, err = o.read(dir, filepath.Join(id, "last-accessed.json"), "no second vote on blind services: they stay", &accessed); err != nil {
		return nil, err
	}
	a.LastAccessed = map[iam.ARN]map[string]time.Time{}
	a.ActionsAccessed = map[iam.ARN]map[iam.Action]time.Time{}
	for _, l := range accessed {
		if l.JobStatus != "" && l.JobStatus != "COMPLETED" {
			continue // an unfinished report lists too few services
		}
		a.LastAccessed[l.Arn], a.ActionsAccessed[l.Arn] = l.services(), l.actions()
	}
	return a, o.loadCredentialReport(dir, a)
}

// document is a policy as the CLI prints it (an object) or the API (a
// URL-encoded text). One that cannot be read is nil, with the reason: it must
// not hide the rest of the account.
type document struct {
	*iam.Policy
	bad error
}

// UnmarshalJSON never fails: what the text is worth is said by bad.
func (d *document) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	if len(data) > 0 && data[0] == '"' {
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		if text == "" {
			return nil
		}
		data = []byte(plainDocument(text))
	}
	d.Policy, d.bad = iam.ParsePolicy(data)
	return nil
}

type lastAccessed struct {
	Arn                  iam.ARN
	JobStatus            string
	ServicesLastAccessed []struct {
		ServiceNamespace           string
		LastAuthenticated          time.Time
		TrackedActionsLastAccessed []struct {
			ActionName       string
			LastAccessedTime time.Time
		}
	}
}

func (l *lastAccessed) services() map[string]time.Time {
	out := map[string]time.Time{}
	for _, s := range l.ServicesLastAccessed {
		out[s.ServiceNamespace] = s.LastAuthenticated
	}
	return out
}

// actions is what a report of the granularity ACTION_LEVEL adds.
//
// Source: IAM API Reference, TrackedActionLastAccessed.
func (l *lastAccessed) actions() map[iam.Action]time.Time {
	out := map[iam.Action]time.Time{}
	for _, s := range l.ServicesLastAccessed {
		for _, t := range s.TrackedActionsLastAccessed {
			if !t.LastAccessedTime.IsZero() {
				out[iam.Action(s.ServiceNamespace+":"+t.ActionName).Fold()] = t.LastAccessedTime
			}
		}
	}
	return out
}
