variable "size" {
  default = 3
}

locals {
  stage = "test"
}

resource "terraform_data" "server" {
  count = 2
}
