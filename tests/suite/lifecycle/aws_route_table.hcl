# update: route = [{ cidr_block = "192.168.0.0/16", gateway_id = aws_internet_gateway.main.id, carrier_gateway_id = null, core_network_arn = null, destination_prefix_list_id = null, egress_only_gateway_id = null, ipv6_cidr_block = null, local_gateway_id = null, nat_gateway_id = null, network_interface_id = null, transit_gateway_id = null, vpc_endpoint_id = null, vpc_peering_connection_id = null }]
# update: tags = { Name = "renamed" }
resource "aws_vpc" "main" {
  cidr_block = "10.25.0.0/16"
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table" "test" {
  vpc_id = aws_vpc.main.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }

  tags = {
    Name = "lifecycle"
  }
}
