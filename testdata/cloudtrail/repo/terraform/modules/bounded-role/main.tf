# A role for a service, with one inline policy and a permissions boundary.

variable "name" {
  type = string
}

variable "description" {
  type    = string
  default = null
}

variable "service" {
  type        = string
  description = "Service that assumes the role, such as glue.amazonaws.com"
}

variable "boundary" {
  type        = string
  description = "ARN of the permissions boundary"
}

variable "policy" {
  type        = string
  description = "The inline policy, as JSON"
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = var.description
  permissions_boundary = var.boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = var.service }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name   = var.name
  role   = aws_iam_role.this.id
  policy = var.policy
}

output "arn" {
  value = aws_iam_role.this.arn
}
