variable "name" {
  description = "Name of the cluster; every object carries it."
  type        = string
}

variable "availability_zones" {
  description = "The two zones; empty takes the first two that the region offers."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = contains([0, 2], length(var.availability_zones))
    error_message = "Give two availability zones, or none to take the first two of the region."
  }
}

variable "vpc_cidr" {
  description = "Addresses of the network."
  type        = string
  default     = "10.0.0.0/16"
}

variable "public_subnet_cidrs" {
  description = "Addresses of the public subnets Subnet-1A and Subnet-1B."
  type        = list(string)
  default     = ["10.0.10.0/24", "10.0.20.0/24"]
}

variable "private_subnet_cidrs" {
  description = "Addresses of the private subnets Subnet-2A and Subnet-2B; empty for none."
  type        = list(string)
  default     = ["10.0.110.0/24", "10.0.120.0/24"]
}

variable "nat" {
  description = "Whether the private subnets reach the Internet, through a NAT gateway per zone."
  type        = bool
  default     = true
}

variable "interface_endpoints" {
  description = "AWS services that are reached through interface endpoints in the private subnets, such as ec2."
  type        = list(string)
  default     = []
}
