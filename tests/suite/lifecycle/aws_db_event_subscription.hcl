# The emulator has no call that changes anything but the tags.
# update: tags = { step = "2" }
resource "aws_sns_topic" "events" {
  name = "lifecycle-events"
}

resource "aws_db_event_subscription" "test" {
  name             = "lifecycle"
  sns_topic        = aws_sns_topic.events.arn
  source_type      = "db-instance"
  event_categories = ["availability", "failover"]
}
