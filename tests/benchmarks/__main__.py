"""`python -m tests.benchmarks [NAME ...]`: measures, prints a table and writes build/bench.json."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import platform
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import tests.benchmarks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.row import Row

ROOT = Path(__file__).resolve().parents[2]


def measure(names: list[str]) -> Iterator[Row]:
    """Rows as they are measured. A name stands for itself and for all that begins with it and a slash."""

    def wanted(name: str) -> bool:
        return not names or any(name == asked or name.startswith(f"{asked}/") for asked in names)

    for module in sorted(found.name for found in pkgutil.iter_modules(tests.benchmarks.__path__)):
        if module.startswith("bench_"):
            yield from importlib.import_module(f"tests.benchmarks.{module}").measure(wanted)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="rows to measure (default: all)")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench.json")
    arguments = parser.parse_args()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    print(f"{'name':<36} {'ours':>14} {'reference':>14} {'ratio':>8}  unit", flush=True)
    rows = []
    for row in measure(arguments.names):
        rows.append({**asdict(row), "machine": machine, "commit": commit})
        print(f"{row.name:<36} {row.ours:>14,.4g} {row.reference:>14,.4g} {row.ratio:>8.3f}  {row.unit}", flush=True)
    if not rows:
        print(f"no row has one of these names: {' '.join(arguments.names)}", file=sys.stderr)
        return 2
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(rows, indent=2) + "\n")
    print(f"written to {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
