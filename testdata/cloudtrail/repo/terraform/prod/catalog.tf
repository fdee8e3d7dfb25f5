# The product catalog: two services, one table, one policy for both.

resource "aws_iam_policy" "catalog_data" {
  name   = "catalog-data"
  policy = file("${path.module}/policies/catalog-data.json")
}

resource "aws_iam_role" "catalog_reader" {
  name               = "catalog-reader"
  assume_role_policy = data.aws_iam_policy_document.ecs_tasks.json
}

resource "aws_iam_role" "catalog_writer" {
  name               = "catalog-writer"
  assume_role_policy = data.aws_iam_policy_document.ecs_tasks.json
}

resource "aws_iam_role_policy_attachment" "catalog_reader" {
  role       = aws_iam_role.catalog_reader.name
  policy_arn = aws_iam_policy.catalog_data.arn
}

resource "aws_iam_role_policy_attachment" "catalog_writer" {
  role       = aws_iam_role.catalog_writer.name
  policy_arn = aws_iam_policy.catalog_data.arn
}
