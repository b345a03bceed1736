# update: retention_in_days = 30
# update: tags = { step = "2" }
resource "aws_cloudwatch_log_group" "test" {
  name              = "/plumb/lifecycle"
  retention_in_days = 14

  tags = { step = "1" }
}

resource "aws_cloudwatch_log_group" "second" {
  name_prefix = "/plumb/lifecycle-"
}
