"""noop-deploy: seconds of `builder deploy` when there is nothing to do, against the local cloud, Redshift included.

Reference: the start of Python and of the command line alone (`builder --version`), in turns with it. The target is
under 2 s; the ratio says how much of it is work: loading the catalogue and boto3, and the nine reading calls. That no
mutating call is made is a test (tests/integration/test_deploy_cloud.py), not a benchmark.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

from builder.testing import Suite
from tests.benchmarks.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
REPEATS = 7


def measure(wanted: Callable[[str], bool]) -> Iterator[Row]:
    """One row, over a local cloud of its own."""
    if not wanted("noop-deploy"):
        return
    suite = Suite(ROOT, ("functions",))
    try:
        environ = suite.deployed
        if "nothing to do" not in suite.builder("deploy", environ=environ):
            raise RuntimeError("a second deploy had something to do")
        pairs = [(seconds(suite, environ, "deploy"), seconds(suite, environ, "--version")) for _ in range(REPEATS)]
    finally:
        suite.close()
    ours, reference = (statistics.median(times) for times in zip(*pairs, strict=True))
    yield Row(name="noop-deploy", ours=ours, reference=reference, ratio=ours / reference, unit="s")


def seconds(suite: Suite, environ: dict[str, str], *arguments: str) -> float:
    start = time.perf_counter()
    suite.builder(*arguments, environ=environ)
    return time.perf_counter() - start
