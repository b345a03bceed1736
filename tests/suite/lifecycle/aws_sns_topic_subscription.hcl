# update: raw_message_delivery = true
# update: filter_policy = jsonencode({ kind = ["b"] })
resource "aws_sns_topic_subscription" "test" {
  topic_arn     = aws_sns_topic.topic.arn
  protocol      = "sqs"
  endpoint      = "arn:aws:sqs:us-east-1:123456789012:lifecycle"
  filter_policy = jsonencode({ kind = ["a"] })
}

resource "aws_sns_topic" "topic" {
  name = "subscribed"
}
