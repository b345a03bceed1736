# update: dashboard_body = jsonencode({ widgets = [] })
resource "aws_cloudwatch_dashboard" "test" {
  dashboard_name = "lifecycle"
  dashboard_body = jsonencode({ widgets = [{ type = "text", x = 0, y = 0, width = 6, height = 3, properties = { markdown = "A" } }] })
}
