module "part" {
  source   = "./part"
  for_each = { x = 1, y = 2 }
  size     = each.value
}

output "sizes" {
  value = { for name, part in module.part : name => part.size }
}
