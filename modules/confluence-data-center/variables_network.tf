# Where the site is, who may reach it, and what it is called.

variable "infrastructure" {
  description = "The Atlassian Standard Infrastructure that the site is placed in: the output `infrastructure` of plumb://atlassian-standard-infrastructure (a new one) or of plumb://atlassian-standard-infrastructure//existing (one that is there), or these values of any other network. Public subnets hold the load balancer, even an internal one; nodes, shared home and database are in the private ones. NAT addresses and sources of SSH have a name for each."
  type = object({
    vpc_id                 = string
    public_subnet_ids      = list(string)
    private_subnet_ids     = list(string)
    availability_zones     = optional(list(string), [])
    nat_public_ips         = optional(map(string), {})
    ssh_security_group_ids = optional(map(string), {})
    ssh_cidrs              = optional(map(string), {})
  })
  nullable = false

  validation {
    condition     = length(var.infrastructure.public_subnet_ids) >= 2
    error_message = "The load balancer needs public subnets in at least two availability zones."
  }

  validation {
    condition     = length(var.infrastructure.private_subnet_ids) >= 2
    error_message = "Shared home and database need private subnets in at least two availability zones."
  }

  validation {
    condition     = length(var.infrastructure.availability_zones) == 0 || length(distinct(var.infrastructure.availability_zones)) == length(var.infrastructure.private_subnet_ids)
    error_message = "Each private subnet must be in another availability zone: the shared home has one address per zone."
  }
}

variable "cidr_block" {
  description = "Addresses of the clients, as a CIDR: who may open the site."
  type        = string
  nullable    = false

  validation {
    condition     = can(cidrnetmask(var.cidr_block))
    error_message = "The range must be an IPv4 CIDR, such as 192.0.2.0/24."
  }

  validation {
    condition     = !contains([for it in values(var.infrastructure.nat_public_ips) : "${it}/32"], var.cidr_block)
    error_message = "The range is the address of a NAT gateway, which is admitted anyway: give the addresses of the clients."
  }
}

variable "internet_facing_load_balancer" {
  description = "Whether the site can be reached from the internet."
  type        = bool
  default     = true
  nullable    = false
}

variable "key_pair_name" {
  description = "Existing EC2 key pair for SSH to the nodes; null for Session Manager only."
  type        = string
  default     = null

  validation {
    condition     = var.key_pair_name == null || !can(regex("\\.pem$", var.key_pair_name))
    error_message = "Give the name of the key pair as EC2 knows it, without the ending .pem of the file."
  }
}

# TLS

variable "ssl_certificate_arn" {
  description = "Certificate of the site in ACM or IAM; null serves plain HTTP, or finds it by `ssl_certificate_domain`."
  type        = string
  default     = null

  validation {
    condition     = var.ssl_certificate_arn == null || can(regex("^arn:[a-z-]+:(acm|iam):", var.ssl_certificate_arn))
    error_message = "Give the ARN of a certificate of ACM or IAM, or null for none."
  }
}

variable "ssl_certificate_domain" {
  description = "Domain name of an issued certificate of ACM in the region, such as confluence.example.com or *.example.com, instead of its ARN; the newest one is taken."
  type        = string
  default     = null

  validation {
    condition     = var.ssl_certificate_domain == null || var.ssl_certificate_arn == null
    error_message = "Give the certificate by ssl_certificate_arn or by ssl_certificate_domain, not by both."
  }

  validation {
    condition     = var.ssl_certificate_domain == null || var.custom_dns_name == null ? true : var.custom_dns_name == var.ssl_certificate_domain || "*.${join(".", slice(split(".", var.custom_dns_name), 1, length(split(".", var.custom_dns_name))))}" == var.ssl_certificate_domain
    error_message = "The certificate does not cover custom_dns_name: browsers would refuse the site. Choose a certificate of that name, or of * in its place."
  }

  validation {
    condition     = var.ssl_certificate_domain == null || var.custom_dns_name != null || var.hosted_zone == null ? true : contains(["${coalesce(var.sub_domain_name, var.name)}.${trimsuffix(var.hosted_zone, ".")}", "*.${trimsuffix(var.hosted_zone, ".")}"], var.ssl_certificate_domain)
    error_message = "The certificate does not cover the site's name in hosted_zone: browsers would refuse the site. Choose a certificate of that name, or of * in the zone."
  }
}

# Names

variable "custom_dns_name" {
  description = "Public name of the site, whose record you make yourself; wins over the hosted zone."
  type        = string
  default     = null

  validation {
    condition     = var.custom_dns_name == null || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z0-9-]+$", var.custom_dns_name))
    error_message = "Give a full name without scheme and path, such as confluence.example.com."
  }
}

variable "hosted_zone" {
  description = "Name of the Route 53 zone that gets records for the site, the shared home and the database; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.hosted_zone == null || can(regex("^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\\.)*[a-z0-9-]+\\.?$", var.hosted_zone))
    error_message = "Give the name of a zone, such as example.internal."
  }
}

# The Quick Start takes the name only, which a public zone may share.
variable "hosted_zone_id" {
  description = "Id of that zone, with hosted_zone_lookup = false."
  type        = string
  default     = null

  validation {
    condition     = var.hosted_zone_lookup || var.hosted_zone == null || var.hosted_zone_id != null
    error_message = "Without hosted_zone_lookup, hosted_zone_id must name the zone."
  }

  validation {
    condition     = !var.hosted_zone_lookup || var.hosted_zone_id == null
    error_message = "The zone is looked up by its name unless hosted_zone_lookup = false: set that, or remove hosted_zone_id."
  }
}

# The id of a zone that is yet to be made tells nothing when the plan is made: hence a
# switch.
variable "hosted_zone_lookup" {
  description = "Whether the plan looks for the zone by its name: a private one of the infrastructure's network, or a public one. false for a zone that the same configuration makes, or whose name several have."
  type        = bool
  default     = true
  nullable    = false
}

variable "hosted_zone_private" {
  description = "Whether that zone is private."
  type        = bool
  default     = true
  nullable    = false
}

variable "sub_domain_name" {
  description = "Label of the site in the hosted zone; null takes the name of the deployment."
  type        = string
  default     = null

  validation {
    condition     = var.sub_domain_name == null || can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.sub_domain_name))
    error_message = "The label has lower-case letters, digits and hyphens, and neither begins nor ends with a hyphen."
  }
}
