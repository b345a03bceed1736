#!/usr/bin/env python3
"""Makes the table of AWS schemas from attribute facts.

Usage: scripts/aws-schemas.py FACTS.jsonl

FACTS has one JSON object a line: {"kind": "resource" or "data", "type": NAME, "attributes": {NAME: FACT, …}}. A FACT has
"flags" (required, optional, computed) and either "type" ("string", "list(string)", …) or "block" (single, list, set) with
"attributes", and where they are known "force_new", "default", "sensitive", "min_items", "max_items", "conflicts_with".
The table goes to providers/aws/schemas/src/schemas.jsonl.gz, the same bytes for the same facts.
"""

import gzip
import json
import pathlib
import sys

TABLE = pathlib.Path(__file__).resolve().parent.parent / "providers/aws/schemas/src/schemas.jsonl.gz"


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as facts:
        types = [json.loads(line) for line in facts if line.strip()]
    types.sort(key=lambda it: (it["kind"], it["type"]))
    lines = [
        json.dumps({key: it[key] for key in ("kind", "type", "attributes")}, separators=(",", ":")) + "\n" for it in types
    ]
    TABLE.write_bytes(gzip.compress("".join(lines).encode(), 9, mtime=0))
    print(f"{len(lines)} types, {TABLE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
