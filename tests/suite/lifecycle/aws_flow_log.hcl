# update: tags = { Name = "renamed" }
resource "aws_vpc" "main" {
  cidr_block = "10.30.0.0/16"
}

resource "aws_cloudwatch_log_group" "flows" {
  name = "lifecycle-flows"
}

resource "aws_iam_role" "flows" {
  name = "lifecycle-flows"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "vpc-flow-logs.amazonaws.com" } }]
  })
}

resource "aws_flow_log" "test" {
  vpc_id                   = aws_vpc.main.id
  traffic_type             = "REJECT"
  log_destination          = aws_cloudwatch_log_group.flows.arn
  iam_role_arn             = aws_iam_role.flows.arn
  max_aggregation_interval = 60

  tags = {
    Name = "lifecycle"
  }
}
