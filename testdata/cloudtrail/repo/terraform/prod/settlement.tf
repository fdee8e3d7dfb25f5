# Settles payments with the bank, from inside the VPC: the bank lets in our
# NAT addresses only.

resource "aws_s3_bucket" "settlement" {
  bucket = "acme-settlement-files"
}

resource "aws_kms_key" "settlement" {
  description = "Settlement files"
}

resource "aws_iam_role" "settlement" {
  name               = "payments-settlement"
  description        = "Settles payments with the bank"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

resource "aws_iam_role_policy_attachment" "settlement_vpc" {
  role       = aws_iam_role.settlement.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
}

data "aws_iam_policy_document" "settlement" {
  statement {
    sid = "Files"
    actions = [
      "s3:DeleteObject",
      "s3:GetObject",
      "s3:PutObject",
    ]
    resources = ["${aws_s3_bucket.settlement.arn}/*"]
  }

  # The key is for objects in S3. Nothing is to be decrypted by hand.
  statement {
    sid = "KeyThroughS3"
    actions = [
      "kms:Decrypt",
      "kms:Encrypt",
      "kms:GenerateDataKey",
      "kms:ReEncryptFrom",
      "kms:ReEncryptTo",
    ]
    resources = [aws_kms_key.settlement.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.amazonaws.com"]
    }
  }

  statement {
    sid = "BankCredentials"
    actions = [
      "ssm:DeleteParameter",
      "ssm:GetParameter",
      "ssm:GetParameters",
      "ssm:GetParametersByPath",
    ]
    resources = ["arn:aws:ssm:${local.region}:${local.account_id}:parameter/settlement/*"]
  }
}

resource "aws_iam_role_policy" "settlement" {
  name   = "settlement-files"
  role   = aws_iam_role.settlement.id
  policy = data.aws_iam_policy_document.settlement.json
}
