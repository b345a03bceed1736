resource "terraform_data" "a" {
  input = terraform_data.b.id
}

resource "terraform_data" "b" {
  input = local.c
}

locals {
  c = terraform_data.a.id
}

resource "terraform_data" "self" {
  input = terraform_data.self.id
}
