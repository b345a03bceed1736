variable "version_number" {
  type    = number
  default = 1
}

resource "terraform_data" "base" {
  triggers_replace = var.version_number
}

resource "terraform_data" "user" {
  triggers_replace = terraform_data.base.id

  lifecycle {
    create_before_destroy = true
  }
}
