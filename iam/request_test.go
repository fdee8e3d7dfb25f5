package iam

import (
	"encoding/json"
	"testing"
)

func TestPrincipalARN(t *testing.T) {
	if a := (Principal{PrincipalService, "sns.amazonaws.com"}).ARN(); a != "" {
		t.Errorf("a service has the ARN %q", a)
	}
	if a := (Principal{PrincipalAWS, "arn:aws:iam::1:user/u"}).ARN(); a.Account() != "1" {
		t.Errorf("the user's ARN is %q", a)
	}
}

func TestContext(t *testing.T) {
	c := Context{}.Set("aws:TagKeys", "a", "b").Set("AWS:SourceIp", "1.2.3.4").Set("aws:sourceip", "5.6.7.8").Set("s3:prefix")
	if v, ok := c.Get("aws:SourceIP"); !ok || len(v) != 1 || v[0] != "5.6.7.8" {
		t.Errorf("aws:SourceIp is %q, %v", v, ok)
	}
	if _, ok := c.Get("aws:userid"); ok {
		t.Error("a key is there that was not set")
	}
	data, err := json.Marshal(c)
	if want := `{"AWS:SourceIp":"5.6.7.8","aws:TagKeys":["a","b"],"s3:prefix":[]}`; err != nil || string(data) != want {
		t.Errorf("got %s, %v, want %s", data, err, want)
	}
	var back Context
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(back)
	if string(again) != string(data) {
		t.Errorf("read back: %s", again)
	}
}

func TestContextScalars(t *testing.T) {
	var c Context
	if err := json.Unmarshal([]byte(`{"a:b":true,"a:c":[1,"x",2.50]}`), &c); err != nil {
		t.Fatal(err)
	}
	if v, _ := c.Get("a:c"); len(v) != 3 || v[0] != "1" || v[2] != "2.50" {
		t.Errorf("a:c is %q", v)
	}
	for _, text := range []string{`{"a:b":null}`, `{"a:b":{"c":1}}`, `{"a:b":[[]]}`, `{"a:b":["\ud800x",{}]}`, `[]`} {
		if err := json.Unmarshal([]byte(text), &c); err == nil || err.Error() == "" {
			t.Errorf("%s is read without an error", text)
		}
	}
}
