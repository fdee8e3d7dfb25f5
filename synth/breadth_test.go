package synth

import (
	"testing"

	"github.com/pruner/pruner/iam"
)

func TestBreadth(t *testing.T) {
	for _, c := range []struct {
		action   iam.Action
		resource iam.Pattern
		want     breadth
	}{
		{"sqs:PurgeQueue", "*", breadthAll},
		{"sqs:PurgeQueue", "arn:aws:sqs:*:111122223333:*", breadthAll},
		{"sqs:PurgeQueue", "arn:aws:sqs:eu-west-1:111122223333:orders-*", breadthPart},
		{"sqs:PurgeQueue", "arn:aws:sqs:*:*:orders", breadthNamed},
		{"dynamodb:DeleteTable", "arn:aws:dynamodb:*:111122223333:table/*", breadthAll},
		{"dynamodb:DeleteTable", "arn:aws:dynamodb:*:111122223333:*", breadthAll},
		{"dynamodb:DeleteTable", "arn:aws:dynamodb:*:111122223333:table/orders", breadthNamed},
		{"s3:GetObject", "arn:aws:s3:::*", breadthAll},
		{"s3:GetObject", "arn:aws:s3:::bucket/*", breadthPart},
		{"s3:GetObject", "arn:aws:s3:::bucket/home/${aws:username}/x", breadthPart},
		{"s3:GetObject", "arn:aws:s3:::bucket/key", breadthNamed},
		{"ecs:ListClusters", "arn:aws:ecs:eu-west-1:111122223333:cluster/c", breadthAll}, // takes no resource
		{"iam:PassRole", "arn:aws:iam::111122223333:role/app/*", breadthPart},
		{"nobody:Knows", "arn:aws:nobody:::x", breadthAll},
	} {
		s := &iam.Statement{Effect: iam.Allow, Action: []iam.Pattern{iam.Pattern(c.action)}, Resource: []iam.Pattern{c.resource}}
		if got := breadthOf(testCatalog, s, c.action); got != c.want {
			t.Errorf("%s on %s: breadth %d, want %d", c.action, c.resource, got, c.want)
		}
	}
}

// A narrowed resource is privilege that goes; the same action in two
// statements counts once, where it reaches furthest.
func TestPrivilegeOfResources(t *testing.T) {
	weigh := func(document string) int {
		t.Helper()
		p, err := iam.ParsePolicy([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		_, _, w := Privilege(testCatalog, []*iam.Policy{p, nil})
		return w
	}
	for document, want := range map[string]int{
		`{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`:                                                                                                                    10,
		`{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}`:                                                                                                     5,
		`{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::b/x","arn:aws:s3:::b/y"]}}`:                                                                                3,
		`{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/x"},{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::c/*"}]}`:                          5,
		`{"Statement":[{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"},{"Effect":"Allow","Action":["sqs:ListQueues","sqs:PurgeQueue"],"Resource":"arn:aws:sqs:eu-west-1:111122223333:q"}]}`: 4,
	} {
		if got := weigh(document); got != want {
			t.Errorf("%s: weight %d, want %d", document, got, want)
		}
	}
	if breadthNamed.of(1) != 1 || breadthPart.of(1) != 1 {
		t.Error("a permission on something weighs nothing")
	}
}
