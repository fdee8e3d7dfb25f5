package account

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

const organizationFile = "organization.json"

// saved is organization.json as it is written.
type saved struct {
	Accounts []entry       `json:"accounts"`
	Policies []savedPolicy `json:"policies"`
}

type savedPolicy struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Document string   `json:"document"`
	Targets  []string `json:"targets"`
}

// organization saves the tree of accounts with the SCPs and RCPs on it, and
// gives the IDs of the active accounts. An account that may not read the
// organisation is no error.
func (l *live) organization(ctx context.Context, cfg aws.Config) ([]string, error) {
	l.step("", "organisation")
	w := walker{client: organizations.NewFromConfig(cfg)}
	if err := w.walk(ctx); err != nil {
		return nil, l.lack(ctx, organizationFile, fmt.Errorf("SCPs and RCPs are not known: %w", err))
	}
	return w.active, l.write(organizationFile, w.out)
}

type walker struct {
	client     *organizations.Client
	management string
	active     []string
	out        saved
}

func (w *walker) walk(ctx context.Context) error {
	org, err := w.client.DescribeOrganization(ctx, nil)
	if err != nil {
		return err
	}
	w.management = aws.ToString(org.Organization.MasterAccountId)
	roots := organizations.NewListRootsPaginator(w.client, &organizations.ListRootsInput{})
	for roots.HasMorePages() {
		page, err := roots.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, r := range page.Roots {
			if err := w.unit(ctx, []string{aws.ToString(r.Id)}); err != nil {
				return err
			}
		}
	}
	for _, kind := range []types.PolicyType{types.PolicyTypeServiceControlPolicy, types.PolicyTypeResourceControlPolicy} {
		if err := w.policies(ctx, kind); err != nil {
			return err
		}
	}
	return nil
}

// unit adds the accounts at the end of a path, then those of the units below.
// Organizations nests units at most five deep under a root.
func (w *walker) unit(ctx context.Context, path []string) error {
	parent := aws.String(path[len(path)-1])
	accounts := organizations.NewListAccountsForParentPaginator(w.client, &organizations.ListAccountsForParentInput{ParentId: parent})
	for accounts.HasMorePages() {
		page, err := accounts.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, a := range page.Accounts {
			id := aws.ToString(a.Id)
			w.out.Accounts = append(w.out.Accounts, entry{id, aws.ToString(a.Name), id == w.management, slices.Clone(path)})
			if a.State == types.AccountStateActive || a.State == "" {
				w.active = append(w.active, id)
			}
		}
	}
	units := organizations.NewListOrganizationalUnitsForParentPaginator(w.client, &organizations.ListOrganizationalUnitsForParentInput{ParentId: parent})
	for units.HasMorePages() {
		page, err := units.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, u := range page.OrganizationalUnits {
			if err := w.unit(ctx, append(slices.Clone(path), aws.ToString(u.Id))); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walker) policies(ctx context.Context, kind types.PolicyType) error {
	pages := organizations.NewListPoliciesPaginator(w.client, &organizations.ListPoliciesInput{Filter: kind})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, p := range page.Policies {
			full, err := w.policy(ctx, p.Id)
			if err != nil {
				return err
			}
			w.out.Policies = append(w.out.Policies, full)
		}
	}
	return nil
}

func (w *walker) policy(ctx context.Context, id *string) (savedPolicy, error) {
	p, err := w.client.DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: id})
	if err != nil {
		return savedPolicy{}, err
	}
	out := savedPolicy{ID: aws.ToString(id), Document: aws.ToString(p.Policy.Content), Targets: []string{}}
	if s := p.Policy.PolicySummary; s != nil {
		out.Name, out.Type = aws.ToString(s.Name), string(s.Type)
	}
	pages := organizations.NewListTargetsForPolicyPaginator(w.client, &organizations.ListTargetsForPolicyInput{PolicyId: id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return out, err
		}
		for _, t := range page.Targets {
			out.Targets = append(out.Targets, aws.ToString(t.TargetId))
		}
	}
	slices.Sort(out.Targets)
	return out, nil
}
