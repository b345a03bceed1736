# A second site in the network that `../confluence-dc` makes with its emulator.tfvars.
name                        = "confluence-two"
infrastructure              = "confluence"
cidr_block                  = "203.0.113.0/24"
efs_backup_enabled          = false
db_engine_lifecycle_support = null
protect_data                = false
