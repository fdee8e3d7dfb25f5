# The observability vendor reads metrics from outside.

data "aws_iam_policy_document" "vendor" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::999988887777:root"]
    }

    # Keeps other customers of the vendor out of our account.
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = ["acme-7f41c2"]
    }
  }
}

resource "aws_iam_role" "vendor_observability" {
  name               = "vendor-observability"
  description        = "Read by the observability vendor"
  assume_role_policy = data.aws_iam_policy_document.vendor.json
}

data "aws_iam_policy_document" "observe" {
  statement {
    sid = "Metrics"
    actions = [
      "autoscaling:Describe*",
      "cloudwatch:*", # as the vendor's manual says
      "ec2:Describe*",
      "tag:GetResources",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "observe" {
  name   = "observe"
  role   = aws_iam_role.vendor_observability.id
  policy = data.aws_iam_policy_document.observe.json
}
