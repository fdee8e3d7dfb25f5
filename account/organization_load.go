package account

import (
	"slices"

	"github.com/pruner/pruner/iam"
)

// entry is one account of organization.json.
type entry struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Management bool     `json:"management"`
	Path       []string `json:"path"`
}

// ControlPolicy is an SCP or RCP and the roots, OUs and accounts it is
// attached to.
type ControlPolicy struct {
	ID, Name string
	Resource bool // a resource control policy
	Document *iam.Policy
	Targets  []string
}

type organizationData struct {
	Accounts []entry `json:"accounts"`
	Policies []struct {
		ID       string   `json:"id"`
		Name     string   `json:"name"`
		Type     string   `json:"type"`
		Document document `json:"document"`
		Targets  []string `json:"targets"`
	} `json:"policies"`
}

func (o *Organization) loadOrganization(dir string) error {
	var data organizationData
	var err error
	if o.Known, err = o.read(dir, "organization.json", "SCPs and RCPs are not known", &data); err != nil {
		return err
	}
	for _, e := range data.Accounts {
		o.entries[e.ID] = e
	}
	r := reader{org: o, file: "organization.json"}
	for _, p := range data.Policies {
		document := r.document(p.Document, "control policy "+p.ID)
		o.Policies = append(o.Policies, ControlPolicy{p.ID, p.Name, p.Type == "RESOURCE_CONTROL_POLICY", document, p.Targets})
	}
	return nil
}

// SCPs gives the service control policies over an account, a list per level,
// the root first. It reports false for the management account, which SCPs do
// not touch, and where the organisation is not known.
//
// Source: Organizations User Guide, "Service control policies (SCPs)".
func (o *Organization) SCPs(account string) ([][]ControlPolicy, bool) {
	return o.controls(account, false)
}

// RCPs gives the resource control policies over an account's resources, as
// [Organization.SCPs] does.
//
// Source: Organizations User Guide, "Resource control policies (RCPs)".
func (o *Organization) RCPs(account string) ([][]ControlPolicy, bool) {
	return o.controls(account, true)
}

func (o *Organization) controls(account string, resource bool) ([][]ControlPolicy, bool) {
	e, ok := o.entries[account]
	if !ok || e.Management {
		return nil, false
	}
	var levels [][]ControlPolicy
	for _, target := range append(slices.Clone(e.Path), account) {
		var level []ControlPolicy
		for _, p := range o.Policies {
			if p.Resource == resource && slices.Contains(p.Targets, target) {
				level = append(level, p)
			}
		}
		levels = append(levels, level)
	}
	return levels, true
}

// Account finds an account by its ID.
func (o *Organization) Account(id string) (*Account, bool) {
	for _, a := range o.Accounts {
		if a.ID == id {
			return a, true
		}
	}
	return nil, false
}

// Name is the account's name, or its ID where that is not known.
func (o *Organization) Name(id string) string {
	if e, ok := o.entries[id]; ok && e.Name != "" {
		return e.Name
	}
	return id
}
