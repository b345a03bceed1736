# update: target_key_id = aws_kms_key.b.arn
resource "aws_kms_alias" "test" {
  name          = "alias/lifecycle"
  target_key_id = aws_kms_key.a.key_id
}

resource "aws_kms_key" "a" {}

resource "aws_kms_key" "b" {}
