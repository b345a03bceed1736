resource "random_integer" "a" {
  min = 1
}

variable "needed" {
  type = string
}
