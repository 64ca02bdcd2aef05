"""The pytest plugin in a reader's own project: each run is a pytest of its own, as a reader would type it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.catalog.trees import function, write

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = "pytester"

HANDLER = """\
from gateway import redshift_handler


@redshift_handler
def lambda_handler(n):
    if n < 0:
        raise ValueError(f"{n} is negative")
    return n * 2
"""
CASES = """\
- {name: two, arguments: [2], output: 4}
- {name: none, arguments: [null], output: null}
- {name: negative, arguments: [-1], error: is negative}
"""
TEST = """\
import pytest
from builder.errors import InvokeError


def test_twice(handler):
    assert handler("twice")(2**40) == 2**41


def test_an_error(handler):
    with pytest.raises(InvokeError, match="twice: -1 is negative"):
        handler("TWICE")(-1)
"""


def project(pytester: pytest.Pytester, *, cases: str = CASES, **files: str) -> Path:
    """A catalogue in a folder that is not called `functions`, with one function and its tests."""
    tree = {
        **function("twice", handler=HANDLER),
        "functions/geo/twice/tests/unit/cases.yaml": cases,
        "functions/geo/twice/tests/unit/test_twice.py": TEST,
    }
    tree = {path.replace("functions/", "catalogue/", 1): text for path, text in {**tree, **files}.items()}
    write(pytester.path, tree)
    pytester.makeini("[pytest]\nfunctions_roots = catalogue\naddopts = --import-mode=importlib\n")
    return pytester.path


def test_cases_and_tests_of_a_function_are_collected_and_pass(pytester: pytest.Pytester) -> None:
    project(pytester)
    result = pytester.runpytest_subprocess("-v")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["*cases.yaml::two PASSED*"])


def test_a_case_that_fails_is_told_in_one_line_without_a_traceback(pytester: pytest.Pytester) -> None:
    project(pytester, cases="- {name: two, arguments: [2], output: 5}\n- {name: odd, arguments: [-3], output: 1}\n")
    result = pytester.runpytest_subprocess("-k", "cases.yaml")
    result.assert_outcomes(failed=2, deselected=2)
    result.stdout.fnmatch_lines(
        ["twice: two: expected 5, got 4", "twice: odd: expected 1, got the error *twice: -3 is negative*"]
    )
    assert "Traceback" not in result.stdout.str()
    assert "ways.py" not in result.stdout.str()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"functions/geo/twice/tests/unit/cases.yaml": "- {name: two}\n"}, "*cases.yaml:1 [[]0[]].arguments: *"),
        ({"functions/geo/twice/function.yaml": "autor: me\n"}, "*unknown key 'autor'*"),
        ({"functions/geo/gone/tests/unit/cases.yaml": CASES}, "*has no function 'gone'*"),
    ],
    ids=["cases.yaml", "function.yaml", "no such function"],
)
def test_what_is_wrong_with_the_catalogue_is_told_without_a_traceback(
    files: dict[str, str], message: str, pytester: pytest.Pytester
) -> None:
    project(pytester, **files)
    result = pytester.runpytest_subprocess("-k", "cases.yaml")
    result.assert_outcomes(errors=1, deselected=result.parseoutcomes().get("deselected", 0))
    result.stdout.fnmatch_lines([message])
    assert "testing.py" not in result.stdout.str()


def test_a_sql_function_needs_a_cloud_and_carries_the_mark(pytester: pytest.Pytester) -> None:
    project(
        pytester,
        **{
            "functions/geo/one/function.yaml": "arguments: []\noutput: int\nclouds: {redshift: {type: sql}}\n",
            "functions/geo/one/code/redshift.sql": "SELECT 1",
            "functions/geo/one/tests/unit/cases.yaml": "- {name: one, arguments: [], output: 1}\n",
        },
    )
    result = pytester.runpytest_subprocess("-m", "cloud", "--collect-only", "-q")
    result.stdout.fnmatch_lines(["*one/tests/unit/cases.yaml::one", "1/6 tests collected (5 deselected)*"])
