# update: description = "Runs the nodes."
# update: max_session_duration = 7200
# update: tags = { step = "2" }
resource "aws_iam_role" "test" {
  name               = "lifecycle"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}
