"""A command line in a small project of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.cli import run
from builder.core.config.settings import VARIABLES
from tests.unit.catalog.trees import function, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Typed = Callable[..., tuple[int, str, str]]

HALF = """\
from gateway import redshift_handler


@redshift_handler
def lambda_handler(n, factor, extra):
    if n % 2:
        raise ValueError(f"{n} is odd")
    return [n // 2 * factor, extra]
"""
HALF_YAML = """\
arguments: [{name: n, type: bigint}, {name: factor, type: double}, {name: extra, type: object}]
output: object
clouds: {redshift: {type: lambda}}
"""
DOUBLE_YAML = "arguments: [{name: x, type: double}]\noutput: double\nclouds: {redshift: {}}\n"
DOUBLE = "from gateway import redshift_handler\n\n\n@redshift_handler\ndef lambda_handler(x):\n    return x * 10\n"


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Runs a command line in a project with `half` and `tenfold`; gives exit code, output and errors."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    native = {
        "functions/geo/native/function.yaml": "arguments: []\noutput: int\nclouds: {redshift: {type: sql}}\n",
        "functions/geo/native/code/redshift.sql": "SELECT 1",
    }
    write(
        tmp_path,
        {**function("half", HALF_YAML, handler=HALF), **function("tenfold", DOUBLE_YAML, handler=DOUBLE), **native},
    )

    def call(*words: str) -> tuple[int, str, str]:
        code = run(["--project", str(tmp_path), *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call
