provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["777788889999"]
}

resource "aws_iam_role" "integration_tests" {
  name        = "integration-tests"
  description = "Nightly tests of the whole shop"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "codebuild.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

data "aws_iam_policy_document" "integration_tests" {
  # The tests touch everything, but not who may do what.
  statement {
    sid         = "NotTheKeys"
    not_actions = ["account:*", "iam:*", "organizations:*"]
    resources   = ["*"]
  }
}

resource "aws_iam_role_policy" "integration_tests" {
  name   = "almost-everything"
  role   = aws_iam_role.integration_tests.id
  policy = data.aws_iam_policy_document.integration_tests.json
}
