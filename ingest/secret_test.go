package ingest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/store"
)

// canary stands in a test where a secret would.
const canary = "CanaryThatMustNotBeKept"

// secretNames are parameters that hold secrets, personal data or bulk, as the
// services' API references name them.
var secretNames = []string{
	"password", "masterUserPassword", "MasterUserPassword", "newPassword", "oldPassword", "accountPassword", "adminPassword", "userPassword",
	"temporaryPassword", "proposedPassword", "PreSharedKey1", "secretString", "SecretString", "secretBinary", "clientSecret", "ClientSecret",
	"secretAccessKey", "sessionToken", "accessToken", "refreshToken", "idToken", "webIdentityToken", "sAMLAssertion", "authToken", "oauthToken",
	"authorizationToken", "clientToken", "clientRequestToken", "tokenCode", "authenticationCode1", "authenticationCode2", "serialCode", "passphrase",
	"privateKey", "keyMaterial", "publicKeyMaterial", "importToken", "encryptedKeyMaterial", "plaintext", "ciphertextBlob", "message", "messageBody",
	"certificateBody", "certificateChain", "userData", "user_data", "connectionString", "definition", "policyDocument", "templateBody", "definitionString",
	"query", "queryString", "sqlStatement", "commands", "content", "data", "payload", "body", "value", "code", "roleSessionName", "description", "comment",
	"emailAddress", "token", "apiKey", "secret", "streamKey", "phoneNumber", "address", "displayName", "confirmationCode", "apiKeyValue", "credentials", "encryptionKey", "stringValue", "input",
}

// secretCalls are calls that carry such parameters, or none.
var secretCalls = [][2]string{
	{"secretsmanager.amazonaws.com", "CreateSecret"},
	{"secretsmanager.amazonaws.com", "PutSecretValue"},
	{"rds.amazonaws.com", "CreateDBInstance"},
	{"ssm.amazonaws.com", "PutParameter"},
	{"ssm.amazonaws.com", "SendCommand"},
	{"lambda.amazonaws.com", "CreateFunction20150331"},
	{"lambda.amazonaws.com", "UpdateFunctionConfiguration20150331v2"},
	{"ec2.amazonaws.com", "RunInstances"},
	{"ec2.amazonaws.com", "ImportKeyPair"},
	{"sts.amazonaws.com", "AssumeRole"},
	{"sts.amazonaws.com", "AssumeRoleWithWebIdentity"},
	{"kms.amazonaws.com", "Encrypt"},
	{"kms.amazonaws.com", "ImportKeyMaterial"},
	{"iam.amazonaws.com", "CreateLoginProfile"},
	{"iam.amazonaws.com", "UploadServerCertificate"},
	{"cognito-idp.amazonaws.com", "AdminSetUserPassword"},
	{"ecs.amazonaws.com", "RegisterTaskDefinition"},
	{"codebuild.amazonaws.com", "CreateProject"},
	{"glue.amazonaws.com", "CreateConnection"},
	{"dynamodb.amazonaws.com", "PutItem"},
	{"dynamodb.amazonaws.com", "ExecuteStatement"},
	{"sns.amazonaws.com", "Publish"},
	{"sqs.amazonaws.com", "SendMessage"},
	{"redshift.amazonaws.com", "CreateCluster"},
	{"directoryservice.amazonaws.com", "CreateDirectory"},
	{"transfer.amazonaws.com", "ImportSshPublicKey"},
	{"athena.amazonaws.com", "StartQueryExecution"},
	{"appsync.amazonaws.com", "CreateApiKey"},
	{"s3.amazonaws.com", "PutObject"},
	{"unheard-of.amazonaws.com", "DoIt"},
}

// secretRecord plants the canary in each secret parameter, flat, below others,
// in lists and below what makes all below it secret; and in everything else
// that is not there to name a resource.
func secretRecord(source, name string) []byte {
	var b bytes.Buffer
	for i, secret := range secretNames {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `%q:"%s","in%d":{"options":{%q:"%s"}},"list%d":[{%q:["%s",{"x":"%s"}]}]`, secret, canary, i, secret, canary, i, secret, canary, canary)
	}
	secrets := b.String()
	return fmt.Appendf(nil, `{"eventVersion":"1.11","eventID":"e-%s","eventTime":"2026-10-01T10:00:00Z","eventSource":%q,"eventName":%q,"awsRegion":"eu-west-1",`+
		`"recipientAccountId":"111122223333","userAgent":"%[4]s","requestID":"%[4]s","errorCode":"ValidationException","errorMessage":"no %[4]s here",`+
		`"sourceIPAddress":"10.0.0.1","additionalEventData":{"x":"%[4]s"},"serviceEventDetails":{"x":"%[4]s"},"tlsDetails":{"clientProvidedHostHeader":"%[4]s"},`+
		`"userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:%[4]s","arn":"arn:aws:sts::111122223333:assumed-role/app/%[4]s","accessKeyId":"%[4]s",`+
		`"onBehalfOf":{"userId":"%[4]s"},"sessionContext":{"sourceIdentity":"%[4]s","sessionIssuer":{"principalId":"AROAEXAMPLE:%[4]s","arn":"arn:aws:iam::111122223333:role/app","userName":"app"},`+
		`"webIdFederationData":{"attributes":{"sub":"%[4]s"}}}},`+
		`"resources":[{"ARN":"arn:aws:sts::111122223333:assumed-role/app/%[4]s","type":"AWS::STS::AssumedRole"}],`+
		`"requestParameters":{"roleArn":"arn:aws:sts::111122223333:assumed-role/app/%[4]s","sourceIdentity":"%[4]s",`+
		`"environment":{"variables":{"bucketName":"%[4]s","arn":"%[4]s","X":"%[4]s"}},"containerDefinitions":[{"environment":[{"name":"%[4]s","value":"%[4]s"}]}],%[5]s},`+
		`"responseElements":{"credentials":{"roleArn":"%[4]s","accessKeyId":"%[4]s"},"assumedRoleUser":{"arn":"%[4]s"},%[5]s}}`+"\n",
		name, source, name, canary, secrets)
}

// TestSecrets: what must not be kept is nowhere: in what the store says, in its
// files, in the run's result.
func TestSecrets(t *testing.T) {
	dir, path := t.TempDir(), filepath.Join(t.TempDir(), "s.duckdb")
	for i, call := range secretCalls {
		write(t, filepath.Join(dir, fmt.Sprint(i, ".jsonl")), secretRecord(call[0], call[1]))
	}
	write(t, filepath.Join(dir, "bad.jsonl"), fmt.Appendf(nil, `{"eventTime":"%[1]s","eventSource":"s3.amazonaws.com","eventName":"x"}`+"\n"+
		`{"eventTime":"2026-10-01T10:00:00Z","eventSource":"s3.amazonaws.com","requestParameters":{"password":"%[1]s"}}`+"\n"+`{"password" "%[1]s"}`+"\n"+canary, canary))
	ctx := context.Background()
	st, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := catalog.Default()
	got, err := Run(ctx, st, []Source{mustOpen(t, SourceOptions{}, dir)}, Options{RecordOptions: RecordOptions{Params: c.Param, Below: c.ParamBelow, Cut: c.Cut}})
	if err != nil || got.Events != int64(len(secretCalls)) || got.Rejected < 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	kept := 0
	for o, err := range st.Observations(ctx, store.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		kept += len(o.Params)
		if text := fmt.Sprintf("%+v", o); strings.Contains(text, canary) {
			t.Errorf("%s keeps it: %+v", o.EventName, o.Params)
		}
	}
	if kept == 0 {
		t.Error("nothing at all is kept: the test sees nothing")
	}
	coverage, err := st.Coverage(ctx, "111122223333")
	if text := fmt.Sprintf("%+v %+v", coverage, got); err != nil || strings.Contains(text, canary) {
		t.Errorf("%s, %v", text, err)
	}
	for _, step := range []string{"open", "closed"} {
		for _, name := range []string{path, path + ".wal"} {
			if data, err := os.ReadFile(name); err == nil && bytes.Contains(data, []byte(canary)) {
				t.Errorf("%s store: it stands in %s", step, name)
			}
		}
		st.Close()
	}
}
