package catalog

import (
	"encoding/json"
	"testing"

	"github.com/pruner/pruner/iam"
)

// parse reads selectors as GetEventSelectors answers them.
func parse(t testing.TB, text string) Selectors {
	t.Helper()
	var in struct {
		EventSelectors []struct {
			ReadWriteType                 string
			IncludeManagementEvents       bool
			DataResources                 []DataResource
			ExcludeManagementEventSources []string
		}
		AdvancedEventSelectors []struct{ FieldSelectors []FieldSelector }
	}
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		t.Fatal(err)
	}
	var out Selectors
	for _, s := range in.EventSelectors {
		out.Basic = append(out.Basic, BasicSelector{s.ReadWriteType, s.IncludeManagementEvents, s.ExcludeManagementEventSources, s.DataResources})
	}
	for _, s := range in.AdvancedEventSelectors {
		out.Advanced = append(out.Advanced, AdvancedSelector{s.FieldSelectors})
	}
	return out
}

// advanced makes one advanced selector of field selectors.
func advanced(fields string) string {
	return `{"AdvancedEventSelectors":[{"FieldSelectors":[` + fields + `]}]}`
}

// field conditions that most examples of the documentation begin with.
const (
	management = `{"Field":"eventCategory","Equals":["Management"]}`
	network    = `{"Field":"eventCategory","Equals":["NetworkActivity"]}`
	objects    = `{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]}`
)

// conditions is the User Guide's selector with every operator on one field.
const conditions = objects + `,{"Field":"resources.ARN",
	"Equals":["arn:aws:s3:::amzn-s3-demo-bucket/object1"],
	"StartsWith":["arn:aws:s3:::amzn-s3-demo-bucket/"],
	"EndsWith":["object3"],
	"NotStartsWith":["arn:aws:s3:::amzn-s3-demo-bucket/deselect"],
	"NotEndsWith":["object5"],
	"NotEquals":["arn:aws:s3:::amzn-s3-demo-bucket/object6"]}`

// basic examples of the User Guide: data events of one bucket, of a prefix for
// writes only, of one function, of all tables.
const (
	oneBucket   = `{"EventSelectors":[{"ReadWriteType":"All","DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3:::amzn-s3-demo-bucket/"]}]}]}`
	imageWrites = `{"EventSelectors":[{"ReadWriteType":"WriteOnly","DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3:::amzn-s3-demo-bucket3/my-images"]}]}]}`
	everyBucket = `{"EventSelectors":[{"ReadWriteType":"All","IncludeManagementEvents":true,"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3"]}]}]}`
	oneFunction = `{"EventSelectors":[{"ReadWriteType":"All","DataResources":[{"Type":"AWS::Lambda::Function","Values":["arn:aws:lambda:us-west-2:111111111111:function:helloworld"]}]}]}`
	allTables   = `{"EventSelectors":[{"ReadWriteType":"All","DataResources":[{"Type":"AWS::DynamoDB::Table","Values":["arn:aws:dynamodb"]}]}]}`
	noKMS       = `{"EventSelectors":[{"ReadWriteType":"All","IncludeManagementEvents":true,"ExcludeManagementEventSources":["kms.amazonaws.com"]}]}`
)

type recordedCase struct {
	name      string
	selectors string
	action    iam.Action
	resource  iam.Pattern
	want      Recording
}

const (
	no    = NotRecorded
	maybe = MaybeRecorded
	yes   = SurelyRecorded
)

// TestRecordedData: the examples of the CloudTrail User Guide, "Logging data
// events" and "Filtering data events by using advanced event selectors".
func TestRecordedData(t *testing.T) {
	scanner := objects + `,{"Field":"resources.ARN","StartsWith":["arn:aws:s3:::b/"]},
		{"Field":"userIdentity.arn","NotStartsWith":["arn:aws:sts::123456789012:assumed-role/bucket-scanner-role"]}`
	for _, c := range []recordedCase{
		{"a bucket", oneBucket, "s3:PutObject", "arn:aws:s3:::amzn-s3-demo-bucket/a", yes},
		{"another bucket with the same beginning", oneBucket, "s3:PutObject", "arn:aws:s3:::amzn-s3-demo-bucket2/a", no},
		{"every bucket, one selected", oneBucket, "s3:PutObject", "*", maybe},
		{"a list of the bucket", oneBucket, "s3:ListBucket", "arn:aws:s3:::amzn-s3-demo-bucket", yes},
		{"a user's folder", oneBucket, "s3:PutObject", "arn:aws:s3:::amzn-s3-demo-bucket/${aws:username}/*", yes},
		{"a delete below the prefix", imageWrites, "s3:DeleteObject", "arn:aws:s3:::amzn-s3-demo-bucket3/my-images/example.jpg", yes},
		{"a delete below another prefix", imageWrites, "s3:DeleteObject", "arn:aws:s3:::amzn-s3-demo-bucket3/my-videos/example.avi", no},
		{"a read where writes are recorded", imageWrites, "s3:GetObjectTagging", "arn:aws:s3:::amzn-s3-demo-bucket3/my-images/example.jpg", no},
		{"all buckets", everyBucket, "s3:GetObject", "*", yes},
		{"all buckets of another partition", everyBucket, "s3:GetObject", "arn:aws-cn:s3:::b/*", no},
		{"all buckets say nothing of tables", everyBucket, "dynamodb:GetItem", "*", no},
		{"management events are no data events", noKMS, "s3:GetObject", "*", no},
		{"the function", oneFunction, "lambda:InvokeFunction", "arn:aws:lambda:us-west-2:111111111111:function:helloworld", yes},
		{"a function's ARN is exact", oneFunction, "lambda:InvokeFunction", "arn:aws:lambda:us-west-2:111111111111:function:helloworld2", maybe},
		{"another function", oneFunction, "lambda:InvokeFunction", "arn:aws:lambda:us-west-2:111111111111:function:other", no},
		{"a table", allTables, "dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/t", yes},
		{"an index is recorded under its table", allTables, "dynamodb:Query", "arn:aws:dynamodb:eu-west-1:111122223333:table/t/index/i", yes},
		{"a stream is recorded with its table", allTables, "dynamodb:GetRecords", "arn:aws:dynamodb:eu-west-1:111122223333:table/t/stream/s", yes},
		{"all but some names", advanced(objects + `,{"Field":"eventName","Equals":["PutObject","DeleteObject"]}`), "s3:PutObject", "*", maybe},
		{"a name that is not selected", advanced(objects + `,{"Field":"eventName","Equals":["PutObject","DeleteObject"]}`), "s3:GetObjectTagging", "*", no},
		{"deletes by either name", advanced(objects + `,{"Field":"eventName","StartsWith":["DeleteObject"]}`), "s3:DeleteObject", "*", yes},
		{"all but a bucket", advanced(objects + `,{"Field":"resources.ARN","NotStartsWith":["arn:aws:s3:::b/"]}`), "s3:PutObject", "arn:aws:s3:::c/*", yes},
		{"the bucket left out", advanced(objects + `,{"Field":"resources.ARN","NotStartsWith":["arn:aws:s3:::b/"]}`), "s3:PutObject", "arn:aws:s3:::b/*", no},
		{"some principal may be left out", advanced(scanner), "s3:PutObject", "arn:aws:s3:::b/*", maybe},
		{"no service events", advanced(objects + `,{"Field":"eventType","NotEquals":["AwsServiceEvent"]}`), "s3:PutObject", "*", yes},
		{"console only", advanced(objects + `,{"Field":"sessionCredentialFromConsole","Equals":["true"]}`), "s3:PutObject", "*", maybe},
		{"console and the rest", `{"AdvancedEventSelectors":[{"FieldSelectors":[` + objects + `,{"Field":"sessionCredentialFromConsole","Equals":["true"]}]},{"FieldSelectors":[` + objects + `,{"Field":"sessionCredentialFromConsole","NotEquals":["true"]}]}]}`, "s3:PutObject", "*", yes},
		{"an event source", advanced(objects + `,{"Field":"eventSource","Equals":["s3.amazonaws.com"]}`), "s3:PutObject", "*", yes},
		{"a field of tomorrow", advanced(objects + `,{"Field":"tomorrow","Equals":["x"]}`), "s3:PutObject", "*", maybe},
		{"object1", advanced(conditions), "s3:PutObject", "arn:aws:s3:::amzn-s3-demo-bucket/object1", yes},
		{"object2", advanced(conditions), "s3:PutObject", "arn:aws:s3:::amzn-s3-demo-bucket/object2", yes},
		{"object3", advanced(conditions), "s3:PutObject", "arn:aws:s3:::amzn-s3-demo-bucket1/object3", yes},
		{"deselectObject4", advanced(conditions), "s3:PutObject", "arn:aws:s3:::amzn-s3-demo-bucket/deselectObject4", no},
		{"object5", advanced(conditions), "s3:PutObject", "arn:aws:s3:::amzn-s3-demo-bucket/object5", no},
		{"object6", advanced(conditions), "s3:PutObject", "arn:aws:s3:::amzn-s3-demo-bucket/object6", no},
		{"some of the bucket is left out", advanced(conditions), "s3:PutObject", "arn:aws:s3:::amzn-s3-demo-bucket/*", maybe},
		{"topics are not endpoints", advanced(`{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::SNS::Topic"]}`), "sns:Publish", "*", maybe},
		{"no selectors given", `{}`, "s3:GetObject", "*", maybe},
	} {
		checkRecorded(t, c)
	}
}

// TestRecordedManagement: the examples of the CloudTrail User Guide, "Logging
// management events".
func TestRecordedManagement(t *testing.T) {
	writes := `{"EventSelectors":[{"ReadWriteType":"WriteOnly","IncludeManagementEvents":true}]}`
	halves := `{"EventSelectors":[{"ReadWriteType":"WriteOnly","IncludeManagementEvents":true},{"ReadWriteType":"ReadOnly","IncludeManagementEvents":true}]}`
	for _, c := range []recordedCase{
		{"the default", advanced(management), "iam:AttachRolePolicy", "*", yes},
		{"kms left out", noKMS, "kms:Decrypt", "*", no},
		{"kms left out, not the rest", noKMS, "ec2:RunInstances", "*", yes},
		{"kms left out by an advanced selector", advanced(management + `,{"Field":"eventSource","NotEquals":["kms.amazonaws.com"]}`), "kms:CreateKey", "*", no},
		{"the Data API left out", advanced(management + `,{"Field":"eventSource","NotEquals":["rdsdata.amazonaws.com"]}`), "rds:CreateDBCluster", "*", yes},
		{"writes: TerminateInstances", writes, "ec2:TerminateInstances", "*", yes},
		{"writes: DescribeInstances", writes, "ec2:DescribeInstances", "*", no},
		{"writes: AssumeRole is readOnly and a write to IAM", writes, "sts:AssumeRole", "*", maybe},
		{"both halves in two selectors", halves, "sts:AssumeRole", "*", yes},
		{"reads by an advanced selector", advanced(management + `,{"Field":"readOnly","Equals":["true"]}`), "ec2:DescribeInstances", "*", yes},
		{"no management events", `{"EventSelectors":[{"ReadWriteType":"All"}]}`, "ec2:RunInstances", "*", no},
		{"network activity is no record of the rest", advanced(network + `,{"Field":"eventSource","Equals":["ec2.amazonaws.com"]}`), "ec2:RunInstances", "*", no},
		{"advanced selectors replace basic ones", `{"EventSelectors":[{"ReadWriteType":"All","IncludeManagementEvents":true}],"AdvancedEventSelectors":[{"FieldSelectors":[` + objects + `]}]}`, "ec2:RunInstances", "*", no},
		{"never recorded", advanced(management), "iam:PassRole", "*", no},
		{"unknown", advanced(management), "sqs:NoSuchThing", "*", maybe},
	} {
		checkRecorded(t, c)
	}
}

func checkRecorded(t *testing.T, c recordedCase) {
	t.Helper()
	if got := Default().Recorded(parse(t, c.selectors), c.action, c.resource, ""); got != c.want {
		t.Errorf("%s: %s on %s is %v, want %v", c.name, c.action, c.resource, got, c.want)
	}
}

// TestRecordsNetwork: the examples of the CloudTrail User Guide, "Logging
// network activity events".
func TestRecordsNetwork(t *testing.T) {
	s := parse(t, advanced(network+`,{"Field":"eventSource","Equals":["ec2.amazonaws.com"]},
		{"Field":"errorCode","Equals":["VpceAccessDenied"]},{"Field":"vpcEndpointId","Equals":["vpce-example8c1b6b9b7"]}`))
	denied := Event{Category: "NetworkActivity", Source: "ec2.amazonaws.com", ErrorCode: "VpceAccessDenied", Endpoint: "vpce-example8c1b6b9b7"}
	other, unknown, elsewhere := denied, denied, denied
	other.Source, unknown.Endpoint, elsewhere.Endpoint = "kms.amazonaws.com", "", "vpce-1"
	for _, c := range []struct {
		name string
		Event
		want Recording
	}{{"denied there", denied, yes}, {"another service", other, no}, {"at some endpoint", unknown, maybe}, {"at another", elsewhere, no}} {
		if got := s.Records(c.Event); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestRecordedPrincipal(t *testing.T) {
	s := parse(t, advanced(objects+`,{"Field":"userIdentity.arn","NotStartsWith":["arn:aws:sts::123456789012:assumed-role/scanner"]}`))
	for principal, want := range map[iam.Pattern]Recording{
		"arn:aws:sts::123456789012:assumed-role/app/*":     yes,
		"arn:aws:sts::123456789012:assumed-role/scanner/*": no,
		"arn:aws:sts::123456789012:assumed-role/*":         maybe,
		"": maybe,
	} {
		if got := Default().Recorded(s, "s3:PutObject", "*", principal); got != want {
			t.Errorf("%q: %v, want %v", principal, got, want)
		}
	}
}
