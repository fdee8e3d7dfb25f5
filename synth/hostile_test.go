package synth

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
	"github.com/pruner/pruner/usage"
)

// hostileKeys are object keys that whoever may write to a bucket can choose, and
// for each a key that is another one, though a pattern made carelessly of the
// first would fit it.
var hostileKeys = map[string]string{
	"logs/*":                      "logs/secret",
	"logs/?":                      "logs/s",
	"*":                           "secret",
	"?????/secret":                "other/secret",
	"${aws:username}/inbox":       "ann/inbox",
	"${*}/${?}/${$}":              "*/?/$",
	"quote\"}],\"Action\":\"*\"":  "secret",
	"line\nAction: \"*\"":         "secret",
	"../../secret":                "secret",
	"{{.Secret}}":                 "secret",
	"percent%2A%24%7Bx%7D":        "percent*${x}",
	"\u202esecret\x00\x1b[2J":     "secret",
	strings.Repeat("long/", 2048): "long/secret",
}

const hostileRole = `
-- trails --
data AWS::S3::Object arn:aws:s3
-- roles/app/inline/p.json --
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:DeleteObject"],"Resource":"arn:aws:s3:::shop/*"}]}
-- events --
app s3 GetObject 1-90/5 bucketName=shop
`

// TestHostileKeys: a name in the logs is no pattern, no variable and no policy
// text. What was used stays allowed, the policy reads back as it was written,
// and nothing is wider than the old one; a statement narrowed to the name does
// not fit another.
func TestHostileKeys(t *testing.T) {
	for key, other := range hostileKeys {
		sc := newScenario(t, txtar.Parse([]byte(hostileRole)))
		observed := sc.observations(t)
		for _, o := range observed {
			o.Resources = []trail.Resource{{ARN: "arn:aws:s3:::shop/" + key, Account: testAccount, Type: "AWS::S3::Object"}}
			o.Params = trail.SortParams([]trail.Param{{Path: "bucketName", Value: "shop"}, {Path: "key", Value: key}})
		}
		in := sc.inputs(t)
		in.Options.Later = true // narrowing to names is judged by a generalisation
		var err error
		if in.Usage, err = usage.Collect(t.Context(), observed, interpret.New(testCatalog), testWindow); err != nil {
			t.Fatal(err)
		}
		name := strconv.Quote(key[:min(len(key), 30)])
		proposals := sc.propose(t, in)
		for _, p := range proposals {
			for _, c := range p.Policies {
				checkReadsBack(t, name, c.New)
			}
		}
		documents := named(proposals[0].Holders[0].Policies, func(c *PolicyChange) *iam.Policy { return c.New })
		role := sc.roleARN("app")
		if got := decideWith(t, documents, role, []string{"s3:GetObject", "arn:aws:s3:::shop/" + key}); got != iam.Allowed {
			t.Errorf("%s: what was used is %s", name, got)
		}
		if got := decideWith(t, documents, role, []string{"s3:DeleteObject", "arn:aws:s3:::shop/" + key}); got == iam.Allowed {
			t.Errorf("%s: nothing was removed", name)
		}
		// An ARN that ends in * is what CloudTrail writes for a prefix, and a name
		// that does not fit in a policy stays at the grant.
		wide := strings.HasSuffix(key, "*") || len(key) > maxNames
		if got := decideWith(t, documents, role, []string{"s3:GetObject", "arn:aws:s3:::shop/" + other}); (got == iam.Allowed) != wide {
			t.Errorf("%s: another key, %q, is %s: %v", name, other, got, documents[0].Policy.Statements[0].Resource)
		}
	}
}

func checkReadsBack(t *testing.T, name string, p *iam.Policy) {
	t.Helper()
	text, err := p.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	back, err := iam.ParsePolicy(text)
	if err != nil {
		t.Fatalf("%s: the new policy does not read back: %v", name, err)
	}
	if diff := cmp.Diff(p, back); diff != "" {
		t.Errorf("%s: the new policy reads back as another (-want +got):\n%s", name, diff)
	}
	if len(back.Statements) != 1 || len(back.Statements[0].Action) != 1 {
		t.Errorf("%s: the name made statements or actions: %s", name, text)
	}
}
