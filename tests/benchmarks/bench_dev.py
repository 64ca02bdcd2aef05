"""dev/process and dev/image: seconds from a save to the result that `builder dev` prints.

Reference: the same cases by `builder test`, or the same build by `builder build`, as a command of its own, which
starts, loads everything and runs it. The best of three.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.row import Row
from tests.integration.dev_process import ROOT, Dev, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TINY = ROOT / "tests" / "data" / "build" / "tiny"
HANDLER = "functions/tiny/greet/code/lambda/python/handler.py"
CASES = '- {name: one, arguments: ["you"], output: "Hello, you"}\n'
REPEATS = 3


def measure(wanted: Callable[[str], bool]) -> Iterator[Row]:
    """Two rows."""
    for name, words, command in (("dev/process", [], ["test"]), ("dev/image", ["--image"], ["build"])):
        if not wanted(name):
            continue
        with tempfile.TemporaryDirectory(prefix="bench-dev-") as folder:
            project = Path(folder)
            shutil.copytree(TINY, project / "functions")
            cases = project / "functions/tiny/greet/tests/unit/cases.yaml"
            cases.parent.mkdir(parents=True)
            cases.write_text(CASES, "utf-8")
            ours = min(_rounds(project, words))
            reference = min(_commands(project, command))
        yield Row(name=name, ours=ours, reference=reference, ratio=ours / reference, unit="s")


def _rounds(project: Path, words: list[str]) -> Iterator[float]:
    dev = Dev(project, *words)
    try:
        dev.round()
        for number in range(REPEATS):
            start = time.monotonic()
            _save(project, number)
            dev.round()
            yield time.monotonic() - start
    finally:
        dev.stop()


def _commands(project: Path, words: list[str]) -> Iterator[float]:
    line = [sys.executable, "-m", "builder", "--project", str(project), *words]
    for number in range(REPEATS):
        _save(project, REPEATS + number)
        start = time.monotonic()
        subprocess.run(line, check=True, capture_output=True, env=environment())
        yield time.monotonic() - start


def _save(project: Path, number: int) -> None:
    text = (TINY / HANDLER.removeprefix("functions/")).read_text("utf-8")
    (project / HANDLER).write_text(f"{text}# {number}\n", "utf-8")
