package account

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// authorizationDetails saves every principal and policy of the account, and
// gives the ARNs of its roles and of the users who share policies with roles;
// nil if they cannot be read.
func (l *live) authorizationDetails(ctx context.Context, cfg aws.Config, id string) ([]string, error) {
	file := filepath.Join(id, "authorization-details.json")
	var all struct {
		UserDetailList  []types.UserDetail
		GroupDetailList []types.GroupDetail
		RoleDetailList  []types.RoleDetail
		Policies        []types.ManagedPolicyDetail
	}
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(iam.NewFromConfig(cfg), &iam.GetAccountAuthorizationDetailsInput{MaxItems: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, l.lack(ctx, file, fmt.Errorf("no role of account %s can be judged: %w", id, err))
		}
		all.UserDetailList = append(all.UserDetailList, page.UserDetailList...)
		all.GroupDetailList = append(all.GroupDetailList, page.GroupDetailList...)
		all.RoleDetailList = append(all.RoleDetailList, page.RoleDetailList...)
		all.Policies = append(all.Policies, page.Policies...)
	}
	roles := []string{}
	for _, r := range all.RoleDetailList {
		roles = append(roles, aws.ToString(r.Arn))
	}
	return append(roles, sharing(all.UserDetailList, all.GroupDetailList, all.RoleDetailList)...), l.write(file, all)
}

// sharing lists the users who hold a managed policy that a role holds.
func sharing(users []types.UserDetail, groups []types.GroupDetail, roles []types.RoleDetail) []string {
	held, grouped := map[string]bool{}, map[string][]types.AttachedPolicy{}
	for _, r := range roles {
		for _, p := range r.AttachedManagedPolicies {
			held[aws.ToString(p.PolicyArn)] = true
		}
	}
	for _, g := range groups {
		grouped[aws.ToString(g.GroupName)] = g.AttachedManagedPolicies
	}
	var out []string
	for _, u := range users {
		attached := slices.Clone(u.AttachedManagedPolicies)
		for _, g := range u.GroupList {
			attached = append(attached, grouped[g]...)
		}
		if slices.ContainsFunc(attached, func(p types.AttachedPolicy) bool { return held[aws.ToString(p.PolicyArn)] }) {
			out = append(out, aws.ToString(u.Arn))
		}
	}
	return out
}

// credentialReport saves which users can sign in with a password, where some
// share policies with roles.
func (l *live) credentialReport(ctx context.Context, cfg aws.Config, id string, principals []string) error {
	if !slices.ContainsFunc(principals, func(arn string) bool { return strings.Contains(arn, ":user/") }) {
		return nil
	}
	file := filepath.Join(id, "credential-report.json")
	client := iam.NewFromConfig(cfg)
	for {
		got, err := client.GenerateCredentialReport(ctx, nil)
		if err != nil {
			return l.lack(ctx, file, fmt.Errorf("whether a person signs in as a user of account %s is not known: %w", id, err))
		}
		if got.State == types.ReportStateTypeComplete {
			break
		}
		if err := pause(ctx, l.options.Poll); err != nil {
			return err
		}
	}
	report, err := client.GetCredentialReport(ctx, nil)
	if err != nil {
		return l.lack(ctx, file, fmt.Errorf("whether a person signs in as a user of account %s is not known: %w", id, err))
	}
	return l.write(file, report)
}

// accessed is one report of get-service-last-accessed-details with the
// principal it is about.
type accessed struct {
	Arn                  string
	JobStatus            types.JobStatusType
	JobCreationDate      *time.Time
	JobCompletionDate    *time.Time
	ServicesLastAccessed []types.ServiceLastAccessed
}

// hopeless is after how many refusals, with no job granted, no more are asked
// for: each takes ten attempts where the service is out of order.
const hopeless = 3

// lastAccessed asks for a report per role, and per user who shares with roles,
// all jobs first, so that they run beside each other, then saves those that came
// out. A role whose report failed has no second vote.
func (l *live) lastAccessed(ctx context.Context, cfg aws.Config, id string, roles []string) error {
	file := filepath.Join(id, "last-accessed.json")
	client := iam.NewFromConfig(cfg)
	jobs, refused := map[string]string{}, 0
	for _, role := range roles {
		if refused == hopeless && len(jobs) == 0 {
			break // who may not ask for three may not ask for thousands
		}
		if strings.Contains(role, ":role/aws-service-role/") {
			continue // never pruned
		}
		job, err := client.GenerateServiceLastAccessedDetails(ctx, &iam.GenerateServiceLastAccessedDetailsInput{Arn: aws.String(role), Granularity: types.AccessAdvisorUsageGranularityTypeActionLevel})
		if err != nil {
			if refused++; refused == hopeless && len(jobs) == 0 {
				err = fmt.Errorf("%w; the other roles of account %s were not tried", err, id)
			}
			if err := l.lack(ctx, file, fmt.Errorf("no second vote on what is blind for %s: %w", role, err)); err != nil {
				return err
			}
			continue
		}
		jobs[role] = aws.ToString(job.JobId)
	}
	reports := []accessed{}
	for _, role := range roles {
		if jobs[role] == "" {
			continue
		}
		report, err := l.report(ctx, client, role, jobs[role])
		if err != nil {
			if err := l.lack(ctx, file, fmt.Errorf("no second vote on what is blind for %s: %w", role, err)); err != nil {
				return err
			}
			continue
		}
		reports = append(reports, report)
	}
	return l.write(file, reports)
}

// report waits for a job and reads all pages of its result.
func (l *live) report(ctx context.Context, client *iam.Client, role, job string) (accessed, error) {
	out := accessed{Arn: role, ServicesLastAccessed: []types.ServiceLastAccessed{}}
	input := &iam.GetServiceLastAccessedDetailsInput{JobId: aws.String(job)}
	for {
		page, err := client.GetServiceLastAccessedDetails(ctx, input)
		if err != nil {
			return out, err
		}
		switch page.JobStatus {
		case types.JobStatusTypeFailed:
			return out, fmt.Errorf("the report job failed")
		case types.JobStatusTypeInProgress:
			if err := pause(ctx, l.options.Poll); err != nil {
				return out, err
			}
			continue
		}
		out.JobStatus, out.JobCreationDate, out.JobCompletionDate = page.JobStatus, page.JobCreationDate, page.JobCompletionDate
		out.ServicesLastAccessed = append(out.ServicesLastAccessed, page.ServicesLastAccessed...)
		if !page.IsTruncated || aws.ToString(page.Marker) == "" {
			return out, nil
		}
		input.Marker = page.Marker
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
