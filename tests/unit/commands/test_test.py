"""`builder test`, as typed: in this process, over a small project."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.unit.catalog.trees import write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.commands.conftest import Typed

CASES = "functions/geo/{}/tests/unit/cases.yaml"
GOOD = "- {name: one, arguments: [1.0], output: 10.0}\n- {name: none, arguments: [null], output: null}\n"


def cases(project: Path, **texts: str) -> None:
    write(project, {CASES.format(name): text for name, text in texts.items()})


def test_what_passes_is_counted(typed: Typed, tmp_path: Path) -> None:
    cases(tmp_path, tenfold=GOOD, half='- {name: odd, arguments: [3, 1.0, []], error: "3 is odd"}\n')
    code, out, err = typed("test", "--format", "json")
    assert code == 0
    assert json.loads(out) == [
        {"function": "half", "in-process": "1 passed"},
        {"function": "native", "in-process": "-"},
        {"function": "tenfold", "in-process": "2 passed"},
    ]
    assert "3 cases, 0 failed" in err


def test_a_failure_ends_with_ten_and_names_function_way_and_case(typed: Typed, tmp_path: Path) -> None:
    cases(tmp_path, tenfold=f"{GOOD}- {{name: three, arguments: [3.0], output: 31.0}}\n")
    code, out, err = typed("test", "--functions", "tenfold")
    assert code == 10
    assert "2 of 3" in out
    assert "tenfold [in-process] three: expected 31.0, got 30.0" in err


def test_files_that_are_wrong_are_told_together_and_nothing_is_run(typed: Typed, tmp_path: Path) -> None:
    cases(tmp_path, tenfold="- {name: x, arguments: []}\n", half="- [\n")
    code, out, err = typed("test")
    assert (code, out) == (3, "")
    assert "tenfold/tests/unit/cases.yaml:1" in err
    assert "half/tests/unit/cases.yaml:2" in err


def test_a_way_that_is_not_configured_says_what_to_set(typed: Typed, tmp_path: Path) -> None:
    cases(tmp_path, tenfold=GOOD)
    code, _, err = typed("test", "--sql")
    assert code == 4
    assert "RS_HOST" in err


def test_a_handler_that_cannot_be_imported_fails_its_own_cases_alone(typed: Typed, tmp_path: Path) -> None:
    broken = "import nothing_of_that_name\n\n\ndef lambda_handler(event, context):\n    pass\n"
    write(tmp_path, {"functions/geo/half/code/lambda/python/handler.py": broken})
    cases(tmp_path, tenfold=GOOD, half="- {name: x, arguments: [2, 1.0, []], output: []}\n")
    code, out, err = typed("test")
    assert code == 10
    assert "2 passed" in out
    assert "No module named 'nothing_of_that_name'" in err
