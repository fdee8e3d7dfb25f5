# Imported the orders of the old shop in 2019.

resource "aws_iam_role" "legacy_importer" {
  name        = "legacy-importer"
  description = "Imports orders from the old shop"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "legacy_importer" {
  role       = aws_iam_role.legacy_importer.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
}

resource "aws_iam_role_policy" "legacy_importer" {
  name = "import"
  role = aws_iam_role.legacy_importer.id

  policy = <<EOF
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Write",
      "Effect": "Allow",
      "Action": ["dynamodb:BatchWriteItem", "dynamodb:PutItem"],
      "Resource": "arn:aws:dynamodb:${local.region}:${local.account_id}:table/*"
    }
  ]
}
EOF
}
