"""catalogue/build, /handler, /shared-lib, /requirement: what a build of somebody's catalogue takes, whole and changed.

The catalogue is the fixture of 45 functions in 8 modules and two roots. `catalogue/build` builds all its images with
every step anew; the other rows build after one change, and stand beside that. The rows `/bytes` are what a push would
then send, beside what it sent at first.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from builder.core.images import lock as images
from tests.benchmarks.row import Row
from tests.foreign_project import CHANGES, ForeignProject, new_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PREFIX = "bench-catalogue-"
NAMES = ("catalogue/build", *(f"catalogue/{change}" for change in CHANGES))


def measure(wanted: Callable[[str], bool]) -> Iterator[Row]:
    """A build from nothing comes first, whatever is wanted: the others are measured against it."""
    if not any(wanted(name) for name in NAMES):
        return
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as folder:
        project = ForeignProject(Path(folder), {"RS_LAMBDA_PREFIX": PREFIX})
        try:
            yield from _rows(project, wanted)
        finally:
            tags = [f"{PREFIX}{name}:latest" for name in (*images.read(project.folder / ".builder"), "base")]
            subprocess.run(["docker", "image", "rm", "--force", *tags], capture_output=True, check=False)


def _rows(project: ForeignProject, wanted: Callable[[str], bool]) -> Iterator[Row]:
    whole = _seconds(project, "--no-cache")
    first = sum(map(sum, new_bytes({}, project.blobs()).values()))
    if wanted("catalogue/build"):
        nothing = _seconds(project)
        yield Row(name="catalogue/build", ours=whole, reference=nothing, ratio=whole / nothing, unit="s")
    for change, make in CHANGES.items():
        name = f"catalogue/{change}"
        if not wanted(name):
            continue
        before = project.blobs()
        make(project.folder)
        if change == "requirement":
            project.builder("lock", "--modules", "stats")
        seconds = _seconds(project)
        yield Row(name=name, ours=seconds, reference=whole, ratio=seconds / whole, unit="s")
        sent = sum(map(sum, new_bytes(before, project.blobs()).values()))
        yield Row(name=f"{name}/bytes", ours=sent, reference=first, ratio=sent / first, unit="bytes")


def _seconds(project: ForeignProject, *options: str) -> float:
    start = time.perf_counter()
    project.builder("build", *options)
    return time.perf_counter() - start
