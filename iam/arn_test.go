package iam

import "testing"

func TestARN(t *testing.T) {
	for _, test := range []struct {
		arn                               ARN
		partition, account, name, rebuilt string
	}{
		{"arn:aws:iam::111122223333:role/path/Name", "aws", "111122223333", "Name", "arn:aws:iam::111122223333:role/path/Name"},
		{"arn:aws-cn:s3:::bucket", "aws-cn", "", "bucket", "arn:aws-cn:s3:::bucket"},
		{"arn:aws:logs:r:1:log-group:g:*", "aws", "1", "log-group:g:*", "arn:aws:logs:r:1:log-group:g:*"},
		{"arn:aws:iam", "", "", "", ""},
		{"*", "", "", "", ""},
	} {
		parts, ok := test.arn.Split()
		if test.arn.Partition() != test.partition || test.arn.Account() != test.account || test.arn.Name() != test.name {
			t.Errorf("%s: %q %q %q", test.arn, test.arn.Partition(), test.arn.Account(), test.arn.Name())
		}
		if ok != (test.rebuilt != "") || ok && string(parts.ARN()) != test.rebuilt {
			t.Errorf("%s: rebuilt %s, %v", test.arn, parts.ARN(), ok)
		}
	}
}

func TestSessionIssuer(t *testing.T) {
	for arn, want := range map[ARN]string{
		"arn:aws:sts::111122223333:assumed-role/r/s": "111122223333 r",
		"arn:aws:sts::111122223333:assumed-role//s":  "",
		"arn:aws:sts::111122223333:federated-user/f": "",
		"arn:aws:iam::111122223333:role/r":           "",
		"arn:aws:iam::111122223333:assumed-role/r/s": "",
		"not an ARN": "",
		"arn:aws-us-gov:sts::1:assumed-role/r/s@x.org": "1 r",
	} {
		account, role, ok := arn.SessionIssuer()
		if ok != (want != "") || ok && account+" "+role != want {
			t.Errorf("%s: %s %s %v, want %q", arn, account, role, ok, want)
		}
	}
}
