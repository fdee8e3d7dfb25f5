package main

import (
	"strconv"
	"strings"
)

// call is one API call as CloudTrail writes it. The texts are templates;
// $(account), $(region) and $(partition) stand for the caller's.
type call struct {
	Source    string // "s3"; ".amazonaws.com" is added
	Name      string
	Read      bool
	Data      bool   // a data event
	Params    string // requestParameters
	Response  string // responseElements
	Resources string // elements of the resources list
	Extra     string // additionalEventData
	Error     string // errorCode
	Message   string // errorMessage
	Via       string // invokedBy: the service that calls on the role's behalf
	Identity  string // userIdentity of a caller that is not the role
	Agent     string // userAgent where it is not the session's
	IP        string // sourceIPAddress where it is not the session's
	After     int    // seconds after the call before it in the same run
	NoTLS     bool   // made inside AWS
	Hidden    bool   // happens, and no trail records it
	Needs     string // "action resource" that must be granted for it, for the truth
}

// needsMark parts a record from what the call needs: the two are one template,
// so that a name made up for the record is the same in the need.
const needsMark = "\x00"

// record is the template of the call's record when r makes it in a region.
func (c *call) record(r *role, region string) string {
	identity, ip, agent := c.Identity, "$(ip)", c.Agent
	if identity == "" {
		identity = r.identity(c.Via)
	}
	if agent == "" {
		agent = r.Session.agent
	}
	if c.Via != "" {
		ip, agent = c.Via, c.Via
	}
	if c.IP != "" {
		ip = c.IP
	}
	var b strings.Builder
	b.WriteString(`{"eventVersion":"` + eventVersion(c.Source) + `","userIdentity":` + identity + `,"eventTime":"$(time)","eventSource":"` +
		c.Source + `.amazonaws.com","eventName":"` + c.Name + `","awsRegion":"` + region +
		`","sourceIPAddress":"` + ip + `","userAgent":"` + agent + `",`)
	if c.Error != "" {
		b.WriteString(`"errorCode":"` + c.Error + `","errorMessage":` + strconv.Quote(c.Message) + `,`)
	}
	b.WriteString(`"requestParameters":` + orNull(c.Params) + `,"responseElements":` + orNull(c.Response) + `,`)
	if c.Extra != "" {
		b.WriteString(`"additionalEventData":` + c.Extra + `,`)
	}
	b.WriteString(`"requestID":"` + c.requestID() + `","eventID":"$(uuid)","readOnly":` + strconv.FormatBool(c.Read) + `,`)
	if c.Resources != "" {
		b.WriteString(`"resources":[` + c.Resources + `],`)
	}
	b.WriteString(`"eventType":"AwsApiCall","managementEvent":` + strconv.FormatBool(!c.Data) +
		`,"recipientAccountId":"` + r.Account.ID + `","eventCategory":"` + c.category() + `"`)
	if c.Via == "" && !c.NoTLS {
		b.WriteString(`,"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"` +
			c.Source + `.` + region + `.amazonaws.com"}`)
	}
	b.WriteString(`}`)
	if c.Needs != "" {
		b.WriteString(needsMark + c.Needs)
	}
	return strings.NewReplacer("$(account)", r.Account.ID, "$(region)", region, "$(partition)", r.Account.Partition,
		"$(rolearn)", r.arn(), "$(roleid)", r.id(), "$(rolesession)", r.sessionARN()).Replace(b.String())
}

// eventVersion is the version of the record: services move on at their own
// pace.
func eventVersion(source string) string {
	switch source {
	case "ecs", "codebuild", "athena", "cloudformation":
		return "1.09"
	case "ec2", "iam", "ecr", "lambda", "glue", "secretsmanager":
		return "1.10"
	}
	return "1.11"
}

// requestID is spelled as the service spells it: S3 has 16 characters of its
// own, DynamoDB 52, the rest a UUID.
func (c *call) requestID() string {
	switch c.Source {
	case "s3":
		return "$(upper:16)"
	case "dynamodb":
		return "$(upper:20)VV4KQNSO5AEMVJF66Q9ASUAAJG"
	}
	return "$(uuid)"
}

func (c *call) category() string {
	if c.Data {
		return "Data"
	}
	return "Management"
}

func orNull(json string) string {
	if json == "" {
		return "null"
	}
	return json
}

// manage is a management call that changes something.
func manage(source, name, params string) call {
	return call{Source: source, Name: name, Params: params}
}

// look is a management call that reads.
func look(source, name, params string) call {
	return call{Source: source, Name: name, Params: params, Read: true}
}

// s3Object is a data event on an object of a bucket in the caller's account.
func s3Object(name, bucket, key string) call {
	return call{
		Source: "s3", Name: name, Data: true, Read: strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "Head"),
		Params: `{"bucketName":"` + bucket + `","Host":"` + bucket + `.s3.$(region).amazonaws.com","key":"` + key + `"}`,
		Resources: `{"type":"AWS::S3::Object","ARN":"arn:$(partition):s3:::` + bucket + `/` + repeated(key) + `"},` +
			`{"accountId":"$(account)","type":"AWS::S3::Bucket","ARN":"arn:$(partition):s3:::` + bucket + `"}`,
		Extra: `{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":$(pick:0|412|2210|18044),"AuthenticationMethod":"AuthHeader","bytesTransferredOut":$(pick:0|640|2048|9120)}`,
	}
}

// s3List is a data event that lists a bucket.
func s3List(bucket, prefix string) call {
	return call{
		Source: "s3", Name: "ListObjects", Data: true, Read: true,
		Params: `{"list-type":"2","bucketName":"` + bucket + `","encoding-type":"url","prefix":"` + prefix +
			`","Host":"` + bucket + `.s3.$(region).amazonaws.com"}`,
		Resources: `{"type":"AWS::S3::Object","ARNPrefix":"arn:$(partition):s3:::` + bucket + `/` + repeated(prefix) + `"},` +
			`{"accountId":"$(account)","type":"AWS::S3::Bucket","ARN":"arn:$(partition):s3:::` + bucket + `"}`,
	}
}

// repeated turns the placeholders that a text remembers into repetitions of
// them, and leaves those that depend on the time alone.
func repeated(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$(")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		inner, after, _ := strings.Cut(rest, ")")
		if name, _, named := strings.Cut(inner, "="); named {
			inner = name
		}
		b.WriteString("$(" + inner + ")")
		text = after
	}
}

// dynamo is a data event on a table of the caller's account.
func dynamo(name, table, params string) call {
	read := name == "GetItem" || name == "Query" || name == "Scan" || name == "BatchGetItem"
	return call{
		Source: "dynamodb", Name: name, Data: true, Read: read,
		Params: `{"tableName":"` + table + `"` + params + `}`,
		Resources: `{"accountId":"$(account)","type":"AWS::DynamoDB::Table","ARN":"arn:$(partition):dynamodb:$(region):$(account):table/` +
			table + `"}`,
	}
}

// message is a data event on a queue of the caller's account.
func message(name, queue, params string) call {
	return call{
		Source: "sqs", Name: name, Data: true,
		Params: `{"queueUrl":"https://sqs.$(region).amazonaws.com/$(account)/` + queue + `"` + params + `}`,
		Resources: `{"accountId":"$(account)","type":"AWS::SQS::Queue","ARN":"arn:$(partition):sqs:$(region):$(account):` +
			queue + `"}`,
	}
}

// publish is a data event on a topic of the caller's account.
func publish(topic string) call {
	const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"
	return call{
		Source: "sns", Name: "Publish", Data: true,
		Params: `{"topicArn":"arn:$(partition):sns:$(region):$(account):` + topic + `","message":"` + hidden +
			`","subject":"` + hidden + `"}`,
		Response: `{"messageId":"$(uuid)"}`,
		Resources: `{"accountId":"$(account)","type":"AWS::SNS::Topic","ARN":"arn:$(partition):sns:$(region):$(account):` +
			topic + `"}`,
	}
}

// kmsForS3 is the use of a key that S3 makes on the caller's behalf when it
// reads (Decrypt) or writes (GenerateDataKey) an object encrypted with it.
func kmsForS3(name, keyID, bucket, key string) call {
	spec := `"encryptionAlgorithm":"SYMMETRIC_DEFAULT"`
	if name == "GenerateDataKey" {
		spec = `"keyId":"arn:$(partition):kms:$(region):$(account):key/` + keyID + `","keySpec":"AES_256"`
	}
	return call{
		Source: "kms", Name: name, Read: true, Via: "AWS Internal",
		Params: `{` + spec + `,"encryptionContext":{"aws:s3:arn":"arn:$(partition):s3:::` + bucket + `/` + key + `"}}`,
		Resources: `{"accountId":"$(account)","type":"AWS::KMS::Key","ARN":"arn:$(partition):kms:$(region):$(account):key/` +
			keyID + `"}`,
	}
}

// denied turns a call into one that was refused.
func (c call) denied(code, text string) call {
	c.Error, c.Message, c.Response = code, text, ""
	return c
}

// then makes the call come some seconds after the one before it in its run.
func (c call) then(seconds int) call {
	c.After = seconds
	return c
}

// answered gives the call a response.
func (c call) answered(response string) call {
	c.Response = response
	return c
}

// on gives the call an entry of the resources list.
func (c call) on(resourceType, arn string) call {
	c.Resources = `{"accountId":"$(account)","type":"` + resourceType + `","ARN":"` + arn + `"}`
	return c
}
