variable "name" {
  type        = string
  description = "Name of the server."

  validation {
    condition     = length(var.name) > 3
    error_message = "The name ${var.name} is too short."
  }
  validation {
    condition     = startswith(var.name, var.prefix)
    error_message = "The name must start with ${var.prefix}."
  }
}

variable "prefix" {
  default = "s-"
}

variable "secret" {
  type      = string
  sensitive = true
  default   = "x"

  validation {
    condition     = var.secret != "y"
    error_message = "Not ${var.secret}."
  }
}

output "name" {
  value = var.name
}
