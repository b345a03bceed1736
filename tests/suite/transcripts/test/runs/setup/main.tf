resource "terraform_data" "name" {
  input = "from-setup"
}

output "name" {
  value = terraform_data.name.output
}
