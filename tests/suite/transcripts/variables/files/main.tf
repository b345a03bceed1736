variable "a" {}
variable "b" {}
variable "c" {}
variable "d" {}
variable "e" {}
variable "f" { default = null }
variable "list" {
  type    = list(string)
  default = []
}

output "all" {
  value = join(" ", [var.a, var.b, var.c, var.d, var.e])
}
