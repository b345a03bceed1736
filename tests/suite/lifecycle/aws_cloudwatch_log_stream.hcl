# import: no (the id is the stream's name, and an import takes GROUP:STREAM)
resource "aws_cloudwatch_log_stream" "test" {
  name           = "lifecycle"
  log_group_name = aws_cloudwatch_log_group.group.name
}

resource "aws_cloudwatch_log_group" "group" {
  name = "/plumb/streams"
}
