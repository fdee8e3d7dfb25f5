package iam

import (
	"encoding/json"
	"testing"
)

const everyElement = `{
  "Version": "2012-10-17",
  "Id": "id",
  "Statement": [
    {
      "Sid": "a",
      "Effect": "Allow",
      "Principal": {
        "AWS": [
          "1",
          "2"
        ],
        "Service": "s"
      },
      "Action": "s3:*",
      "Resource": "<&>",
      "Condition": {
        "Bool": {
          "aws:SecureTransport": "true"
        },
        "NumericLessThan": {
          "a:b": [
            "1",
            "2.5"
          ],
          "a:c": []
        }
      }
    },
    {
      "Effect": "Deny",
      "NotPrincipal": "*",
      "NotAction": [
        "a:b",
        "c:d"
      ],
      "NotResource": []
    }
  ]
}
`

func TestEncode(t *testing.T) {
	var p Policy
	if err := json.Unmarshal([]byte(everyElement), &p); err != nil {
		t.Fatal(err)
	}
	if got := string(p.Indent()); got != everyElement {
		t.Errorf("got %s", got)
	}
	statement, err := json.Marshal(p.Statements[1])
	if want := `{"Effect":"Deny","NotPrincipal":"*","NotAction":["a:b","c:d"],"NotResource":[]}`; err != nil || string(statement) != want {
		t.Errorf("got %s, %v", statement, err)
	}
	principals, err := json.Marshal(p.Statements[0].Principal)
	if want := `{"AWS":["1","2"],"Service":"s"}`; err != nil || string(principals) != want {
		t.Errorf("got %s, %v", principals, err)
	}
	list, err := json.Marshal(Strings{"one"})
	if err != nil || string(list) != `"one"` {
		t.Errorf("got %s, %v", list, err)
	}
}

// Conditions and principals of one kind that stand apart come together.
func TestEncodeGroups(t *testing.T) {
	p := Policy{Statements: []Statement{{
		Effect: Allow, Action: []Pattern{"*"},
		Principal: &Principals{Values: []Principal{{PrincipalAWS, "1"}, {PrincipalService, "s"}, {PrincipalAWS, "2"}}},
		Condition: []Condition{{"Bool", "a", []string{"true"}}, {"Null", "b", []string{"true"}}, {"Bool", "c", []string{"false"}}},
	}}}
	data, err := p.MarshalJSON()
	want := `{"Statement":[{"Effect":"Allow","Principal":{"AWS":["1","2"],"Service":"s"},"Action":"*",` +
		`"Condition":{"Bool":{"a":"true","c":"false"},"Null":{"b":"true"}}}]}`
	if err != nil || string(data) != want {
		t.Errorf("got %s, %v, want %s", data, err, want)
	}
	if data, _ := (Policy{}).MarshalJSON(); string(data) != `{"Statement":[]}` {
		t.Errorf("the empty policy is %s", data)
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	var p Policy
	if err := json.Unmarshal([]byte(`{"Version":"1"}`), &p); err == nil {
		t.Error("an unknown version is read")
	}
}

func TestEffectiveVersion(t *testing.T) {
	if v := (&Policy{}).EffectiveVersion(); v != Version2008 {
		t.Errorf("no Version is %s", v)
	}
	if v := (&Policy{Version: Version2012}).EffectiveVersion(); v != Version2012 {
		t.Errorf("Version 2012-10-17 is %s", v)
	}
}
