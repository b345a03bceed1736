variable "size" {
  type    = number
  default = 1
}

locals {
  stage = "production"
}

resource "terraform_data" "server" {
  count = 1
  input = { size = var.size, stage = local.stage }

  lifecycle {
    create_before_destroy = true
  }
}

output "size" {
  value = var.size
}
