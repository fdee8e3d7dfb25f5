# Uploads the daily reports.

resource "aws_s3_bucket" "report_archive" {
  bucket = "acme-report-archive"
}

resource "aws_sns_topic" "reports" {
  name = "reports"
}

resource "aws_sqs_queue" "report_jobs" {
  name = "report-jobs"
}

resource "aws_iam_role" "report_uploader" {
  name               = "report-uploader"
  assume_role_policy = data.aws_iam_policy_document.ecs_tasks.json
}

resource "aws_iam_policy" "report_uploader" {
  name = "report-uploader"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Archive"
        Effect = "Allow"
        Action = [
          "s3:AbortMultipartUpload",
          "s3:PutObject",
        ]
        Resource = "${aws_s3_bucket.report_archive.arn}/*"
      },
      {
        # New in October 2026; the release that uses it comes in November.
        Sid    = "AnnounceToTeams"
        Effect = "Allow"
        Action = [
          "sns:Publish",
          "sqs:SendMessage",
        ]
        Resource = [
          aws_sns_topic.reports.arn,
          aws_sqs_queue.report_jobs.arn,
        ]
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "report_uploader" {
  role       = aws_iam_role.report_uploader.name
  policy_arn = aws_iam_policy.report_uploader.arn
}
