# Partners drop files, Glue loads them. Roles that teams make for themselves
# stand behind the engineering boundary.

resource "aws_s3_bucket" "partner_drop" {
  bucket = "acme-partner-drop"
}

resource "aws_iam_policy" "engineering_boundary" {
  name   = "engineering-boundary"
  policy = file("${path.module}/policies/engineering-boundary.json")
}

data "aws_iam_policy_document" "partner_etl" {
  statement {
    sid = "Drop"
    actions = [
      "s3:DeleteBucket",
      "s3:DeleteObject",
      "s3:GetObject",
      "s3:ListBucket",
      "s3:PutBucketAcl",
      "s3:PutObject",
    ]
    resources = [
      aws_s3_bucket.partner_drop.arn,
      "${aws_s3_bucket.partner_drop.arn}/*",
    ]
  }

  statement {
    sid = "Catalog"
    actions = [
      "glue:CreateTable",
      "glue:DeleteDatabase",
      "glue:DeleteTable",
      "glue:GetDatabase",
      "glue:GetTable",
      "glue:GetTables",
      "glue:StartJobRun",
      "glue:UpdateTable",
    ]
    resources = ["*"]
  }
}

module "partner_etl" {
  source = "../modules/bounded-role"

  name        = "partner-etl"
  description = "Loads what partners drop"
  service     = "glue.amazonaws.com"
  boundary    = aws_iam_policy.engineering_boundary.arn
  policy      = data.aws_iam_policy_document.partner_etl.json
}
