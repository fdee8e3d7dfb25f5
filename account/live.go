package account

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// LiveOptions says what [Snapshot] saves. The zero value saves the caller's
// own account.
type LiveOptions struct {
	Role       string        // name of the role to assume in every other account; "" saves the caller's account only
	Accounts   []string      // account IDs; empty: every active account of the organisation
	SSORegion  string        // region of IAM Identity Center; "" is the region of the config
	NoAccessed bool          // leave out last-accessed reports, which take a job per role
	Poll       time.Duration // pause between looks at a last-accessed job; 0 is a second
	Progress   func(account, step string)
}

// Operations lists every AWS API operation that [Snapshot] may call: reads,
// sts:AssumeRole, and the generation of last-accessed and credential reports,
// which changes nothing that a policy or a resource would show.
var Operations = []string{
	"cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus", "cloudtrail:ListTrails",
	"iam:GenerateCredentialReport", "iam:GenerateServiceLastAccessedDetails", "iam:GetAccountAuthorizationDetails",
	"iam:GetCredentialReport", "iam:GetServiceLastAccessedDetails",
	"organizations:DescribeOrganization", "organizations:DescribePolicy", "organizations:ListAccountsForParent",
	"organizations:ListOrganizationalUnitsForParent", "organizations:ListPolicies", "organizations:ListRoots", "organizations:ListTargetsForPolicy",
	"sso:DescribePermissionSet", "sso:GetInlinePolicyForPermissionSet", "sso:ListAccountsForProvisionedPermissionSet",
	"sso:ListCustomerManagedPolicyReferencesInPermissionSet", "sso:ListInstances",
	"sso:ListManagedPoliciesInPermissionSet", "sso:ListPermissionSets",
	"sts:AssumeRole", "sts:GetCallerIdentity",
}

// live saves one organisation.
type live struct {
	dir     string
	options LiveOptions
	missing []Missing
}

// Snapshot saves the live account, or the accounts of its organisation, as a
// snapshot folder that [Load] reads. It calls [Operations] and nothing else. A
// part that may not be read is left out and named in the result; only a
// failure to learn who is asking, to write a file, or to read any account's
// principals is an error.
func Snapshot(ctx context.Context, cfg aws.Config, dir string, options LiveOptions) ([]Missing, error) {
	if cfg.Retryer == nil {
		// Authorization details and report jobs are throttled per account: ten
		// attempts ride out a busy minute, the default of three does not.
		cfg.Retryer = func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts = 10 })
		}
	}
	if options.Poll == 0 {
		options.Poll = time.Second
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("snapshot: ask who we are: %w; check the AWS credentials and region", err)
	}
	l := &live{dir: dir, options: options}
	known, err := l.organization(ctx, cfg)
	if err != nil {
		return l.missing, err
	}
	if err := l.permissionSets(ctx, cfg); err != nil {
		return l.missing, err
	}
	return l.missing, l.accounts(ctx, cfg, aws.ToString(who.Account), iamPartition(aws.ToString(who.Arn)), known)
}

// accounts saves each chosen account in turn. One that cannot be entered is
// named and passed over.
func (l *live) accounts(ctx context.Context, cfg aws.Config, own, partition string, known []string) error {
	ids := l.options.Accounts
	switch {
	case l.options.Role == "":
		ids = []string{own}
	case len(ids) == 0:
		ids = append(slices.Clone(known), own)
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	saved := 0
	for _, id := range ids {
		if !accountID.MatchString(id) {
			return fmt.Errorf("snapshot: %q is no account ID; it has twelve digits", id)
		}
		at := cfg
		if id != own {
			at = assume(cfg, fmt.Sprintf("arn:%s:iam::%s:role/%s", partition, id, l.options.Role))
		}
		ok, err := l.account(ctx, at, id)
		if err != nil {
			return err
		}
		if ok {
			saved++
		}
	}
	if saved == 0 {
		return errors.New("snapshot: no account's principals could be read: " + l.missing[len(l.missing)-1].Consequence)
	}
	return nil
}

func assume(cfg aws.Config, role string) aws.Config {
	provider := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), role, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = "pruner"
	})
	out := cfg.Copy()
	out.Credentials = aws.NewCredentialsCache(provider)
	return out
}

// account saves one account's files; false if its principals cannot be read.
func (l *live) account(ctx context.Context, cfg aws.Config, id string) (bool, error) {
	l.step(id, "principals and policies")
	roles, err := l.authorizationDetails(ctx, cfg, id)
	if err != nil || roles == nil {
		return false, err
	}
	l.step(id, "trails")
	if err := l.trails(ctx, cfg, id); err != nil {
		return false, err
	}
	if err := l.credentialReport(ctx, cfg, id, roles); err != nil {
		return false, err
	}
	if l.options.NoAccessed {
		return true, nil
	}
	l.step(id, "last-accessed data")
	return true, l.lastAccessed(ctx, cfg, id, roles)
}

func (l *live) step(account, step string) {
	if l.options.Progress != nil {
		l.options.Progress(account, step)
	}
}

// lack notes what could not be read. Cancelling ends the run instead.
func (l *live) lack(ctx context.Context, file string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("snapshot: %s: %w", file, ctx.Err())
	}
	l.missing = append(l.missing, Missing{filepath.ToSlash(file), err.Error()})
	return nil
}

func iamPartition(arn string) string {
	if p := partitionOfARN(arn); p != "" {
		return p
	}
	return "aws"
}
