# The orders API: an ECS service with a table, a queue and a bucket of its own.

resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "orderId"

  attribute {
    name = "orderId"
    type = "S"
  }

  attribute {
    name = "customerId"
    type = "S"
  }

  global_secondary_index {
    name            = "by-customer"
    hash_key        = "customerId"
    projection_type = "ALL"
  }
}

resource "aws_sqs_queue" "order_events" {
  name = "order-events"
}

resource "aws_s3_bucket" "invoices" {
  bucket = "acme-orders-invoices"
}

resource "aws_iam_role" "orders_api" {
  name               = "orders-api"
  description        = "Task role of the orders API"
  assume_role_policy = data.aws_iam_policy_document.ecs_tasks.json

  tags = {
    team = "orders"
  }
}

data "aws_iam_policy_document" "orders_api" {
  # Invoices are written once and read by the customer portal.
  statement {
    sid     = "Invoices"
    actions = ["s3:*"]
    resources = [
      aws_s3_bucket.invoices.arn,
      "${aws_s3_bucket.invoices.arn}/*",
    ]
  }

  # The API owns its table, so we never bothered to list the calls.
  statement {
    sid     = "Orders"
    actions = ["dynamodb:*"]
    resources = [
      aws_dynamodb_table.orders.arn,
      "${aws_dynamodb_table.orders.arn}/index/*",
    ]
  }

  statement {
    sid       = "Events"
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.order_events.arn]
  }
}

resource "aws_iam_role_policy" "orders_api" {
  name   = "orders-data"
  role   = aws_iam_role.orders_api.id
  policy = data.aws_iam_policy_document.orders_api.json
}

# ECS itself uses this one to start the containers.
resource "aws_iam_role" "ecs_task_execution" {
  name               = "ecs-task-execution"
  assume_role_policy = data.aws_iam_policy_document.ecs_tasks.json
}

resource "aws_iam_role_policy_attachment" "ecs_task_execution" {
  role       = aws_iam_role.ecs_task_execution.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

data "aws_iam_policy_document" "start_secrets" {
  statement {
    sid = "StartSecrets"
    actions = [
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetSecretValue",
    ]
    # Secrets Manager appends six letters to each name.
    resources = ["arn:aws:secretsmanager:${local.region}:${local.account_id}:secret:orders/*"]
  }
}

resource "aws_iam_role_policy" "start_secrets" {
  name   = "secrets"
  role   = aws_iam_role.ecs_task_execution.id
  policy = data.aws_iam_policy_document.start_secrets.json
}
