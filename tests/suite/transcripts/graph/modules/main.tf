variable "name" {}

resource "terraform_data" "a" {
  input = var.name
}

module "m" {
  source = "./m"
  input  = terraform_data.a.id
}

output "inner" {
  value = module.m.id
}
