"""The command line in this process, with an environment of its own."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.cli import run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one command gave."""

    code: int
    out: str
    err: str


def builder(folder: Path, environ: Mapping[str, str], *words: str) -> Outcome:
    """Runs `builder` on a project with this environment and no other."""
    out, err = io.StringIO(), io.StringIO()
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environ)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = run(["--project", str(folder), *words])
    finally:
        os.environ.clear()
        os.environ.update(before)
    return Outcome(code=code, out=out.getvalue(), err=err.getvalue())
