package main

import (
	"context"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	live "github.com/pruner/pruner/account"
	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/ingest"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/synth"
	"github.com/pruner/pruner/trail"
	"github.com/pruner/pruner/usage"
)

// outcome is what the whole way through the house says of the sample.
type outcome struct {
	usage    map[usage.Key]*usage.Usage
	holes    []trail.Interval
	findings map[string][]synth.Finding // by account and role name
	verdicts map[string]synth.Verdict
	blockers map[string][]string
}

type observations struct{ store *store.Store }

func (o observations) Observations(ctx context.Context) iter.Seq2[*trail.Observation, error] {
	return o.store.Observations(ctx, store.Query{})
}

// walk ingests the committed sample and proposes.
func walk(t *testing.T) *outcome {
	t.Helper()
	ctx := t.Context()
	c := catalog.Default()
	st, err := store.Open(ctx, filepath.Join(t.TempDir(), "s.duckdb"), store.Options{})
	check(t, err)
	t.Cleanup(func() { check(t, st.Close()) })
	source, err := ingest.Open(filepath.Join(committed, "logs"))
	check(t, err)
	result, err := ingest.Run(ctx, st, []ingest.Source{source}, ingest.Options{RecordOptions: ingest.RecordOptions{Params: func(_, _, _ string) bool { return true }}})
	check(t, err)
	if result.Rejected > 0 {
		t.Errorf("%d records of the sample were rejected: %v", result.Rejected, result.Reasons)
	}
	org, err := live.Load(filepath.Join(committed, "snapshot"))
	check(t, err)
	window := usage.WindowOf(lastDay.AddDate(0, 0, 1), 90)
	used, err := usage.Collect(ctx, observations{st}, interpret.New(c), window)
	check(t, err)
	out := &outcome{usage: used, findings: map[string][]synth.Finding{}, verdicts: map[string]synth.Verdict{}, blockers: map[string][]string{}}
	coverage := map[string][]trail.Interval{}
	for _, a := range org.Accounts {
		coverage[a.ID], err = st.Coverage(ctx, a.ID)
		check(t, err)
		for _, in := range coverage[a.ID] {
			if in.Coverage == trail.Hole {
				out.holes = append(out.holes, in)
			}
		}
	}
	out.propose(t, synth.Inputs{
		Catalog: c, Engine: eval.New(c), Org: org, Usage: used, Window: window,
		Coverage: func(id string) []trail.Interval { return coverage[id] },
	})
	return out
}

func (o *outcome) propose(t *testing.T, in synth.Inputs) {
	t.Helper()
	proposals, err := synth.Propose(in)
	check(t, err)
	for _, p := range proposals {
		verdict, _, err := synth.Check(in.Engine, p)
		check(t, err)
		for _, h := range p.Holders {
			key := h.Account.ID + " " + h.Role.Name
			o.findings[key], o.verdicts[key], o.blockers[key] = p.Findings, verdict, p.Blockers
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// stories is what the README promises, in the words of findings: role, then
// the finding, the statement ("" for any) and the actions.
var stories = []struct {
	role, finding, statement, actions string
}{
	{"444455556666 orders-api", "kept", "Orders", "dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem dynamodb:Query"},
	{"444455556666 orders-api", "kept", "Invoices", "s3:GetObject s3:PutObject s3:ListBucket"},
	{"444455556666 orders-api", "kept", "Events", "sqs:SendMessage"},
	{"444455556666 orders-api", "removed/later", "Orders", "dynamodb:BatchWriteItem"},
	{"444455556666 ecs-deployer", "kept", "HandOverRoles", "iam:PassRole"},
	{"444455556666 ecs-deployer", "narrowed/safe", "HandOverRoles", "iam:PassRole"},
	{"444455556666 ecs-deployer", "kept", "RollOut", "ecs:RegisterTaskDefinition ecs:UpdateService"},
	{"444455556666 ecs-deployer", "blind", "BuildLogs", "logs:PutLogEvents"},
	{"444455556666 ecs-task-execution", "removed/safe", "StartSecrets", "secretsmanager:DescribeSecret"},
	{"444455556666 media-thumbnailer", "blind", "Pictures", "s3:DeleteObject s3:GetObject s3:GetObjectTagging s3:PutObject s3:PutObjectTagging"},
	{"444455556666 media-thumbnailer", "removed/safe", "LookInside", "rekognition:CompareFaces rekognition:DetectFaces"},
	{"444455556666 media-thumbnailer", "removed/safe", "Buckets", "s3:PutBucketNotification"},
	{"444455556666 payments-settlement", "kept", "KeyThroughS3", "kms:Decrypt kms:GenerateDataKey"},
	{"444455556666 payments-settlement", "removed/safe", "KeyThroughS3", "kms:Encrypt kms:ReEncryptFrom kms:ReEncryptTo"},
	{"444455556666 payments-settlement", "removed/safe", "BankCredentials", "ssm:GetParameters ssm:GetParametersByPath ssm:DeleteParameter"},
	{"444455556666 payments-settlement", "protected", "", "ec2:CreateNetworkInterface ec2:DeleteNetworkInterface"},
	{"444455556666 month-end-close", "kept", "", "athena:StartQueryExecution athena:GetQueryResults glue:GetPartitions s3:ListBucket s3:PutObject sns:Publish"},
	{"444455556666 month-end-close", "removed/safe", "Tables", "glue:DeleteTable"},
	{"444455556666 catalog-reader", "kept", "Products", "dynamodb:Query dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem"},
	{"444455556666 catalog-writer", "removed/safe", "Products", "dynamodb:DeleteTable dynamodb:UpdateTable dynamodb:Scan dynamodb:BatchGetItem dynamodb:BatchWriteItem"},
	{"444455556666 partner-etl", "removed/safe", "Catalog", "glue:DeleteDatabase glue:CreateTable"},
	{"444455556666 partner-etl", "removed/safe", "Drop", "s3:PutBucketAcl s3:DeleteBucket"},
	{"444455556666 partner-etl", "kept", "Drop", "s3:GetObject s3:ListBucket s3:PutObject"},
	{"444455556666 search-indexer", "kept", "", "dynamodb:Scan s3:PutObject"},
	{"444455556666 search-indexer", "removed/safe", "", "s3:GetObject dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem"},
	{"444455556666 report-uploader", "young", "AnnounceToTeams", "sns:Publish sqs:SendMessage"},
	{"444455556666 order-notifier-NotifyFunctionRole-7QX2M4KD91TZ", "removed/safe", "", "sqs:PurgeQueue sns:Subscribe sns:Unsubscribe"},
	{"444455556666 order-notifier-NotifyFunctionRole-7QX2M4KD91TZ", "kept", "", "sqs:ChangeMessageVisibility"},
	{"444455556666 AWSReservedSSO_ShopDeveloper_5d1f0c7be2a94b86", "kept", "Mend", "ecs:UpdateService dynamodb:Query"},
	{"222233334444 audit-reader", "kept", "AskQuestions", "athena:StartQueryExecution athena:GetQueryResults"},
	{"222233334444 audit-reader", "removed/safe", "AskQuestions", "athena:CreateWorkGroup athena:DeleteWorkGroup"},
	{"222233334444 audit-reader", "blind", "ReadTrail", "s3:GetObject s3:ListBucket"},
	{"111122223333 billing-report", "kept", "Costs", "ce:GetCostAndUsage organizations:ListAccounts"},
	{"111122223333 billing-report", "removed/safe", "Costs", "budgets:ModifyBudget budgets:ViewBudget"},
	{"555566667777 case-intake", "kept", "", "s3:GetObject s3:PutObject secretsmanager:GetSecretValue"},
	{"555566667777 case-intake", "removed/safe", "Secrets", "secretsmanager:DeleteSecret secretsmanager:PutSecretValue"},
	{"555566667777 case-intake", "blind", "Queue", "sqs:DeleteMessage sqs:ReceiveMessage sqs:SendMessage"},
	{"777788889999 fleet-inventory", "removed/safe", "Inventory", "s3:ListAllMyBuckets"},
	{"777788889999 fleet-inventory", "kept", "Inventory", "ec2:DescribeInstances tag:GetResources cloudwatch:DescribeAlarms"},
}

// TestStories walks the sample through the whole house and holds the README to
// its word.
func TestStories(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole way through the house")
	}
	out := walk(t)
	for _, s := range stories {
		for action := range strings.FieldsSeq(s.actions) {
			if !slices.ContainsFunc(out.findings[s.role], func(f synth.Finding) bool {
				return f.Action == action && (s.statement == "" || f.Statement == s.statement) && grade(f) == s.finding
			}) {
				t.Errorf("%s: %s is not %s in statement %q; found: %v", s.role, action, s.finding, s.statement, about(out.findings[s.role], action))
			}
		}
	}
	out.checkVerdicts(t)
	out.checkReportOnly(t)
	out.checkHole(t)
	out.checkIdentities(t)
}

func grade(f synth.Finding) string {
	if f.Grade == "" {
		return string(f.Finding)
	}
	return string(f.Finding) + "/" + string(f.Grade)
}

func about(findings []synth.Finding, action string) []string {
	var out []string
	for _, f := range findings {
		if f.Action == action {
			out = append(out, f.Policy+" "+f.Statement+" "+grade(f)+": "+f.Reason)
		}
	}
	return out
}

// checkVerdicts: no proposal denies what was seen or grants anew, and those
// left alone are blocked.
func (o *outcome) checkVerdicts(t *testing.T) {
	t.Helper()
	for role, v := range o.verdicts {
		if v.Denied > 0 || v.Unexplained > 0 || v.Containment != "proved" {
			t.Errorf("%s: verdict %+v", role, v)
		}
	}
	for _, role := range []string{
		"444455556666 legacy-importer", "444455556666 OrganizationAccountAccessRole", "777788889999 OrganizationAccountAccessRole",
		"222233334444 OrganizationAccountAccessRole", "111122223333 AWSServiceRoleForOrganizations",
	} {
		if len(o.blockers[role]) == 0 {
			t.Errorf("%s: nothing blocks a proposal", role)
		}
	}
}

// checkReportOnly: what outsiders and people hold is reported, not changed.
func (o *outcome) checkReportOnly(t *testing.T) {
	t.Helper()
	for _, role := range []string{"444455556666 vendor-observability", "444455556666 AWSReservedSSO_ShopDeveloper_5d1f0c7be2a94b86"} {
		for _, f := range o.findings[role] {
			if (f.Finding == synth.Removed || f.Finding == synth.Narrowed) && f.Blocker == "" {
				t.Errorf("%s: %s %s would be changed: it is report-only", role, f.Statement, f.Action)
			}
		}
	}
}

// checkHole: the missing hour is the one hole.
func (o *outcome) checkHole(t *testing.T) {
	t.Helper()
	if len(o.holes) != 1 {
		t.Fatalf("%d holes, want one: %v", len(o.holes), o.holes)
	}
	h := o.holes[0]
	if h.Account != prod.ID || h.Region != mainRegion || !h.From.Equal(missingHour) || !h.To.Equal(missingHour.Add(time.Hour)) {
		t.Errorf("hole %+v, want %s %s %s", h, prod.ID, mainRegion, missingHour)
	}
}

// checkIdentities: the two roles of one name are two principals, every event is
// understood, and denied calls are no use.
func (o *outcome) checkIdentities(t *testing.T) {
	t.Helper()
	arn := iam.ARN(searchIndexer().arn())
	before, now := o.usage[usage.Key{ARN: arn, ID: searchIndexerBefore().id()}], o.usage[usage.Key{ARN: arn, ID: searchIndexer().id()}]
	if before == nil || now == nil {
		t.Fatal("the two search-indexers are not two principals")
	}
	for _, u := range now.Uses {
		if u.Call.Action == "s3:GetObject" || u.Call.Action == "dynamodb:DeleteItem" {
			t.Errorf("the new search-indexer inherits %s", u.Call.Action)
		}
	}
	for key, u := range o.usage {
		if len(u.Unmapped) > 0 {
			t.Errorf("%s: not understood: %v", key.ARN, u.Unmapped)
		}
	}
	orders := o.usage[usage.Key{ARN: iam.ARN(ordersAPI().arn()), ID: ordersAPI().id()}]
	if !slices.ContainsFunc(orders.Denied, func(u usage.Use) bool { return u.Call.Action == "dynamodb:Scan" }) {
		t.Error("the refused dynamodb:Scan is not among the denied calls")
	}
}
