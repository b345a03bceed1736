a = 1
a = 2
b = var.c
block {
}
variable "x" {
}
