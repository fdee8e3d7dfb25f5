package diff

import (
	"strings"
	"testing"
)

// TestOpen: where expressions decide how much of a policy there is, another
// document in the account is no drift; where they only stand for texts, it is.
func TestOpen(t *testing.T) {
	c := inlineOf(roleOne, oneStatement(t, "s3:Get* s3:Put*", "arn:aws:s3:::b"), oneStatement(t, "s3:Get*", "arn:aws:s3:::b"))
	for statement, drifts := range map[string]bool{
		`{ Effect = "Allow", Action = ["s3:List*", "s3:Put*"], Resource = [aws_s3_bucket.b.arn] }`:                                                  true,
		`{ Effect = "Allow", Action = ["s3:List*"], Resource = ["${aws_s3_bucket.b.arn}/*"] }`:                                                      true,
		`{ Effect = "Allow", Action = ["s3:List*"], Resource = aws_s3_bucket.b[*].arn }`:                                                            false,
		`{ Effect = "Allow", Action = concat(["s3:List*"], var.more), Resource = [aws_s3_bucket.b.arn] }`:                                           false,
		`{ Effect = "Allow", Action = ["s3:List*"], Resource = ["*"] }], var.more ? [{ Effect = "Allow", Action = "a:b", Resource = "*" }] : [], [`: false,
	} {
		text := "resource \"aws_iam_role_policy\" \"p\" {\n  name = \"reads\"\n  role = \"reader\"\n  policy = jsonencode({ Version = \"2012-10-17\", Statement = concat([" + statement + "]) })\n}\n"
		dir := writeRepo(t, map[string]string{"main.tf": text})
		repo, err := Match(dir, proposals(c))
		if err != nil {
			t.Fatal(err)
		}
		_, edits := repo.ForProposal(accept(t, c))
		if edits[0].Reason == "" || edits[0].Drift != drifts || drifts != strings.HasPrefix(edits[0].Reason, "drift") {
			t.Errorf("%s: %+v", statement, edits)
		}
		if told := repo.Drifts(proposals(c)[0]); (len(told) == 1) != drifts {
			t.Errorf("%s: %+v", statement, told)
		}
	}
}
