resource "terraform_data" "web" {
  input = [var.nothing, local.nothing, terraform_data.wed.id, module.nothing.x]
}
