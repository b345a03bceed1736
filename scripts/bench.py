#!/usr/bin/env python3
"""Benchmarks of plumb on the emulator and on its own: calls, seconds and memory, side by side with terraform where it is installed.

Run by `make bench`. Nothing here is a test: figures are printed, not asserted.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Terraform 1.11 with its AWS provider, measured on the same configuration and emulator.
PEER_APPLY_CALLS, PEER_PLAN_CALLS = 5013, 2410


def run(command, cwd, env=None):
    """Runs a command; returns its exit code, seconds, peak memory in MB and output."""
    start = time.monotonic()
    with tempfile.TemporaryFile(mode="w+") as output:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        output.seek(0)
        text = output.read()
    code = os.waitstatus_to_exitcode(status)
    return code, time.monotonic() - start, usage.ru_maxrss / 1024, text


def first_line(command, cwd):
    """Seconds until a command prints its first line; then it is ended."""
    start = time.monotonic()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    process.stdout.readline()
    seconds = time.monotonic() - start
    process.kill()
    process.communicate()
    return seconds


def must(result, allowed=(0,)):
    code, seconds, memory, text = result
    if code not in allowed:
        sys.exit(f"exit code {code}\n{text[-4000:]}")
    return seconds, memory, text


def calls(text):
    """The number of API calls that plumb states at the end."""
    found = re.findall(r"API calls: (\d+)", text)
    return int(found[-1]) if found else 0


def thousand(count):
    """A network with `count` each of subnets, groups, rules, volumes and instances."""
    return f'''
data "aws_ssm_parameter" "image" {{
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}}
resource "aws_vpc" "bench" {{
  cidr_block = "10.0.0.0/16"
}}
resource "aws_subnet" "bench" {{
  count             = {count}
  vpc_id            = aws_vpc.bench.id
  cidr_block        = cidrsubnet(aws_vpc.bench.cidr_block, 8, count.index)
  availability_zone = "us-east-1a"
}}
resource "aws_security_group" "bench" {{
  count  = {count}
  name   = "bench-${{count.index}}"
  vpc_id = aws_vpc.bench.id
}}
resource "aws_vpc_security_group_ingress_rule" "bench" {{
  count             = {count}
  security_group_id = aws_security_group.bench[count.index].id
  cidr_ipv4         = "10.0.0.0/16"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}}
resource "aws_ebs_volume" "bench" {{
  count             = {count}
  availability_zone = "us-east-1a"
  size              = 8
  type              = "gp3"
}}
resource "aws_instance" "bench" {{
  count                  = {count}
  ami                    = data.aws_ssm_parameter.image.value
  instance_type          = "t3.micro"
  subnet_id              = aws_subnet.bench[count.index].id
  vpc_security_group_ids = [aws_security_group.bench[count.index].id]
}}
'''


def emulator(plumb, count):
    print(f"\n## {5 * count} AWS resources on the emulator ({count} each of subnet, security group, rule, volume, instance)")
    total = 5 * count + 1
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "main.tf").write_text(thousand(count))
        env = {**os.environ, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "NO_COLOR": "1"}
        rows = []
        for title, args, allowed in [
            ("apply", ["apply", "-auto-approve"], (0,)),
            ("no-change plan", ["plan", "-detailed-exitcode"], (0,)),
            ("destroy", ["destroy", "-auto-approve"], (0,)),
        ]:
            seconds, memory, text = must(run([plumb, *args], directory, env), allowed)
            rows.append((title, calls(text), seconds, memory))
        peers = {"apply": PEER_APPLY_CALLS, "no-change plan": PEER_PLAN_CALLS}
        for title, sent, seconds, memory in rows:
            peer = peers.get(title) if count == 200 else None
            versus = f"; terraform 1.11 needs {peer} calls, {peer / max(sent, 1):.0f} times as many" if peer else ""
            print(f"{title}: {sent} API calls ({sent / total:.2f} per resource), {seconds:.1f} s, {memory:.0f} MB peak{versus}")


def references(plumb, terraform):
    print("\n## terraform_data instances, each of one half reading one of the other half")
    measured = {}
    for count in (1000, 10000):
        config = f'''
resource "terraform_data" "a" {{
  count = {count // 2}
  input = count.index
}}
resource "terraform_data" "b" {{
  count = {count // 2}
  input = terraform_data.a[count.index].output
}}
'''
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "main.tf").write_text(config)
            env = {**os.environ, "NO_COLOR": "1"}
            seconds, memory, _ = must(run([plumb, "plan"], directory, env))
            measured[count] = seconds
            print(f"plumb plan of {count}: {seconds:.2f} s, {memory:.0f} MB peak")
            if terraform and count == 1000:
                must(run([terraform, "init"], directory, env))
                peer, peer_memory, _ = must(run([terraform, "plan"], directory, env))
                print(f"terraform plan of {count}: {peer:.1f} s, {peer_memory:.0f} MB peak ({peer / seconds:.0f} times as long)")
    print(f"ten times the instances take {measured[10000] / measured[1000]:.1f} times as long")


def push(plumb, directory, count):
    """Fills a state with `count` objects of 100 blocks, and returns the configuration that asks for them."""
    attributes = lambda at: {"id": f"id-{at:08d}", "input": {"value": f"value {at}", "type": "string"}, "output": {"value": f"value {at}", "type": "string"}, "triggers_replace": None}
    share = count // 100
    instances = lambda block: [{"index_key": at, "schema_version": 0, "attributes": attributes(block * share + at)} for at in range(share)]
    provider = 'provider["terraform.io/builtin/terraform"]'
    resources = [{"mode": "managed", "type": "terraform_data", "name": f"b{block}", "provider": provider, "instances": instances(block)} for block in range(100)]
    state = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "3f2a4c0e-0000-4000-8000-000000000000", "outputs": {}, "resources": resources}
    Path(directory, "state.json").write_text(json.dumps(state))
    must(run([plumb, "state", "push", "state.json"], directory))
    block = lambda at: f'resource "terraform_data" "b{at}" {{\n  count = {share}\n  input = "value ${{{at * share} + count.index}}"\n}}\n'
    return "".join(block(at) for at in range(100))


def large(plumb, count=100000):
    print(f"\n## A state of {count} objects")
    with tempfile.TemporaryDirectory() as directory:
        config = push(plumb, directory, count)
        Path(directory, "main.tf").write_text(config + 'resource "terraform_data" "one" {\n}\n')
        for title, args in [
            ("state list", ["state", "list"]),
            ("state show of one object", ["state", "show", "terraform_data.b0[0]"]),
            ("output", ["output"]),
            ("plan of one new object", ["plan", "-target=terraform_data.one"]),
            ("plan of everything", ["plan"]),
        ]:
            begun = first_line([plumb, *args], directory) if title == "plan of everything" else None
            seconds, memory, _ = must(run([plumb, *args], directory))
            start = f", the first refresh after {begun:.2f} s" if begun else ""
            print(f"{title}: {seconds:.2f} s, {memory:.0f} MB peak{start}")
        print(f"file: {Path(directory, 'plumb.db').stat().st_size / 1e6:.0f} MB, former versions included")


def journal(plumb, count=1000):
    """What durable commits cost, which nothing else of the same apply overlaps: the log tells how long they took.

    The commits are those of the journal and those of the objects, which every tool writes in some way; so their share
    of the time is more than that of the journal alone. On the emulator where there is one, else with objects that
    need no call at all, of which the share says nothing about real applies.
    """
    print(f"\n## The journal at {count} objects")
    env = {**os.environ, "NO_COLOR": "1", "TF_LOG": "INFO"}
    local = f'resource "terraform_data" "a" {{\n  count = {count}\n  input = count.index\n}}\n'
    scenes = {"objects without calls": local}
    if "AWS_ENDPOINT_URL" in os.environ:
        env |= {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
        scenes["AWS resources on the emulator"] = thousand(count // 5)
    for title, config in scenes.items():
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "main.tf").write_text(config)
            log = Path(directory, "log")
            seconds, _, _ = must(run([plumb, "apply", "-auto-approve"], directory, {**env, "TF_LOG_PATH": str(log)}))
            told = re.findall(r"commits of the state .*?commits=(\d+) micros=(\d+)", log.read_text())
            commits, inside = int(told[-1][0]), int(told[-1][1]) / 1e6
            print(f"{title}: {seconds:.1f} s, of which {commits} commits take {inside:.2f} s, "
                  f"{100 * inside / seconds:.1f} % of the time, {1000 * inside / commits:.2f} ms each")
            must(run([plumb, "destroy", "-auto-approve"], directory, env))


def loops(count):
    """A list of `count` texts, and ways to go through it that must not take longer per element when it grows."""
    head = f"""
locals {{
  numbers = flatten([for i in range({count // 1000}) : [for j in range(1000) : i * 1000 + j]])
  texts   = [for i in local.numbers : "item-${{i}}"]
  object  = {{ for s in local.texts : s => s }}
}}
output "n" {{
  value = length(local.result)
}}
"""
    ways = {
        "for": '[for s in local.texts : upper(s) if s != "x"]',
        "for with an index": "[for i in local.numbers : local.texts[i]]",
        "group": "{ for i, s in local.texts : i % 1000 => s... }",
        "lookup in a loop": '[for s in local.texts : lookup(local.object, s, "")]',
        "merge": "merge([for s in local.texts : { (s) = 1 }]...)",
        "concat": "concat([for s in local.texts : [s]]...)",
        "flatten": "flatten([for s in local.texts : [s, [s]]])",
        "contains": '[contains(local.texts, "none")]',
        "distinct": "distinct([for s in local.texts : { a = s }])",
        "setunion": 'setunion(local.texts, [for s in local.texts : "${s}x"])',
        "setintersection": "setintersection(local.texts, local.texts)",
        "deep object types": "tolist([for s in local.texts : { a = { b = { c = [s], d = { e = s } } } }])",
    }
    return {name: f"{head}locals {{\n  result = {way}\n}}\n" for name, way in ways.items()}


def modules(count):
    """The root module and a module that it calls `count` times by name."""
    calls = "".join(f'module "m{i}" {{\n  source = "./m"\n  x      = {i}\n}}\n' for i in range(count))
    child = 'variable "x" {}\nresource "terraform_data" "r" {\n  input = var.x\n}\noutput "y" {\n  value = var.x + 1\n}\n'
    return calls, child


def instances(count):
    """`count` instances of one block, and a value that is made of all of them."""
    numbers = f"flatten([for i in range({count // 100}) : [for j in range(100) : tostring(i * 100 + j)]])"
    return (f'resource "terraform_data" "a" {{\n  for_each = toset({numbers})\n  input    = each.value\n}}\n'
            'output "inputs" {\n  value = { for key, it in terraform_data.a : key => it.input }\n}\n')


def long_file(size):
    """A file of about `size` bytes with arguments of many forms."""
    block = """locals {
  name_%d = { tags = { Name = "host-${var.index}", Role = "web" }, ports = [80, 443, var.index + 1] }
  text_%d = join(",", [for k, v in { a = 1, b = "two" } : "${k}=${v}" if v != null])
}
"""
    one = len(block)
    return 'variable "index" {\n  default = 1\n}\n' + "".join(block % (i, i) for i in range(size // one))


def measured(command, files, env):
    """Seconds of a command in a directory with the files; `None` when it takes more than a minute or fails."""
    with tempfile.TemporaryDirectory() as directory:
        for name, text in files.items():
            path = Path(directory, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        if "terraform" in Path(command[0]).name:
            must(run([command[0], "init"], directory, env))
        try:
            code, seconds, _, _ = run(["timeout", "--signal=KILL", "60", *command], directory, env)
        except OSError:
            return None
        return seconds if code == 0 else None


def language(plumb, terraform):
    print("\n## language: seconds of `plan`, and of `validate` for a long file")
    env = {**os.environ, "NO_COLOR": "1", "CHECKPOINT_DISABLE": "1"}

    def show(name, files, grown=None, command="plan"):
        ours = measured([plumb, command], files, env)
        line = f"{name}: plumb " + (f"{ours:.2f} s" if ours else "failed or over a minute")
        if grown and ours:
            more = measured([plumb, command], grown, env)
            line += f", four times as much takes {more / ours:.1f} times as long" if more else ", four times as much: over a minute"
        if terraform:
            peer = measured([terraform, command], files, env)
            if peer and ours:
                line += f"; terraform {peer:.2f} s ({peer / ours:.1f} times as long)"
            elif ours:
                line += f"; terraform over a minute (more than {60 / ours:.0f} times as long)"
        print(line, flush=True)

    grown = loops(100_000)
    for name, text in loops(25_000).items():
        show(f"{name}, 25,000 elements", {"main.tf": text}, {"main.tf": grown[name]})
    called = [{"main.tf": root, "m/main.tf": child} for root, child in map(modules, (250, 1_000))]
    show("250 module calls", *called)
    show("2,500 instances by for_each", *({"main.tf": instances(count)} for count in (2_500, 10_000)))
    show("a file of 4 MB", {"main.tf": long_file(4_000_000)}, command="validate")


def failover_group(count):
    """A group whose virtual address has a row in each of `count` route tables."""
    return f'''
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws" }}
    ha  = {{ source = "plumb/ha" }}
  }}
}}
data "aws_ssm_parameter" "image" {{
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}}
locals {{
  servers = {{ server1 = "110", server2 = "120" }}
}}
resource "aws_vpc" "bench" {{
  cidr_block = "10.0.0.0/16"
}}
resource "aws_subnet" "bench" {{
  for_each          = local.servers
  vpc_id            = aws_vpc.bench.id
  cidr_block        = "10.0.${{each.value}}.0/24"
  availability_zone = "us-east-1a"
}}
resource "aws_network_interface" "bench" {{
  for_each          = local.servers
  subnet_id         = aws_subnet.bench[each.key].id
  private_ips       = ["10.0.${{each.value}}.10"]
  source_dest_check = false
}}
resource "aws_instance" "bench" {{
  for_each      = local.servers
  ami           = data.aws_ssm_parameter.image.value
  instance_type = "t3.micro"
  primary_network_interface {{
    network_interface_id = aws_network_interface.bench[each.key].id
  }}
}}
resource "aws_route_table" "bench" {{
  count  = {count}
  vpc_id = aws_vpc.bench.id
}}
resource "aws_dynamodb_table" "bench" {{
  name         = "bench-{count}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {{
    name = "id"
    type = "S"
  }}
}}
resource "ha_cluster" "bench" {{
  name   = "bench-{count}"
  region = "us-east-1"
  dynamic "server" {{
    for_each = local.servers
    content {{
      name              = server.key
      instance_id       = aws_instance.bench[server.key].id
      eni_id            = aws_network_interface.bench[server.key].id
      availability_zone = "us-east-1a"
      interconnect      = "10.0.${{server.value}}.10"
    }}
  }}
  arbiter {{
    table = aws_dynamodb_table.bench.name
  }}
}}
resource "ha_group" "bench" {{
  name    = "failover"
  cluster = ha_cluster.bench
  virtual_ip {{
    name            = "vip"
    ip              = "10.1.0.20"
    vpc_id          = aws_vpc.bench.id
    route_table_ids = aws_route_table.bench[*].id
  }}
}}
output "interfaces" {{
  value = [for it in aws_network_interface.bench : it.id]
}}
output "tables" {{
  value = aws_route_table.bench[*].id
}}
'''


# One call per process, as agents make them that start a command-line client for each.
ONE_CALL = "import boto3, sys; boto3.client('ec2').replace_route(RouteTableId=sys.argv[1], DestinationCidrBlock='10.1.0.20/32', NetworkInterfaceId=sys.argv[2])"


def last_row(directory, since):
    """Seconds from a moment to the last row that was moved, as the journal has it."""
    entries = [json.loads(line) for line in Path(directory, "plumb-ha.journal").read_text().splitlines()]
    done = [it["at"] for it in entries if it["entry"] == "result" and it["state"] == "done"]
    return datetime.fromisoformat(done[-1].replace("Z", "+00:00")).timestamp() - since


def failover(plumb, counts=(1, 10, 100)):
    print("\n## Failover groups: from the order to move until the last route has moved")
    env = {**os.environ, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "bench",
           "AWS_SECRET_ACCESS_KEY": "bench", "NO_COLOR": "1"}
    for count in counts:
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "main.tf").write_text(failover_group(count))
            must(run([plumb, "apply", "-auto-approve"], directory, env))
            moves = []
            for _ in range(3):
                since = time.time()
                _, _, text = must(run([plumb, "ha", "move", "failover", "-json"], directory, env))
                moves.append((last_row(directory, since), time.time() - since, json.loads(text)["calls"]))
            seconds, whole, sent = sorted(moves)[1]
            print(f"{count} route table(s): last route after {seconds:.2f} s, the command with all its checks {whole:.2f} s, "
                  f"{sent} API calls, of which {count} write routes", flush=True)
            if count <= 10:
                peer(plumb, directory, env, seconds)
            must(run([plumb, "destroy", "-auto-approve"], directory, env))


def peer(plumb, directory, env, seconds):
    """The same rows by one process per call, one after the other: no command-line client of AWS is installed with the
    emulator, so a Python process with AWS's own library stands in for it, which is what that client is made of."""
    output = lambda name: json.loads(must(run([plumb, "output", "-json", name], directory, env))[2])
    tables, interfaces = output("tables"), output("interfaces")
    since = time.monotonic()
    for table in tables:
        must(run([str(ROOT / ".venv/bin/python"), "-c", ONE_CALL, table, interfaces[0]], directory, env))
    took = time.monotonic() - since
    print(f"  a process per call, no checks at all: {took:.2f} s, {took / len(tables):.2f} s per table, so {100 * took / len(tables):.0f} s "
          f"for 100 ({took / seconds:.0f} times as long)", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plumb", default=str(ROOT / "target/debug/plumb"))
    parser.add_argument("--count", type=int, default=200, help="objects of each type on the emulator")
    parser.add_argument("--only", choices=["emulator", "references", "state", "journal", "language", "ha"])
    options = parser.parse_args()
    plumb = str(Path(options.plumb).resolve())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if options.only in (None, "emulator"):
        if "AWS_ENDPOINT_URL" not in os.environ:
            sys.exit("AWS_ENDPOINT_URL is not set: run this through `make bench`, which starts the emulator")
        emulator(plumb, options.count)
    if options.only == "ha" or (options.only is None and "AWS_ENDPOINT_URL" in os.environ):
        failover(plumb)
    if options.only in (None, "references"):
        references(plumb, shutil.which("terraform"))
    if options.only in (None, "state"):
        large(plumb)
    if options.only in (None, "journal"):
        journal(plumb)
    if options.only in (None, "language"):
        language(plumb, shutil.which("terraform"))


if __name__ == "__main__":
    main()
