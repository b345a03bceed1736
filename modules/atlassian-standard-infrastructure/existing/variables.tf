variable "export_prefix" {
  description = "What the names of the stack's exports begin with (ExportPrefix). Not used with `vpc_name`."
  type        = string
  default     = "ATL-"
  nullable    = false
}

variable "vpc_name" {
  description = "Name tag of the network; null finds it by the exports of a stack."
  type        = string
  default     = null
}

# true in the original; an infrastructure without bastion then fails with a message
# about an export.
variable "bastion_host_required" {
  description = "Whether nodes take SSH from the infrastructure's bastion. It must have one: its export BastionPrivIp is read."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.bastion_host_required || var.vpc_name == null
    error_message = "Tags do not tell where a bastion is: set bastion_security_group_id instead of bastion_host_required."
  }
}

variable "bastion_security_group_id" {
  description = "Security group of the bastion; null for none, or for the one that the exports name."
  type        = string
  default     = null
}

variable "nat_public_ips" {
  description = "Addresses of the NAT gateways, by a name for each, where they are found by tags. An internet-facing site must admit its own nodes."
  type        = map(string)
  default     = {}
  nullable    = false
}
