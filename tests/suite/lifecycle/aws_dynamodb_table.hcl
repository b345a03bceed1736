# update: deletion_protection_enabled = false
# update: read_capacity = 2
# update: stream_enabled = true
# update: stream_view_type = "KEYS_ONLY"
# update: tags = { Name = "renamed" }
resource "aws_dynamodb_table" "test" {
  name                        = "lifecycle"
  hash_key                    = "id"
  range_key                   = "at"
  read_capacity               = 1
  write_capacity              = 1
  deletion_protection_enabled = true

  attribute {
    name = "id"
    type = "S"
  }

  attribute {
    name = "at"
    type = "N"
  }

  attribute {
    name = "owner"
    type = "S"
  }

  global_secondary_index {
    name            = "by-owner"
    hash_key        = "owner"
    projection_type = "KEYS_ONLY"
    read_capacity   = 1
    write_capacity  = 1
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  tags = {
    Name = "lifecycle"
  }
}
