variable "size" {
  type = number

  validation {
    condition     = var.size < 10
    error_message = "A part has a size below 10."
  }
}

resource "terraform_data" "this" {
  count = var.size
  input = count.index
}

output "size" {
  value = length(terraform_data.this)
}
