# The emulator loses the tags of DHCP options: none are set here.
resource "aws_vpc_dhcp_options" "test" {
  domain_name         = "example.internal"
  domain_name_servers = ["AmazonProvidedDNS"]
  ntp_servers         = ["169.254.169.123"]
}
