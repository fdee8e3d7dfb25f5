package iam

import (
	"errors"
	"strings"
	"testing"
)

func TestParsePolicyRefuses(t *testing.T) {
	statement := func(members string) string { return `{"Statement":{"Effect":"Allow",` + members + `}}` }
	for name, test := range map[string]struct{ text, reason string }{
		"too large":                {strings.Repeat(" ", 10<<20), "10485760 bytes; a policy has at most 1048576"},
		"nested":                   {`{"Statement":` + strings.Repeat("[", 100_000), "have '['"},
		"nested in a list":         {statement(`"Action":` + strings.Repeat("[", 100_000)), "want a string"},
		"nested in an object":      {strings.Repeat(`{"Statement":`, 50_000), "unknown element"},
		"nested in a condition":    {`{"Statement":[{"Condition":{"Bool":{"a":[` + strings.Repeat("[", 100_000), "nested deeper than a policy can be (6 levels)"},
		"nothing":                  {``, "EOF"},
		"no object":                {`[]`, "want an object, have '['"},
		"a number":                 {`7`, "want an object, have 7"},
		"null":                     {`null`, "want an object, have null"},
		"cut off":                  {`{"Statement":[{"Effect":"Allow"`, "EOF"},
		"cut off in a list":        {`{"Statement":[`, "EOF"},
		"unknown element":          {`{"Statment":[]}`, `unknown element "Statment"`},
		"unknown statement member": {statement(`"Actions":"*"`), `unknown element "Actions" in a statement`},
		"repeated element":         {`{"Id":"a","Id":"b"}`, `element "Id" is repeated`},
		"unknown version":          {`{"Version":"2020-01-01"}`, `Version "2020-01-01"; there are 2008-10-17 and 2012-10-17`},
		"version that is none":     {`{"Version":1}`, "Version: want a string, have 1"},
		"no effect":                {`{"Statement":{"Action":"*","Resource":"*"}}`, `Effect ""`},
		"another effect":           {`{"Statement":{"Effect":"allow","Action":"*","Resource":"*"}}`, `Effect "allow"`},
		"no action":                {statement(`"Resource":"*"`), "either Action or NotAction"},
		"both actions":             {statement(`"Action":"*","NotAction":"*"`), "either Action or NotAction"},
		"both resources":           {statement(`"Action":"*","Resource":"*","NotResource":"*"`), "Resource or NotResource, not both"},
		"both principals":          {statement(`"Action":"*","Principal":"*","NotPrincipal":"*"`), "Principal or NotPrincipal, not both"},
		"principal list":           {statement(`"Action":"*","Principal":["*"]`), "Principal: want * or an object"},
		"principal null":           {statement(`"Action":"*","NotPrincipal":null`), "NotPrincipal: want * or an object, have null"},
		"principal of no type":     {statement(`"Action":"*","Principal":{"Aws":"*"}`), `"Aws"; there are AWS, Service, Federated and CanonicalUser`},
		"principal object":         {statement(`"Action":"*","Principal":{"AWS":{}}`), "Principal.AWS: want a string, have '{'"},
		"null action":              {statement(`"Action":null`), "Action: want a string, have null"},
		"condition list":           {statement(`"Action":"*","Condition":[]`), "want an object, have '['"},
		"condition text":           {statement(`"Action":"*","Condition":{"Bool":"true"}`), `want an object, have the string "true"`},
		"text behind":              {`{"Statement":[]}x`, "text follows the document"},
		"statement of text":        {`{"Statement":"x"}`, `want an object or a list, have the string "x"`},
		"list of texts":            {`{"Statement":["x"]}`, `want a statement, have the string "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			var parse *ParseError
			if _, err := ParsePolicy([]byte(test.text)); !errors.As(err, &parse) || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("got %v, want a *ParseError with %q", err, test.reason)
			}
		})
	}
}

func TestParseErrorHasPosition(t *testing.T) {
	_, err := ParsePolicy([]byte(`{"Version":"2012-10-17","Nonsense":1}`))
	if err == nil || !strings.HasPrefix(err.Error(), "policy document, byte 34: ") {
		t.Errorf("got %v", err)
	}
}

func TestParseScalars(t *testing.T) {
	p, err := ParsePolicy([]byte(`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a":true},"NumericEquals":{"b":[1.50,"x"]}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	c := p.Statements[0].Condition
	if c[0].Values[0] != "true" || c[1].Values[0] != "1.50" || c[1].Values[1] != "x" {
		t.Errorf("got %v", c)
	}
}

// FuzzParsePolicy: what is read, written and read again says the same.
func FuzzParsePolicy(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"AWS":["1","2"]},"Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":true},"NumericLessThan":{"a:b":[1,2.5]}}}]}`)
	f.Add(`{"Statement":{"Effect":"Deny","NotPrincipal":"*","NotAction":[],"NotResource":[]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePolicy([]byte(text))
		if err != nil {
			return
		}
		once := p.Indent()
		q, err := ParsePolicy(once)
		if err != nil {
			t.Fatalf("own encoding is refused: %v\n%s", err, once)
		}
		if twice := q.Indent(); string(twice) != string(once) {
			t.Fatalf("%s\nbecame\n%s", once, twice)
		}
	})
}
