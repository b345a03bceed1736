variable "input" {}

resource "terraform_data" "inner" {
  input = var.input
}

output "id" {
  value = terraform_data.inner.id
}
