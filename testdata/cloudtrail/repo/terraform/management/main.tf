provider "aws" {
  region              = "us-east-1"
  allowed_account_ids = ["111122223333"]
}

# Monday's mail with last week's costs.
resource "aws_iam_role" "billing_report" {
  name = "billing-report"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })

  inline_policy {
    name = "costs"
    policy = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid    = "Costs"
        Effect = "Allow"
        Action = [
          "budgets:ModifyBudget",
          "budgets:ViewBudget",
          "ce:Get*",
          "organizations:ListAccounts",
        ]
        Resource = "*"
      }]
    })
  }
}

resource "aws_iam_role_policy_attachment" "billing_report_logs" {
  role       = aws_iam_role.billing_report.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}
