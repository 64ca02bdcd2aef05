"""`builder validate`, as typed: handlers and cases, with the problems of function.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.catalog.trees import function, write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.commands.conftest import Typed

CASES = "functions/geo/{}/tests/unit/cases.yaml"


def test_sound_cases_are_no_problem(typed: Typed, tmp_path: Path) -> None:
    write(tmp_path, {CASES.format("tenfold"): "- {name: one, arguments: [1.0], output: 10.0}\n"})
    code, out, _ = typed("validate")
    assert (code, out) == (0, "2 Lambda functions and 1 SQL function in 1 module, no problems\n")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("- nonsense\n", 1, "[0]: Input should be"),
        ("- name: one\n  arguments: [1.0]\n  output: 1.0\n  outptu: 10.0\n", 4, "[0].outptu: unknown key"),
        ("\n- {name: two, arguments: [1, 2], output: 1}\n", 2, "2 arguments for a function of 1"),
    ],
    ids=["no mapping", "an unknown key", "too many arguments"],
)
def test_broken_cases_are_told_with_their_line(text: str, line: int, what: str, typed: Typed, tmp_path: Path) -> None:
    write(tmp_path, {CASES.format("tenfold"): text})
    code, out, err = typed("validate")
    assert (code, out) == (3, "")
    assert f"error: {CASES.format('tenfold')}:{line}" in err
    assert what in err


def test_cases_that_are_not_utf_8_are_named(typed: Typed, tmp_path: Path) -> None:
    path = tmp_path / CASES.format("tenfold")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"- \xff\n")
    code, _, err = typed("validate")
    assert code == 3
    assert f"{CASES.format('tenfold')}: is not UTF-8 (byte 2)" in err


def test_all_problems_of_all_files_are_told_at_once(typed: Typed, tmp_path: Path) -> None:
    row = "from gateway import redshift_handler\n\n\n@redshift_handler\ndef lambda_handler(x, y):\n    return x\n"
    one = "arguments: [{name: x, type: double}]\noutput: double\nclouds: {redshift: {}}\n"
    write(
        tmp_path,
        {
            **function("takes_two", one, handler=row),
            CASES.format("takes_two"): "- nonsense\n",
            **function("slip", one.replace("name", "nmae"), handler="lambda_handler = len\n"),
            CASES.format("slip"): "- {name: one, arguments: [1.0], output: 1.0}\n",
        },
    )
    code, _, err = typed("validate")
    assert code == 3
    assert "takes_two/code/lambda/python/handler.py:5: lambda_handler takes 2 arguments, and function.yaml has 1" in err
    assert f"{CASES.format('takes_two')}:1" in err
    assert "slip/function.yaml:1" in err
    # How many arguments it has is not known: nothing is said of its cases.
    assert CASES.format("slip") not in err
