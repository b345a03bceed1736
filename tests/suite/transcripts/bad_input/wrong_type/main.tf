variable "size" {
  type    = number
  default = "many"
}

resource "terraform_data" "a" {
  count = "two"
}
