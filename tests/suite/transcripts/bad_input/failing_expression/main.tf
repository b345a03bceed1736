variable "bits" {
  default = "many"
}

variable "token" {
  default   = "t0ken"
  sensitive = true
}

variable "servers" {
  default = [{ name = "one", port = "http" }]
}

output "call" {
  value = cidrsubnet("10.0.0.0/8", var.bits, 1)
}

output "operand" {
  value = [for it in var.servers : it.port + 1]
}

output "secret" {
  value     = var.token + 1
  sensitive = true
}

resource "terraform_data" "repeated" {
  for_each = toset([terraform_data.source.id])
}

resource "terraform_data" "source" {}
