package account

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/pruner/pruner/iam"
)

func partitionOfARN(arn string) string { return iam.ARN(arn).Partition() }

// write saves a value as the AWS CLI would print it: members that are not set
// are left out, policy documents are objects and not URL-encoded text. The
// file appears whole or not at all.
func (l *live) write(name string, value any) error {
	data, err := printed(value)
	if err != nil {
		return fmt.Errorf("snapshot: write %s: %w", name, err)
	}
	path := filepath.Join(l.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("snapshot: write %s: %w", name, err)
	}
	// Policies and account structure are nobody else's business.
	if err := os.WriteFile(path+".part", data, 0o600); err != nil {
		return fmt.Errorf("snapshot: write %s: %w", name, err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		return fmt.Errorf("snapshot: write %s: %w", name, err)
	}
	return nil
}

func printed(value any) ([]byte, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(plain))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "    ")
	err = enc.Encode(tidy(tree))
	return b.Bytes(), err
}

// tidy drops members without a value and opens policy documents.
func tidy(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, member := range v {
			text, isText := member.(string)
			switch {
			case member == nil || key == "ResultMetadata":
				delete(v, key)
			case isText && holdsDocument(key):
				v[key] = opened(text)
			default:
				v[key] = tidy(member)
			}
		}
	case []any:
		for i := range v {
			v[i] = tidy(v[i])
		}
	}
	return value
}

func holdsDocument(key string) bool {
	switch key {
	case "AssumeRolePolicyDocument", "PolicyDocument", "Document", "document", "InlinePolicy":
		return true
	}
	return false
}

// opened is a policy document as JSON, its members in their own order, or the
// text as it came if it is none.
func opened(text string) any {
	plain := plainDocument(text)
	if !json.Valid([]byte(plain)) {
		return text
	}
	return json.RawMessage(plain)
}

// plainDocument undoes the URL encoding (RFC 3986) that the IAM API gives a
// document. A text that already begins as JSON stays: a percent sign in it is
// part of a name.
//
// Source: IAM API Reference, GetAccountAuthorizationDetails.
func plainDocument(text string) string {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return text
	}
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}
