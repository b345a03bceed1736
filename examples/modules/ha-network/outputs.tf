output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "zones" {
  description = "The two availability zones by side: a and b."
  value       = { for side, at in local.sides : side => local.zones[at] }
}

output "public_subnet_ids" {
  description = "Public subnets by side."
  value       = { for side, it in aws_subnet.public : side => it.id }
}

output "private_subnet_ids" {
  description = "Private subnets by side."
  value       = { for side, it in aws_subnet.private : side => it.id }
}

output "route_table_ids" {
  description = "Every route table: Public-AB, and Private-A and Private-B where there are private subnets."
  value       = concat([aws_route_table.public.id], [for it in aws_route_table.private : it.id])
}

# Whatever needs a way out waits for it.
output "ways_out" {
  description = "Known when the subnets reach the AWS API."
  value = concat(
    [aws_route.internet.id],
    [for it in aws_route.nat : it.id],
    [for it in aws_vpc_endpoint.interface : it.id],
  )
}
