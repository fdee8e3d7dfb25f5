package catalog

import (
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/pruner/pruner/iam"
)

// TestAliasesExist: an alias that points to an action nobody has heard of would
// make a use that no grant explains.
func TestAliasesExist(t *testing.T) {
	c := Default()
	n := 0
	for source, byName := range c.events.aliases {
		for name, alias := range byName {
			for _, a := range alias.Actions {
				n++
				if _, ok := c.Action(a); !ok && a != "execute-api:ManageConnections" {
					t.Errorf("%s %s: no action %s", source, name, a)
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d aliases", n)
	}
}

func TestExpand(t *testing.T) {
	c := Default()
	if got := c.Expand("S3:getobject"); !slices.Equal(got, []iam.Action{"s3:GetObject"}) {
		t.Errorf("a name in any case expands to its canonical spelling, have %v", got)
	}
	if got := c.Expand("sqs:*Message"); !slices.Equal(got, []iam.Action{"sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:SendMessage"}) {
		t.Errorf("sqs:*Message = %v", got)
	}
	if got := c.Expand("nothing:*"); got != nil {
		t.Errorf("an unknown service has no actions, have %v", got)
	}
	if all := c.Expand("*"); len(all) != len(c.Actions()) || len(all) < 20_000 {
		t.Errorf("* is %d actions of %d", len(all), len(c.Actions()))
	}
}

func TestLogging(t *testing.T) {
	c := Default()
	for action, want := range map[iam.Action]Logged{
		"iam:PassRole": NeverLogged, "s3:GetObject": DataEvent, "s3:CreateBucket": ManagementEvent,
		"ec2:DescribeInstances": ManagementEvent, "dynamodb:GetItem": DataEvent, "kms:Decrypt": ManagementEvent,
		"s3tables:GetTableData": DataEvent, "servicediscovery:DiscoverInstances": DataEvent, "bedrock:InvokeFlow": DataEvent,
		// Their resource types have data events that no document lists.
		"iotsitewise:GetAssetPropertyValue": Unsure, "payment-cryptography:EncryptData": Unsure, "iot:CreateThing": ManagementEvent,
	} {
		a, ok := c.Action(action)
		if !ok || a.Logged != want {
			t.Errorf("%s: logged %v, want %v", action, a.Logged, want)
		}
	}
}

// TestParamKeepsNoSecrets: of what a request holds only that is kept which can
// tell a resource, a role or a condition.
func TestParamKeepsNoSecrets(t *testing.T) {
	c := Default()
	for _, path := range []string{"bucketName", "key", "roleArn", "functionName", "instancesSet.items[].instanceId", "TransactItems[].Put.TableName", "parameters", "ResourceId.content"} {
		if !c.Param("s3.amazonaws.com", "x", path) {
			t.Errorf("%s is not kept", path)
		}
	}
	for _, path := range []string{
		"masterUserPassword", "secretString", "policyDocument", "userData", "environment.variables.TOKEN", "assumeRolePolicyDocument",
		"webIdentityToken", "sAMLAssertion", "messageBody", "sqlQuery", "accessKeyId", "responseElements.credentials.sessionToken", "code.zipFile",
		// The caller names these, whatever the names remind of.
		"key.id", "key.userName.s", "requestItems.orders.keys[].name", "encryptionContext.name", "parameters.path[]", "arguments.--key", "hyperParameters.id",
		"connectionProperties.key", "messageAttributes.name.stringValue", "authParameters.USERNAME", "clientMetadata.id", "dockerLabels.name", "requestTemplates.name",
	} {
		if c.Param("s3.amazonaws.com", "x", path) {
			t.Errorf("%s is kept", path)
		}
	}
}

// TestParamOfFew: what is a resource's name in the calls of one service is
// different in every call of another, and names nothing there.
func TestParamOfFew(t *testing.T) {
	c := Default()
	for _, tt := range []struct {
		source, path string
		kept         bool
	}{
		{"s3.amazonaws.com", "Host", false},
		{"codeconnections.amazonaws.com", "Host", true},
		{"ecr.amazonaws.com", "uploadId", false},
		{"devicefarm.amazonaws.com", "uploadId", true},
	} {
		if got := c.Param(tt.source, "x", tt.path); got != tt.kept {
			t.Errorf("%s of %s: kept is %t", tt.path, tt.source, got)
		}
	}
}

func TestCompiledSize(t *testing.T) {
	info, err := os.Stat("data/iam.tsv.gz")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 1<<20 {
		t.Errorf("the compiled catalog has %d bytes, want under 1 MB", info.Size())
	}
}

// BenchmarkLoad is what every process pays when it starts: the catalog, and the
// names of the parameters to keep. The goal is 50 ms of processor time.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	var before, after syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		load().keptNames()
	}
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
		b.Fatal(err)
	}
	spent := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	b.ReportMetric(float64(spent)/float64(b.N)/1e6, "cpu-ms/op")
}
