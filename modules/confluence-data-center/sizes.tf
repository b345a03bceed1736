# What the names of types and versions say, for checks that need no call to AWS.

locals {
  # 9.2.6 as 9002006, to be compared.
  version_parts  = try([for it in slice(split(".", var.confluence_version), 0, 3) : tonumber(regex("^[0-9]+", it))], null)
  version_number = try(local.version_parts[0] * 1000000 + local.version_parts[1] * 1000 + local.version_parts[2], null)

  # Memory in GiB of the general families: processors by size, memory by processor. Null
  # where the name does not tell.
  memory_per_processor = { c = 2, m = 4, r = 8, t = 4 }

  memory = {
    for type in [var.cluster_node_instance_type, var.synchrony_node_instance_type, trimprefix(var.db_instance_class, "db.")] :
    type => endswith(type, ".medium") && startswith(type, "t") ? 4 : try(
      local.memory_per_processor[regex("^[a-z]", type)] * lookup(
        { medium = 1, large = 2, xlarge = 4 },
        split(".", type)[1],
        try(4 * tonumber(regex("^([0-9]+)xlarge$", split(".", type)[1])[0]), null),
      ),
      null,
    )...
  }

  node_memory           = local.memory[var.cluster_node_instance_type][0]
  synchrony_node_memory = local.memory[var.synchrony_node_instance_type][0]

  # What PostgreSQL of RDS admits unless its parameter group says otherwise.
  db_max_connections = try(min(floor(local.memory[trimprefix(var.db_instance_class, "db.")][0] * 1073741824 / 9531392), 5000), null)
}
