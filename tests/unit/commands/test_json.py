"""With `--format json` standard output is one JSON value and nothing else: the rest goes to standard error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.catalog.trees import write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.commands.conftest import Typed


@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("validate",),
        ("sql",),
        ("sql", "--drop"),
        ("invoke", "tenfold", "1"),
        ("test",),
        ("local", "status"),
    ],
    ids=" ".join,
)
def test_one_value_whatever_else_is_said(words: tuple[str, ...], typed: Typed, tmp_path: Path) -> None:
    # Two notices: one of the settings, one of the catalogue.
    others = "arguments: []\noutput: int\nclouds: {snowflake: {}}\n"
    write(tmp_path, {"functions/geo/other/function.yaml": others, ".env": "LAMBDA_PREFIX=dev-\n"})
    code, out, err = typed(*words, "--format", "json")
    assert code == 0, err
    json.loads(out)
    assert words[0] == "local" or ("older spelling" in err and "left out" in err)


def test_an_error_leaves_standard_output_empty(typed: Typed) -> None:
    code, out, err = typed("list", "--functions", "none", "--format", "json")
    assert (code, out) == (2, "")
    assert err
