package iam

import (
	"strings"
	"testing"
)

func TestProblems(t *testing.T) {
	for _, test := range []struct {
		name string
		kind PolicyKind
		text string // of the document
		want string // the problems, joined by a bar
	}{
		{"sound", IdentityDocument, `{"Version":"2012-10-17","Statement":{"Sid":"A1","Effect":"Allow","Action":["s3:Get*","*"],"Resource":["*","arn:aws:s3:::b/${aws:username}"],"Condition":{"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":"a"},"Null":{"a:b":"true"}}}}`, ""},
		{"nothing", IdentityDocument, `{"Statement":[]}`, "the document has no statement"},
		{"Id", IdentityDocument, `{"Id":"x","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, "Id is for resource policies only"},
		{"Id of a resource policy", ResourceDocument, `{"Id":"x","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`, ""},
		{"Sid", IdentityDocument, `{"Statement":{"Sid":"a b","Effect":"Allow","Action":"*","Resource":"*"}}`, "statement a b: a Sid is made of letters and digits"},
		{"Sid twice", SCPDocument, `{"Statement":[{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"}]}`, "statement a: the Sid is not unique"},
		{"a principal", IdentityDocument, `{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`, "statement #0: Principal is for resource policies only"},
		{"no principal", ResourceDocument, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, "statement #0: no Principal"},
		{"principals", ResourceDocument, `{"Statement":{"Effect":"Allow","Principal":{"AWS":["*","111122223333","arn:aws:iam::111122223333:root","arn:aws:iam::1:user/u","arn:aws:sts::1:assumed-role/r/s","AROAEXAMPLE12345","arn:aws:iam::1:group/g","arn:aws:iam::1:role/*","me"],"Service":"x"},"Action":"*","Resource":"*"}}`, `statement #0: principal "arn:aws:iam::1:group/g" is no account, user, role or session|statement #0: principal "arn:aws:iam::1:role/*" is no account, user, role or session|statement #0: principal "me" is no account, user, role or session`},
		{"a bare principal", ResourceDocument, `{"Statement":{"Effect":"Allow","Principal":"111122223333","Action":"*","Resource":"*"}}`, `statement #0: principal "111122223333" stands without its type`},
		{"trust", TrustDocument, `{"Statement":{"Effect":"Allow","Principal":{"Service":"x"},"Action":"sts:AssumeRole"}}`, ""},
		{"not trust", TrustDocument, `{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":"*"},"Action":"s3:GetObject","Resource":"*"}}`, `statement #0: a trust policy has no NotPrincipal|statement #0: action "s3:GetObject" has no place in a trust policy|statement #0: a trust policy has no Resource`},
		{"RCPFullAWSAccess", RCPDocument, `{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`, ""},
		{"not an RCP", RCPDocument, `{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}}`, `statement #0: the Principal of an RCP is "*"|statement #0: an RCP denies; only RCPFullAWSAccess allows`},
		{"actions", IdentityDocument, `{"Statement":{"Effect":"Allow","NotAction":["GetObject","s3:",":x"],"Resource":"*"}}`, `statement #0: action "GetObject" is not of the form service:Name|statement #0: action "s3:" is not of the form service:Name|statement #0: action ":x" is not of the form service:Name`},
		{"no resource", IdentityDocument, `{"Statement":{"Effect":"Allow","Action":"*"}}`, "statement #0: neither Resource nor NotResource"},
		{"empty lists", IdentityDocument, `{"Statement":{"Effect":"Allow","Action":[],"NotResource":[]}}`, "statement #0: an empty list|statement #0: an empty list"},
		{"resources", IdentityDocument, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":["b","arn:aws:s3","arn:aws:*:::b","arn:aws:s3::${aws:PrincipalAccount}:b"]}}`, `statement #0: resource "b" is neither an ARN nor *|statement #0: resource "arn:aws:s3" is neither an ARN nor *|statement #0: resource "arn:aws:*:::b" has a wildcard for its service|statement #0: resource "arn:aws:s3::${aws:PrincipalAccount}:b" has a variable in front of the fifth colon`},
		{"operators", IdentityDocument, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringIs":{"a":"b"},"NullIfExists":{"a":"true"}}}}`, `statement #0: condition operator "StringIs" is not one of IAM's|statement #0: condition operator "NullIfExists" is not one of IAM's`},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := ParsePolicy([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(p.Problems(test.kind), "|"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
