"""noop-build: seconds of `builder build` when there is nothing to do.

Reference: the start of Python and of the command line alone (`builder --version`), in turns with it. The target is
under 2 s; the ratio says how much of it is work: reading and checking the catalogue, hashing the recipe, looking at the
lock, at the image's files and once at the engine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
REPEATS = 7


def measure(wanted: Callable[[str], bool]) -> Iterator[Row]:
    """One row."""
    if not wanted("noop-build"):
        return
    builder("build")
    if "built" in builder("build", "--format", "json"):
        raise RuntimeError("a second build built something")
    pairs = [(seconds("build"), seconds("--version")) for _ in range(REPEATS)]
    ours, reference = (statistics.median(times) for times in zip(*pairs, strict=True))
    yield Row(name="noop-build", ours=ours, reference=reference, ratio=ours / reference, unit="s")


def seconds(*arguments: str) -> float:
    start = time.perf_counter()
    builder(*arguments)
    return time.perf_counter() - start


def builder(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from builder.cli import main; main()", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"builder {arguments[0]}: {done.stderr}")
    return done.stdout
