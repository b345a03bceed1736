# update: description = "Changed"
# update: enable_key_rotation = true
# update: tags = { step = "2" }
# import differs: deletion_window_in_days
resource "aws_kms_key" "test" {
  description             = "Lifecycle"
  deletion_window_in_days = 7

  tags = { step = "1" }
}
