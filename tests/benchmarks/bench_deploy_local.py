"""A catalogue of 60 modules and 2,000 functions in a local cloud of its own: images built, pushed and deployed.

plan/60x2000/local    seconds to look at the world and to plan a first deploy, the images pushed. Reference: the 3 s
                      that it may take.
plan/60x2000/command  seconds of `builder plan` as a command: Python's start and the catalogue's reading are in it.
                      Reference: `builder validate`, which has them too.
plan/60x2000/noop     seconds of `builder deploy` when there is nothing to do. Reference: `builder plan` before it.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from builder.app import App
from builder.commands import _deployment
from builder.console import Console
from builder.core.catalog.selection import selection
from builder.testing import Suite
from tests.benchmarks.bench_deploy import ROOT, seconds
from tests.benchmarks.bench_deploy_scale import FUNCTIONS, LIMIT, MODULES
from tests.benchmarks.bench_plan import write
from tests.benchmarks.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPEATS = 3
NAMES = ("plan/60x2000/local", "plan/60x2000/command", "plan/60x2000/noop")


def measure(wanted: Callable[[str], bool]) -> Iterator[Row]:
    """Three rows."""
    if not any(map(wanted, NAMES)):
        return
    with tempfile.TemporaryDirectory(prefix="bench-deploy-") as folder:
        root = write(Path(folder) / "functions", MODULES, FUNCTIONS)
        with closing(Suite(ROOT, (str(root),))) as suite:
            suite.builder("build", environ=suite.cloud)
            suite.builder("push", environ=suite.cloud)
            look = statistics.median(_look(suite) for _ in range(REPEATS))
            plan, validate = _median(suite, "plan"), _median(suite, "validate")
            if "nothing to do" not in suite.builder("deploy", environ=suite.deployed):
                raise RuntimeError("a second deploy had something to do")
            again = _median(suite, "deploy")
    pairs = ((look, LIMIT), (plan, validate), (again, plan))
    for name, (ours, reference) in zip(NAMES, pairs, strict=True):
        if wanted(name):
            yield Row(name=name, ours=ours, reference=reference, ratio=ours / reference, unit="s")


def _look(suite: Suite) -> float:
    """In this process, by a session with AWS and a connection to Redshift of its own."""
    flags = {"functions_roots": ",".join(suite.roots)}
    app = App(console=Console(), project=suite.project, state=suite.state, environ=suite.cloud, flags=flags)
    chosen = selection(app.catalog, "", "")
    start = time.perf_counter()
    with _deployment.look_at(app, chosen) as deployment:
        if len(deployment.plan()) < MODULES:
            raise RuntimeError("a first deploy has more to do")
    return time.perf_counter() - start


def _median(suite: Suite, command: str) -> float:
    return statistics.median(seconds(suite, suite.cloud, command) for _ in range(REPEATS))
