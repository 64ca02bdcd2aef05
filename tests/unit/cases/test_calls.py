"""Redshift's envelope, and values by the table of docs/architecture.md."""

from __future__ import annotations

import json
from typing import Any

import pytest

from builder.core.calls import call as calls
from builder.errors import InvokeError, UsageError
from builder.model import Function, Parameter


def function(*types: str, returns: str = "BIGINT") -> Function:
    parameters = tuple(Parameter(name=f"p{index}", type=type_) for index, type_ in enumerate(types))
    return Function(name="f", module="m", root="functions/m/f", kind="lambda", parameters=parameters, returns=returns)


def sent(of: Function, *rows: list[Any]) -> Any:
    return json.loads(calls.request(of, rows))


def test_a_function_of_plain_types_is_called_by_its_own_name() -> None:
    assert sent(function("BIGINT"), [1])["external_function"] == "carto.f"


def test_a_wrapped_function_is_called_by_the_name_of_its_external_function() -> None:
    assert sent(function("GEOMETRY"), ["POINT(1 2)"])["external_function"] == "carto.f_external"


def test_num_records_counts_the_rows() -> None:
    assert sent(function("BIGINT"), [1], [2], [None])["num_records"] == 3


@pytest.mark.parametrize(
    ("type_", "value", "crossed"),
    [
        ("BIGINT", 2**63 - 1, 2**63 - 1),
        ("BOOLEAN", True, True),
        ("VARCHAR(MAX)", "Zürich", "Zürich"),
        ("DOUBLE PRECISION", 0.1, "0.1"),
        ("DOUBLE PRECISION", 5, "5"),
        ("DOUBLE PRECISION", float("nan"), "NaN"),
        ("REAL", float("-inf"), "-Infinity"),
        ("DECIMAL(18,2)", "12.30", "12.30"),
        ("SUPER", {"a": [1, None]}, '{"a":[1,null]}'),
        ("SUPER", "text", '"text"'),
        ("SUPER", None, None),
    ],
)
def test_values_cross_as_the_table_says(type_: str, value: object, crossed: object) -> None:
    assert sent(function(type_), [value])["arguments"] == [[crossed]]


@pytest.mark.parametrize(
    ("type_", "word", "value"),
    [
        ("BIGINT", "9007199254740993", 9007199254740993),
        ("INTEGER", "null", None),
        ("DOUBLE PRECISION", "-0.5", -0.5),
        ("BOOLEAN", "T", True),
        ("SUPER", "[1, 2]", [1, 2]),
        ("GEOMETRY", "POINT(1 2)", "POINT(1 2)"),
    ],
)
def test_words_of_a_command_line_are_read_by_type(type_: str, word: str, value: object) -> None:
    assert calls.parse_arguments(function(type_), [word]) == [value]


@pytest.mark.parametrize(("type_", "word"), [("BIGINT", "1.5"), ("BOOLEAN", "maybe"), ("SUPER", "{")])
def test_a_word_of_the_wrong_type_names_the_argument(type_: str, word: str) -> None:
    with pytest.raises(UsageError, match="f p0: .* is not a " + type_):
        calls.parse_arguments(function(type_), [word])


def test_too_few_words_show_the_signature() -> None:
    with pytest.raises(UsageError, match=r"f\(p0 BIGINT, p1 INTEGER\)"):
        calls.parse_arguments(function("BIGINT", "INTEGER"), ["1"])


def reply(**body: object) -> str:
    return json.dumps(body)


def test_results_come_back_by_type() -> None:
    text = reply(success=True, num_records=2, results=["[1,2]", None])
    assert calls.results(function("BIGINT", returns="SUPER"), text, count=2) == [[1, 2], None]


def test_a_float_comes_back_from_its_text() -> None:
    text = reply(success=True, num_records=1, results=["0.30000000000000004"])
    assert calls.results(function("BIGINT", returns="DOUBLE PRECISION"), text, count=1) == [0.30000000000000004]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gibberish", "not JSON"),
        ("[1]", "no `success`"),
        (reply(results=[1]), "no `success`"),
        (reply(success=False, error_msg="row 3 is bad"), "row 3 is bad"),
        (reply(success=True, results=[1, 2]), "2 results for 1 rows"),
        (reply(success=True), "no results for 1 rows"),
    ],
)
def test_a_reply_that_is_not_an_answer_is_an_error(text: str, message: str) -> None:
    with pytest.raises(InvokeError, match=message):
        calls.results(function("BIGINT"), text, count=1)


def test_the_payload_must_be_a_json_string() -> None:
    assert calls.unwrap(b'"{\\"success\\": true}"', where="f") == '{"success": true}'


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b'{"success": true}', "JSON string"),
        (b"", "the process ended"),
        (b"Task timed out", "timed out"),
    ],
)
def test_any_other_payload_is_shown(payload: bytes, message: str) -> None:
    with pytest.raises(InvokeError, match=message):
        calls.unwrap(payload, where="f")
