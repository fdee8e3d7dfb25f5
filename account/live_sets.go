package account

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"
)

const setsFile = "permission-sets.json"

// savedSet is one entry of permission-sets.json: what the CLI's sso-admin
// calls print about one permission set, joined.
type savedSet struct {
	Name, PermissionSetArn, InstanceArn string
	InlinePolicy                        *string
	AttachedManagedPolicies             []types.AttachedManagedPolicy
	CustomerManagedPolicyReferences     []types.CustomerManagedPolicyReference
	Accounts                            []string
}

// permissionSets saves the permission sets of every Identity Center instance.
func (l *live) permissionSets(ctx context.Context, cfg aws.Config) error {
	l.step("", "permission sets")
	client := ssoadmin.NewFromConfig(cfg, func(o *ssoadmin.Options) {
		if l.options.SSORegion != "" {
			o.Region = l.options.SSORegion
		}
	})
	sets := []savedSet{}
	instances := ssoadmin.NewListInstancesPaginator(client, &ssoadmin.ListInstancesInput{})
	for instances.HasMorePages() {
		page, err := instances.NextPage(ctx)
		if err != nil {
			return l.lack(ctx, setsFile, fmt.Errorf("permission sets are not known: %w", err))
		}
		for _, instance := range page.Instances {
			more, err := setsOf(ctx, client, instance.InstanceArn)
			if err != nil {
				return l.lack(ctx, setsFile, fmt.Errorf("permission sets are not known: %w", err))
			}
			sets = append(sets, more...)
		}
	}
	return l.write(setsFile, sets)
}

func setsOf(ctx context.Context, client *ssoadmin.Client, instance *string) ([]savedSet, error) {
	var out []savedSet
	pages := ssoadmin.NewListPermissionSetsPaginator(client, &ssoadmin.ListPermissionSetsInput{InstanceArn: instance})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, arn := range page.PermissionSets {
			set, err := readSet(ctx, client, instance, aws.String(arn))
			if err != nil {
				return nil, err
			}
			out = append(out, set)
		}
	}
	return out, nil
}

func readSet(ctx context.Context, client *ssoadmin.Client, instance, arn *string) (savedSet, error) {
	out := savedSet{PermissionSetArn: aws.ToString(arn), InstanceArn: aws.ToString(instance), Accounts: []string{}}
	about, err := client.DescribePermissionSet(ctx, &ssoadmin.DescribePermissionSetInput{InstanceArn: instance, PermissionSetArn: arn})
	if err != nil {
		return out, err
	}
	out.Name = aws.ToString(about.PermissionSet.Name)
	inline, err := client.GetInlinePolicyForPermissionSet(ctx, &ssoadmin.GetInlinePolicyForPermissionSetInput{InstanceArn: instance, PermissionSetArn: arn})
	if err != nil {
		return out, err
	}
	if aws.ToString(inline.InlinePolicy) != "" {
		out.InlinePolicy = inline.InlinePolicy
	}
	managed := ssoadmin.NewListManagedPoliciesInPermissionSetPaginator(client, &ssoadmin.ListManagedPoliciesInPermissionSetInput{InstanceArn: instance, PermissionSetArn: arn})
	for managed.HasMorePages() {
		page, err := managed.NextPage(ctx)
		if err != nil {
			return out, err
		}
		out.AttachedManagedPolicies = append(out.AttachedManagedPolicies, page.AttachedManagedPolicies...)
	}
	return out, setReach(ctx, client, instance, arn, &out)
}

// setReach adds the customer-managed policies a set refers to and the accounts
// it is provisioned in.
func setReach(ctx context.Context, client *ssoadmin.Client, instance, arn *string, out *savedSet) error {
	customer := ssoadmin.NewListCustomerManagedPolicyReferencesInPermissionSetPaginator(client, &ssoadmin.ListCustomerManagedPolicyReferencesInPermissionSetInput{InstanceArn: instance, PermissionSetArn: arn})
	for customer.HasMorePages() {
		page, err := customer.NextPage(ctx)
		if err != nil {
			return err
		}
		out.CustomerManagedPolicyReferences = append(out.CustomerManagedPolicyReferences, page.CustomerManagedPolicyReferences...)
	}
	accounts := ssoadmin.NewListAccountsForProvisionedPermissionSetPaginator(client, &ssoadmin.ListAccountsForProvisionedPermissionSetInput{InstanceArn: instance, PermissionSetArn: arn})
	for accounts.HasMorePages() {
		page, err := accounts.NextPage(ctx)
		if err != nil {
			return err
		}
		out.Accounts = append(out.Accounts, page.AccountIds...)
	}
	slices.Sort(out.Accounts)
	return nil
}
