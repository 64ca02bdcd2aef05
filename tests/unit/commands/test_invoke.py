"""`builder invoke`, as typed."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.commands.conftest import Typed


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("4", "1.5", "[1, null]"), "[3.0, [1, null]]"),
        (("-4", "-1.5", '"text"'), '[3.0, "text"]'),
        (("4", "-1e3", '{"a": 1}'), '[-2000.0, {"a": 1}]'),
        (("NULL", "1", "[]"), "NULL"),
        (("4", "null", "[]"), "NULL"),
    ],
    ids=["json", "negative numbers", "an exponent", "NULL", "null"],
)
def test_words_become_the_types_of_the_arguments(words: tuple[str, ...], shown: str, typed: Typed) -> None:
    code, out, err = typed("invoke", "half", *words)
    assert (code, out) == (0, f"{shown}\n")
    assert "half in-process: 1 row in" in err


def test_the_name_is_taken_in_any_case(typed: Typed) -> None:
    assert typed("invoke", "TENFOLD", "0.5")[:2] == (0, "5.0\n")


def test_a_name_that_is_unknown_is_the_arguments_fault(typed: Typed) -> None:
    code, _, err = typed("invoke", "nope", "1")
    assert code == 2
    assert "FUNCTION: there is no function 'nope'" in err
    assert "--functions" not in err


def test_an_option_may_stand_behind_negative_numbers(typed: Typed) -> None:
    code, out, _ = typed("invoke", "half", "-4", "-1", "[]", "--format", "json")
    assert code == 0
    assert json.loads(out)["results"] == [[2.0, []]]


def test_what_json_has_no_number_for_is_redshifts_text(typed: Typed) -> None:
    _, out, _ = typed("invoke", "tenfold", "1e308", "--format", "json")

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    assert json.loads(out, parse_constant=refuse)["results"] == ["Infinity"]


def test_the_functions_error_has_its_exit_code_and_row(typed: Typed) -> None:
    code, out, err = typed("invoke", "half", "3", "1", "[]")
    assert (code, out) == (8, "")
    assert "row 0: half: 3 is odd" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("half", "4"), "takes 3 arguments, 1 given"),
        (("half", "four", "1", "[]"), "'four' is not a BIGINT"),
        (("half", "4", "1", "{"), "'{' is not a SUPER"),
        (("hlaf", "4", "1", "[]"), "did you mean 'half'?"),
        (("half,tenfold", "4"), "names 2 functions"),
        (("", "4"), "names 3 functions"),
        (("native",), "native SQL function"),
    ],
)
def test_a_wrong_word_ends_with_two(words: tuple[str, ...], message: str, typed: Typed) -> None:
    code, out, err = typed("invoke", *words)
    assert (code, out) == (2, "")
    assert message in err


def test_rows_of_a_file_are_one_batch(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text("[[1.5], [null], [-2]]", encoding="utf-8")
    code, out, err = typed("invoke", "tenfold", "--rows", str(tmp_path / "rows.json"))
    assert (code, out.splitlines()) == (0, ["15.0", "NULL", "-20.0"])
    assert "3 rows" in err


def test_rows_come_from_standard_input(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"[[2]]")))
    assert typed("invoke", "tenfold", "--rows", "-")[:2] == (0, "20.0\n")


@pytest.mark.parametrize("text", ["[[1], [2, 3]]", "[1]", "{}", "[[1]"])
def test_rows_that_are_none(text: str, typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(text, encoding="utf-8")
    code, _, err = typed("invoke", "tenfold", "--rows", str(tmp_path / "rows.json"))
    assert code == 2
    assert "--rows" in err


def test_rows_and_arguments_are_not_both_taken(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text("[[1]]", encoding="utf-8")
    code, out, err = typed("invoke", "tenfold", "7", "--rows", str(tmp_path / "rows.json"))
    assert (code, out) == (2, "")
    assert "1 arguments beside a file of rows" in err


def test_a_project_in_which_nothing_can_be_written_is_enough(typed: Typed, tmp_path: Path) -> None:
    # Files where folders would be made: the rights of a folder are nothing to root.
    for name in ("build", ".builder"):
        (tmp_path / name).write_text("", encoding="utf-8")
    assert typed("invoke", "tenfold", "0.5")[:2] == (0, "5.0\n")
    assert typed("list")[0] == 0
    assert typed("sql")[0] == 0
