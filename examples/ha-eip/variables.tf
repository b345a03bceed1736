variable "region" {
  description = "Region of the cluster; left out, the one that the environment names."
  type        = string
  default     = null
}

variable "name" {
  description = "Name of the cluster; every object carries it."
  type        = string
  default     = "ha-eip"
}

variable "availability_zones" {
  description = "The two availability zones; empty takes the first two of the region."
  type        = list(string)
  default     = []
}

variable "service_ports" {
  description = "TCP ports of the service that the cluster offers."
  type        = list(number)
  default     = [80, 443]
}

variable "image_id" {
  description = "Image of the servers; left out, the latest Amazon Linux 2023."
  type        = string
  default     = null
}

variable "partition_host" {
  description = "Host that every server reaches unless it is cut off; it answers HEAD with 200."
  type        = string
  default     = "aws.amazon.com"
}

variable "tags" {
  description = "Tags of every object."
  type        = map(string)
  default     = {}
}

variable "client_cidrs" {
  description = "Addresses of the clients."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}
