# Month-end closing. Runs on the first of the month, see runbooks/finance.md.

resource "aws_s3_bucket" "ledger" {
  bucket = "acme-finance-ledger"
}

resource "aws_sns_topic" "books_closed" {
  name = "books-closed"
}

resource "aws_iam_role" "month_end_close" {
  name               = "month-end-close"
  description        = "Closes the month's books"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

resource "aws_iam_role_policy_attachment" "month_end_close_logs" {
  role       = aws_iam_role.month_end_close.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_iam_role_policy" "month_end_close" {
  name = "books"
  role = aws_iam_role.month_end_close.id

  policy = <<-EOF
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "Query",
          "Effect": "Allow",
          "Action": "athena:*",
          "Resource": "arn:aws:athena:${local.region}:${local.account_id}:workgroup/finance"
        },
        {
          "Sid": "Tables",
          "Effect": "Allow",
          "Action": [
            "glue:DeleteTable",
            "glue:GetDatabase",
            "glue:GetPartitions",
            "glue:GetTable"
          ],
          "Resource": [
            "arn:aws:glue:${local.region}:${local.account_id}:catalog",
            "arn:aws:glue:${local.region}:${local.account_id}:database/finance",
            "arn:aws:glue:${local.region}:${local.account_id}:table/finance/*"
          ]
        },
        {
          "Sid": "Ledger",
          "Effect": "Allow",
          "Action": [
            "s3:DeleteObject",
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:ListBucket",
            "s3:PutObject"
          ],
          "Resource": [
            "${aws_s3_bucket.ledger.arn}",
            "${aws_s3_bucket.ledger.arn}/*"
          ]
        },
        {
          "Sid": "Tell",
          "Effect": "Allow",
          "Action": "sns:*",
          "Resource": "${aws_sns_topic.books_closed.arn}"
        }
      ]
    }
  EOF
}
