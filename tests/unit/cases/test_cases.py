"""cases.yaml: what is read, and what counts as the expected answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from builder.core.calls import cases
from builder.core.calls.cases import Case, Outcome
from builder.model import Function, Parameter


def function(returns: str = "BIGINT") -> Function:
    parameter = Parameter(name="index", type="BIGINT")
    return Function(name="f", module="m", root="functions/m/f", kind="lambda", parameters=(parameter,), returns=returns)


def read(text: str) -> tuple[list[Case], list[str]]:
    found, problems = cases.parse(text, function(), where="cases.yaml")
    return list(found), [str(problem) for problem in problems]


def test_null_is_an_expectation_like_others() -> None:
    found, problems = read("- {name: null in, arguments: [null], output: null}")
    assert not problems
    assert found[0].output is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {name: x, arguments: [1]", "cases.yaml:2: not YAML"),
        ("- {name: x, name: y, arguments: [1], output: 1}", "cases.yaml:1 [0].name: the key stands twice"),
        ("- {name: x, arguments: [2024-13-45], output: 1}", "a value that YAML cannot read"),
        ("- {name: x, arguments: &a [*a], output: 1}", "its aliases stand for more than"),
        ("- {name: x, arguments: [1]}", "give either `output`"),
        ("- {name: x, arguments: [1], output: 1, error: boom}", "give either `output`"),
        ("- {name: x, arguments: [1], outptu: 1, output: 1}", "cases.yaml:1 [0].outptu"),
        ("- {name: x, arguments: [1, 2], output: 1}", "cases.yaml:1 x: 2 arguments for a function of 1"),
        (
            "- {name: x, arguments: [1], output: 1}\n- {name: x, arguments: [2], output: 2}",
            "cases.yaml:2 x: two cases have this name",
        ),
    ],
)
def test_a_file_that_is_wrong_says_where(text: str, message: str) -> None:
    _, problems = read(text)
    assert message in "\n".join(problems)


def test_inputs_by_name_are_in_the_function_s_order() -> None:
    both = tuple(Parameter(name=name, type="BIGINT") for name in ("low", "high"))
    first = "test_cases:\n- name: x\n  inputs: {High: 2, low: 1}\n  expected: 3\n"
    text = f"{first}- {{name: y, inputs: {{low: 1}}, expected: 3}}\n"
    found, problems = cases.parse(text, replace(function(), parameters=both), where="cases.yaml")
    assert found[0].arguments == [1, 2]
    assert [str(each) for each in problems] == ["cases.yaml:5 y: 1 argument for a function of 2"]


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("test_cases:\n- inputs: {index: 1}\n  expected: 1\n", "cases.yaml:2 test_cases[0].name", "is missing"),
        ("- name: x\n  args: [1]\n  arguments: [1]\n  output: 1\n", "cases.yaml:2 [0].args", "unknown key"),
    ],
)
def test_a_key_that_is_missing_or_unknown_is_told_with_those_that_there_are(text: str, where: str, what: str) -> None:
    _, (problem,) = read(text)
    assert problem.startswith(f"{where}: {what}")
    assert "a case has name, arguments, output, error, unordered, tolerance" in problem


def mismatch(returns: str, outcome: Outcome, **expected: Any) -> str:
    return cases.mismatch(function(returns), Case(name="x", arguments=[1], **expected), outcome)


@pytest.mark.parametrize(
    ("returns", "value", "expected"),
    [
        ("BIGINT", 5209574053332910079, {"output": 5209574053332910079}),
        ("DOUBLE PRECISION", 0.1 + 0.2, {"output": 0.3}),
        ("DOUBLE PRECISION", float("nan"), {"output": float("nan")}),
        ("SUPER", [2, 1], {"output": [1, 2], "unordered": True}),
        ("SUPER", {"z": 4, "x": 9}, {"output": {"x": 9, "z": 4}}),
        ("GEOMETRY", "POINT (1.0 2.0)", {"output": "POINT(1 2)"}),
        ("GEOMETRY", None, {"output": None}),
    ],
)
def test_the_expected_answer(returns: str, value: object, expected: dict[str, Any]) -> None:
    assert mismatch(returns, Outcome(value=value), **expected) == ""


@pytest.mark.parametrize(
    ("returns", "value", "expected"),
    [
        ("BIGINT", 5209574053332910078, {"output": 5209574053332910079}),
        ("BIGINT", None, {"output": 0}),
        ("BIGINT", 1, {"output": None}),
        ("BOOLEAN", 1, {"output": True}),
        ("DOUBLE PRECISION", 0.31, {"output": 0.3}),
        ("SUPER", [2, 1], {"output": [1, 2]}),
        ("SUPER", [1, 1, 2], {"output": [1, 2, 2], "unordered": True}),
        ("SUPER", {"z": 4}, {"output": {"x": 9, "z": 4}}),
        ("GEOMETRY", "POINT (2 1)", {"output": "POINT(1 2)"}),
        ("GEOMETRY", "not a geometry", {"output": "POINT(1 2)"}),
    ],
)
def test_another_answer(returns: str, value: object, expected: dict[str, Any]) -> None:
    assert "expected" in mismatch(returns, Outcome(value=value), **expected)


def test_an_error_is_matched_by_a_part_of_its_text() -> None:
    assert mismatch("BIGINT", Outcome(error="F: resolution 27 is out of range"), error="resolution 27") == ""


@pytest.mark.parametrize("outcome", [Outcome(value=1), Outcome(error="something else"), Outcome(value=None)])
def test_another_error_or_a_value_is_a_mismatch(outcome: Outcome) -> None:
    assert "resolution 27" in mismatch("BIGINT", outcome, error="resolution 27")


def test_an_error_where_a_value_was_expected_is_shown() -> None:
    assert "the error 'boom'" in mismatch("BIGINT", Outcome(error="boom"), output=1)
