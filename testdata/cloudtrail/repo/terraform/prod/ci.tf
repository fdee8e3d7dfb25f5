# GitHub Actions deploys the shop.

resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "github" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.github.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }

    # Any repository of ours, so that new services need no change here.
    condition {
      test     = "StringLike"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:acme-retail/*"]
    }
  }
}

resource "aws_iam_role" "github_deploy" {
  name               = "github-deploy"
  description        = "GitHub Actions deploys the shop"
  assume_role_policy = data.aws_iam_policy_document.github.json
}

# Started out as "just until the pipeline settles", September 2023.
resource "aws_iam_role_policy_attachment" "github_deploy" {
  role       = aws_iam_role.github_deploy.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

# The build that rolls out containers after the images are pushed.
resource "aws_iam_role" "ecs_deployer" {
  name        = "ecs-deployer"
  description = "CodeBuild project that rolls out containers"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "codebuild.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "ecs_deployer" {
  name = "deploy"
  role = aws_iam_role.ecs_deployer.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "RollOut"
        Effect   = "Allow"
        Action   = "ecs:*"
        Resource = "*"
      },
      {
        # A task definition names the roles its containers run as; whoever
        # registers it must be allowed to pass them.
        Sid      = "HandOverRoles"
        Effect   = "Allow"
        Action   = "iam:PassRole"
        Resource = "*"
      },
      {
        Sid    = "BuildLogs"
        Effect = "Allow"
        Action = [
          "logs:CreateLogGroup",
          "logs:CreateLogStream",
          "logs:PutLogEvents",
        ]
        Resource = "${local.logs}:/aws/codebuild/ecs-deploy:*"
      },
    ]
  })
}
