# A small company's site on the emulator of `make demo`, which knows neither backup
# policies of file systems nor the choice about Extended Support.
cidr_block                  = "203.0.113.0/24"
efs_backup_enabled          = false
db_engine_lifecycle_support = null

# The demo ends by destroying everything.
protect_data = false
