variable "name" {
  type = string

  validation {
    condition     = length(var.name) > 2
    error_message = "A name has at least three characters."
  }
}

resource "terraform_data" "server" {
  input = var.name
}

module "child" {
  source = "./child"
}

check "naming" {
  assert {
    condition     = var.name != "forbidden"
    error_message = "This name is taken."
  }
}

output "name" {
  value = terraform_data.server.output
}

output "child" {
  value = module.child.id
}

resource "terraform_data" "none" {
  count = 0
}
