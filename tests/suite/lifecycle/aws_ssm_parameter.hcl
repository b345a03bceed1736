# update: value = "changed"
# update: tags = { step = "2" }
resource "aws_ssm_parameter" "test" {
  name        = "/plumb/lifecycle"
  description = "Lifecycle"
  type        = "SecureString"
  value       = "secret"
}

resource "aws_ssm_parameter" "open" {
  name           = "/plumb/open"
  type           = "StringList"
  insecure_value = "a,b"
}

data "aws_ssm_parameter" "open" {
  name       = "/plumb/open"
  depends_on = [aws_ssm_parameter.open]
}

output "open" {
  value = data.aws_ssm_parameter.open.insecure_value
}
