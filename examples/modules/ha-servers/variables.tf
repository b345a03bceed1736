variable "name" {
  description = "Name of the cluster; every object carries it."
  type        = string
}

variable "vpc_id" {
  description = "Network of the servers."
  type        = string
}

variable "servers" {
  description = "The servers by name, each with its availability zone, subnet and private address."
  type = map(object({
    zone       = string
    subnet_id  = string
    private_ip = string
  }))
}

variable "public" {
  description = "Whether the servers get public addresses of their own."
  type        = bool
  default     = false
}

variable "source_dest_check" {
  description = "Whether interfaces drop packets that are not for their own addresses; off for virtual addresses."
  type        = bool
  default     = true
}

variable "service_ports" {
  description = "TCP ports of the service that the cluster offers."
  type        = list(number)
}

variable "client_cidrs" {
  description = "Addresses of the clients."
  type        = list(string)
}

variable "image_id" {
  description = "Image of the servers; left out, the latest Amazon Linux 2023."
  type        = string
  default     = null
}

variable "instance_type" {
  description = "Size of the servers."
  type        = string
  default     = "t3.medium"
}

variable "key_name" {
  description = "Key pair for SSH, if any."
  type        = string
  default     = null
}

variable "mirror_size" {
  description = "Size of each mirrored disk in GiB."
  type        = number
  default     = 20
}

variable "user_data" {
  description = "What the servers run when they start first: it installs the agent."
  type        = string
  default     = null
}
