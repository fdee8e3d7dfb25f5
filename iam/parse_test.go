package iam

import (
	"errors"
	"strings"
	"testing"
)

func TestParsePolicyRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"too large":         strings.Repeat(" ", 10<<20),
		"nested":            `{"Statement":` + strings.Repeat("[", 100_000),
		"unknown element":   `{"Statment":[]}`,
		"repeated element":  `{"Id":"a","Id":"b"}`,
		"unknown version":   `{"Version":"2020-01-01"}`,
		"no effect":         `{"Statement":{"Action":"*","Resource":"*"}}`,
		"both actions":      `{"Statement":{"Effect":"Allow","Action":"*","NotAction":"*"}}`,
		"both resources":    `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","NotResource":"*"}}`,
		"bare principal":    `{"Statement":{"Effect":"Allow","Action":"*","Principal":"me"}}`,
		"text behind":       `{"Statement":[]}x`,
		"statement of text": `{"Statement":"x"}`,
	} {
		var parse *ParseError
		if _, err := ParsePolicy([]byte(text)); !errors.As(err, &parse) {
			t.Errorf("%s: got %v, want a *ParseError", name, err)
		}
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
