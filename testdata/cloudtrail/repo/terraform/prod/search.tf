# Feeds the search index. Re-created in August 2026, when it moved from a
# server of its own to ECS.

resource "aws_s3_bucket" "search_index" {
  bucket = "acme-search-index"
}

resource "aws_iam_role" "search_indexer" {
  name               = "search-indexer"
  description        = "Feeds the search index"
  assume_role_policy = data.aws_iam_policy_document.ecs_tasks.json
}

resource "aws_iam_role_policy" "search_indexer" {
  name = "index"
  role = aws_iam_role.search_indexer.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Index"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        Resource = "${aws_s3_bucket.search_index.arn}/*"
      },
      {
        Sid    = "Products"
        Effect = "Allow"
        Action = [
          "dynamodb:DeleteItem", # products that are gone leave the index
          "dynamodb:GetItem",
          "dynamodb:PutItem",
          "dynamodb:Scan",
          "dynamodb:UpdateItem",
        ]
        Resource = "arn:aws:dynamodb:${local.region}:${local.account_id}:table/products"
      },
    ]
  })
}
