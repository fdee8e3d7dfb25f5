package catalog

import "testing"

// TestCut: of tags, grants and policies only that they were given is kept, of a
// PartiQL statement the first word, of a topic's attribute a role.
func TestCut(t *testing.T) {
	c := Default()
	for _, x := range []struct{ source, path, value, want string }{
		{"dynamodb.amazonaws.com", "statement", "select * from T where k = 'secret'", "SELECT"},
		{"dynamodb.amazonaws.com", "requestItems[].statement", "EXISTS(SELECT * FROM T)", "EXISTS"},
		{"dynamodb.amazonaws.com", "statement", "'secret'", ""},
		{"ecs.amazonaws.com", "tags[].value", "secret", Given},
		{"logs.amazonaws.com", "tags.team", "secret", Given},
		{"s3.amazonaws.com", "x-amz-grant-read", "emailAddress=a@example.com", Given},
		{"kms.amazonaws.com", "policy", "{}", Given},
		{"sns.amazonaws.com", "attributeValue", "arn:aws:iam::111122223333:role/r", "arn:aws:iam::111122223333:role/r"},
		{"sns.amazonaws.com", "attributeValue", `{"Statement":[{"Principal":"arn:aws:iam::111122223333:role/r"}]}`, ""},
		{"sns.amazonaws.com", "attributeValue", "arn:aws:iam::111122223333:role/r secret", ""},
		{"cloudformation.amazonaws.com", "templateURL", "https://b.s3.amazonaws.com/t?versionId=v1", "https://b.s3.amazonaws.com/t?versionId=v1"},
		{"cloudformation.amazonaws.com", "templateURL", "https://b.s3.amazonaws.com/t?x=secret", "https://b.s3.amazonaws.com/t"},
		{"cloudformation.amazonaws.com", "templateURL", "https://b.s3.amazonaws.com/t?versionId=v1&X-Amz-Signature=secret", ""},
		{"sns.amazonaws.com", "endpoint", "arn:aws:sqs:eu-west-1:111122223333:q", "arn:aws:sqs:eu-west-1:111122223333:q"},
		{"sns.amazonaws.com", "endpoint", "https://user:secret@example.com/in", ""},
		{"sns.amazonaws.com", "endpoint", "someone@example.com", ""},
	} {
		cut := c.Cut(x.source, "", x.path)
		if cut == nil {
			t.Errorf("%s is kept whole or not at all", x.path)
		} else if got := cut(x.value); got != x.want {
			t.Errorf("of %s is kept %q, want %q", x.path, got, x.want)
		}
	}
	for _, path := range []string{"name", "computeResources.tags.a", "response.tags[].key", "tagSpecificationSet.items[].resourceType"} {
		if c.Cut("batch.amazonaws.com", "", path) != nil {
			t.Errorf("%s is cut", path)
		}
	}
}
