# update: display_name = "Changed"
# update: tags = { step = "2" }
resource "aws_sns_topic" "test" {
  name         = "lifecycle"
  display_name = "Lifecycle"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Publish"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = ["sns:Publish"]
      Resource  = "*"
    }]
  })
}

resource "aws_sns_topic" "fifo" {
  name_prefix                 = "ordered-"
  fifo_topic                  = true
  content_based_deduplication = true
}
