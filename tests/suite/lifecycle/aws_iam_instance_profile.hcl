# update: tags = { step = "2" }
resource "aws_iam_instance_profile" "test" {
  name = "lifecycle"
  role = aws_iam_role.node.name
}

resource "aws_iam_role" "node" {
  name = "lifecycle"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}
