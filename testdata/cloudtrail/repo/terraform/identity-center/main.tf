# Permission sets. People get nothing any other way.

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111122223333"]
}

locals {
  instance_arn = "arn:aws:sso:::instance/ssoins-72231b2c9a4f0d1e"
}

resource "aws_ssoadmin_permission_set" "shop_developer" {
  name             = "ShopDeveloper"
  description      = "Developers of the shop, prod and staging"
  instance_arn     = local.instance_arn
  session_duration = "PT8H"
}

data "aws_iam_policy_document" "shop_developer" {
  statement {
    sid = "Look"
    actions = [
      "cloudwatch:Describe*",
      "cloudwatch:Get*",
      "cloudwatch:List*",
      "ecs:Describe*",
      "ecs:List*",
      "logs:Describe*",
      "logs:FilterLogEvents",
      "logs:GetLogEvents",
    ]
    resources = ["*"]
  }

  # For incidents, agreed with operations in February 2025.
  statement {
    sid = "Mend"
    actions = [
      "dynamodb:DeleteTable",
      "dynamodb:Query",
      "ecs:UpdateService",
      "lambda:DeleteFunction",
      "lambda:InvokeFunction",
      "rds:DeleteDBInstance",
    ]
    resources = ["*"]
  }
}

resource "aws_ssoadmin_permission_set_inline_policy" "shop_developer" {
  instance_arn       = local.instance_arn
  permission_set_arn = aws_ssoadmin_permission_set.shop_developer.arn
  inline_policy      = data.aws_iam_policy_document.shop_developer.json
}
