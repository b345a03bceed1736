variable "name" {
  description = "Name of the deployment; every object carries it."
  type        = string
}

variable "availability_zones" {
  description = "The two zones of the subnets; empty takes the first two that the region offers."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.availability_zones) == 0 || length(distinct(var.availability_zones)) == 2
    error_message = "Give two different availability zones, or none to take the first two of the region."
  }
}

variable "vpc_cidr" {
  description = "Addresses of the network."
  type        = string
  default     = "10.0.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr)) && try(tonumber(split("/", var.vpc_cidr)[1]), 0) >= 16 && try(tonumber(split("/", var.vpc_cidr)[1]), 99) <= 28
    error_message = "The range must be an IPv4 CIDR between /16 and /28, such as 10.0.0.0/16."
  }
}

variable "public_subnet_cidrs" {
  description = "Addresses of the two public subnets (load balancer, NAT gateways, bastion)."
  type        = list(string)
  default     = ["10.0.128.0/20", "10.0.144.0/20"]
  nullable    = false

  validation {
    condition     = length(var.public_subnet_cidrs) == 2 && alltrue([for it in var.public_subnet_cidrs : can(cidrnetmask(it))])
    error_message = "Give two IPv4 CIDRs, one per availability zone."
  }
}

variable "private_subnet_cidrs" {
  description = "Addresses of the two private subnets (nodes, shared home, database)."
  type        = list(string)
  default     = ["10.0.0.0/19", "10.0.32.0/19"]
  nullable    = false

  validation {
    condition     = length(var.private_subnet_cidrs) == 2 && alltrue([for it in var.private_subnet_cidrs : can(cidrnetmask(it))])
    error_message = "Give two IPv4 CIDRs, one per availability zone."
  }
}

variable "access_cidr" {
  description = "Addresses that may reach the bastion by SSH."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.access_cidr))
    error_message = "The range must be an IPv4 CIDR, such as 192.0.2.0/24."
  }
}

variable "bastion_host_required" {
  description = "Whether to make a bastion; it also needs a key pair."
  type        = bool
  default     = true
  nullable    = false
}

variable "key_pair_name" {
  description = "Existing EC2 key pair for SSH; null makes no bastion."
  type        = string
  default     = null

  validation {
    condition     = var.key_pair_name == null || !can(regex("\\.pem$", var.key_pair_name))
    error_message = "Give the name of the key pair as EC2 knows it, without the ending .pem of the file."
  }
}

variable "bastion_instance_type" {
  description = "Type of the bastion."
  type        = string
  default     = "t3.micro"
  nullable    = false
}
