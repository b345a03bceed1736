# The network that the tests deploy this example into.

module "network" {
  source = "../../modules/network"

  name        = "atlassian"
  access_cidr = "203.0.113.0/24"
}
