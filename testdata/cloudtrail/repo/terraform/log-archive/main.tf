provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["222233334444"]
}

# The weekly review of the trail.
resource "aws_iam_role" "audit_reader" {
  name        = "audit-reader"
  description = "Weekly review of the trail"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:root" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_policy" "audit_reader" {
  name   = "audit-reader"
  policy = file("${path.module}/policies/audit-reader.json")
}

resource "aws_iam_role_policy_attachment" "audit_reader" {
  role       = aws_iam_role.audit_reader.name
  policy_arn = aws_iam_policy.audit_reader.arn
}
