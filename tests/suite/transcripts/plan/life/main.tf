variable "names" {
  type    = set(string)
  default = ["a", "b"]
}

resource "terraform_data" "each" {
  for_each = var.names
  input    = upper(each.key)
}

resource "terraform_data" "all" {
  input            = [for name, it in terraform_data.each : "${name}=${it.output}"]
  triggers_replace = length(var.names)
}

output "all" {
  value = terraform_data.all.output
}
