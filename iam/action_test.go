package iam

import "testing"

func TestAction(t *testing.T) {
	a := Action("s3:GetObject")
	if a.Prefix() != "s3" || a.Name() != "GetObject" || a.Fold() != "s3:getobject" {
		t.Errorf("%q %q %q", a.Prefix(), a.Name(), a.Fold())
	}
	if !a.Equal("S3:getobject") || a.Equal("s3:GetObjects") {
		t.Error("actions are equal without regard to case")
	}
}
