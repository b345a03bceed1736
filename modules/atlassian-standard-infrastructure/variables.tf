# Parameters of the Atlassian Standard Infrastructure by their names in snake_case.

variable "name" {
  description = "Name of the infrastructure; every object carries it, and products find the network by it."
  type        = string
  default     = "atlassian"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$", var.name))
    error_message = "The name has 1 to 32 letters, digits and hyphens, begins with a letter and does not end in a hyphen."
  }
}

variable "availability_zones" {
  description = "The two or three zones of the subnets; empty takes the first ones that the region offers."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.availability_zones) == 0 || length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "The availability zones must be different ones."
  }

  validation {
    condition     = contains([0, 2, 3], length(var.availability_zones))
    error_message = "Give two or three availability zones, or none to take the first ones of the region: a database needs two, and more than three are of no use to it."
  }
}

# Two in the original. A third gives every instance of an Aurora cluster its own zone.
variable "availability_zone_count" {
  description = "How many zones are taken when `availability_zones` is empty: 2 or 3."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = contains([2, 3], var.availability_zone_count)
    error_message = "Take two or three zones."
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
  description = "Addresses of the public subnets (load balancer, NAT gateways, bastion), one per zone; those beyond the zones are not used."
  type        = list(string)
  default     = ["10.0.128.0/20", "10.0.144.0/20", "10.0.160.0/20"]
  nullable    = false

  validation {
    condition     = alltrue([for it in var.public_subnet_cidrs : can(cidrnetmask(it)) && try(tonumber(split("/", it)[1]) >= 16 && tonumber(split("/", it)[1]) <= 28, false)])
    error_message = "Give IPv4 CIDRs between /16 and /28."
  }

  validation {
    condition     = length(var.public_subnet_cidrs) >= max(length(var.availability_zones), length(var.availability_zones) == 0 ? var.availability_zone_count : 0)
    error_message = "Give one CIDR per availability zone."
  }

  validation {
    condition     = alltrue([for it in var.public_subnet_cidrs : try(cidrsubnet("${cidrhost(it, 0)}/${split("/", var.vpc_cidr)[1]}", 0, 0) == cidrsubnet(var.vpc_cidr, 0, 0) && tonumber(split("/", it)[1]) >= tonumber(split("/", var.vpc_cidr)[1]), true)])
    error_message = "Public subnets must lie inside vpc_cidr."
  }

  # Two ranges overlap exactly when both begin alike in the bits of the larger one.
  validation {
    condition = alltrue(flatten([for a, first in concat(var.public_subnet_cidrs, var.private_subnet_cidrs) : [
      for b, second in concat(var.public_subnet_cidrs, var.private_subnet_cidrs) : a >= b || try(
        cidrsubnet("${cidrhost(first, 0)}/${min(split("/", first)[1], split("/", second)[1])}", 0, 0) !=
        cidrsubnet("${cidrhost(second, 0)}/${min(split("/", first)[1], split("/", second)[1])}", 0, 0),
        true,
      )
    ]]))
    error_message = "Subnets must not overlap: compare public_subnet_cidrs and private_subnet_cidrs."
  }
}

variable "private_subnet_cidrs" {
  description = "Addresses of the private subnets (nodes, shared home, database), one per zone; those beyond the zones are not used."
  type        = list(string)
  default     = ["10.0.0.0/19", "10.0.32.0/19", "10.0.64.0/19"]
  nullable    = false

  validation {
    condition     = alltrue([for it in var.private_subnet_cidrs : can(cidrnetmask(it)) && try(tonumber(split("/", it)[1]) >= 16 && tonumber(split("/", it)[1]) <= 28, false)])
    error_message = "Give IPv4 CIDRs between /16 and /28."
  }

  validation {
    condition     = length(var.private_subnet_cidrs) >= max(length(var.availability_zones), length(var.availability_zones) == 0 ? var.availability_zone_count : 0)
    error_message = "Give one CIDR per availability zone."
  }

  validation {
    condition     = alltrue([for it in var.private_subnet_cidrs : try(cidrsubnet("${cidrhost(it, 0)}/${split("/", var.vpc_cidr)[1]}", 0, 0) == cidrsubnet(var.vpc_cidr, 0, 0) && tonumber(split("/", it)[1]) >= tonumber(split("/", var.vpc_cidr)[1]), true)])
    error_message = "Private subnets must lie inside vpc_cidr."
  }
}

variable "access_cidr" {
  description = "Addresses that may reach the bastion by SSH; needed only with a bastion."
  type        = string
  default     = null

  validation {
    condition     = var.access_cidr == null || can(cidrnetmask(var.access_cidr))
    error_message = "The range must be an IPv4 CIDR, such as 192.0.2.0/24."
  }

  validation {
    condition     = var.access_cidr != null || !var.bastion_host_required || var.key_pair_name == null
    error_message = "Say with access_cidr who may reach the bastion, or set bastion_host_required = false."
  }
}

# true in the original, which makes no bastion without a key pair either.
variable "bastion_host_required" {
  description = "Whether to make a bastion; it also needs a key pair. Nodes can be reached by Session Manager without one."
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

variable "export_prefix" {
  description = "What the names of the output `exports` begin with, as the exports of the original do."
  type        = string
  default     = "ATL-"
  nullable    = false
}

variable "account_checks_enabled" {
  description = "Whether a plan asks EC2 if it knows the key pair and offers the bastion's type in the zones."
  type        = bool
  default     = true
  nullable    = false
}
