package catalog

import (
	"slices"
	"strings"
)

// Cut gives, for a request parameter of which a part is kept, what makes that
// part of its value ("" if nothing is left); nil for any other parameter. What
// is kept tells an action and holds no text of the caller's: that tags or a
// policy were given, the first word of a PartiQL statement, or where a stack's
// template lies.
func (c *Catalog) Cut(eventSource, _, path string) func(value string) string {
	if path == "response" || strings.HasPrefix(path, "response.") {
		return nil
	}
	low := strings.ToLower(path)
	switch name := Fold(LastName(low)); {
	case eventSource == "dynamodb.amazonaws.com" && name == "statement":
		return firstWord
	case eventSource == "cloudformation.amazonaws.com" && name == "templateurl":
		return unsigned
	case eventSource == "sns.amazonaws.com" && name == "attributevalue":
		return onlyRole
	case eventSource == "sns.amazonaws.com" && name == "endpoint":
		return onlyARN
	case isTag(low), strings.HasPrefix(name, "xamzgrant"), slices.Contains(givenPolicies, eventSource+" "+low):
		return given
	}
	return nil
}

// Given stands for the value of a parameter of which only the presence is kept.
const Given = "given"

func given(string) string { return Given }

// VersionQuery begins the query of an object's URL that names a version.
const VersionQuery = "versionId="

// unsigned is a URL without its query, save a version's. Of a URL that is
// signed nothing is left: its reader needs no permission, and it is a secret.
//
// Source: S3 API Reference, "Authenticating requests: using query parameters"
// (X-Amz-Signature), and Signature Version 2 (Signature).
func unsigned(text string) string {
	place, query, _ := strings.Cut(text, "?")
	switch {
	case strings.Contains(strings.ToLower(query), "signature="):
		return ""
	case strings.HasPrefix(query, VersionQuery) && !strings.Contains(query, "&"):
		return text
	}
	return place
}

// onlyRole is a role's ARN, and nothing of any other text: an attribute of a
// topic can be its policy.
func onlyRole(text string) string {
	if strings.HasPrefix(text, "arn:") && strings.Contains(text, ":role/") && !strings.ContainsAny(text, " \t\r\n{") {
		return text
	}
	return ""
}

// onlyARN is an ARN, and nothing of any other text: an endpoint that is told of a
// topic's messages can be a person's address, or a URL with a password.
//
// Source: SNS Developer Guide, "Fanout Amazon SNS notifications to HTTPS
// endpoints", step 1 (basic and digest authentication).
func onlyARN(text string) string {
	if strings.HasPrefix(text, "arn:") && !strings.ContainsAny(text, " \t\r\n@") {
		return text
	}
	return ""
}

// givenPolicies are the parameters that hold a policy whose setting is
// authorised by an action of its own.
//
// Source: KMS API Reference, CreateKey and ReplicateKey, Policy; DynamoDB API
// Reference, CreateTable, ResourcePolicy.
var givenPolicies = []string{"kms.amazonaws.com policy", "dynamodb.amazonaws.com resourcepolicy"}

// statementWords begin the statements of PartiQL.
//
// Source: DynamoDB Developer Guide, "PartiQL statements for DynamoDB".
var statementWords = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "EXISTS"}

func firstWord(statement string) string {
	word := strings.TrimSpace(statement)
	if end := strings.IndexAny(word, " \t\r\n("); end >= 0 {
		word = word[:end]
	}
	word = strings.ToUpper(word)
	if slices.Contains(statementWords, word) {
		return word
	}
	return ""
}

// tagLists are what requests call the tags of the resource that they make.
var tagLists = []string{"tags", "tagset", "taglist", "resourcetags", "hostedzonetags", "filesystemtags", "userpooltags", "identitypooltags", "repositorytags"}

// isTag: the path, in lower case, lies in the tags of the request's own
// resource, not in those of something that the resource makes in its turn, as
// the instances of a compute environment.
func isTag(low string) bool {
	parent, rest, nested := strings.Cut(low, ".")
	if nested && (strings.HasSuffix(parent, "request") || parent == "createbucketconfiguration") {
		parent, rest, nested = strings.Cut(rest, ".")
	}
	list := strings.HasSuffix(parent, "[]")
	if list && rest == "resourceid" {
		return false // whose tag it is, as Auto Scaling has it
	}
	return slices.Contains(tagLists, strings.TrimSuffix(parent, "[]")) && (nested || list) && !strings.HasSuffix(rest, "resourcetype")
}

// IsTag reports whether a parameter path lies in the tags of the resource that
// the request is about.
func IsTag(path string) bool { return isTag(strings.ToLower(path)) }
