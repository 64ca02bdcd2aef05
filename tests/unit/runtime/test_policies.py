"""Bad rows, NULL rows and wrong counts, for both kinds of decorated handlers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from gateway import RowError, redshift_batch_handler, redshift_handler
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.runtime.conftest import Image

ROW = """
@redshift_handler(on_error="{on_error}", nulls="{nulls}")
def lambda_handler(a, b):
    if a == 13: raise {error}("thirteen")
    if a == 14: return "not a number"
    return None if a == 15 else [a, b]
"""
COLUMN = """
def one(a, b):
    if a == 13: return RowError("thirteen")
    if a == 14: return "not a number"
    return None if a == 15 else [a, b]
@redshift_batch_handler(on_error="{on_error}", nulls="{nulls}")
def lambda_handler(a, b):
    return list(map(one, a, b))
"""


def add(image: Image, kind: str, name: str = "f", *, error: str = "ValueError", **policies: str) -> Image:
    given_policies = {"on_error": "fail_fast", "nulls": "return_null", **policies}
    code = (ROW if kind == "row" else COLUMN).format(error=error, **given_policies)
    return image.add(name, code, ["INTEGER", "VARCHAR"], "SUPER")


def expected(row: list[Any] | None, on_error: str, nulls: str) -> str | None:
    a, b = row or (None, None)
    if a == 13:
        # nulls="return_null" comes first: such a row never reaches the handler.
        failed = b is not None or nulls == "pass"
        return json.dumps({"error": "thirteen"}, separators=(",", ":")) if failed and on_error != "null" else None
    if nulls == "return_null" and (a is None or b is None):
        return None
    if a == 14:
        return "not a number"
    return None if a == 15 else json.dumps([a, b], separators=(",", ":"), ensure_ascii=False)


ROWS = st.lists(
    st.none()
    | st.tuples(
        st.integers(10, 16) | st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=3) | st.none()
    ).map(list),
    max_size=12,
)


@pytest.mark.parametrize("kind", ["row", "column"])
@pytest.mark.parametrize("on_error", ["return_error", "null"])
@pytest.mark.parametrize("nulls", ["return_null", "pass"])
def test_order_is_kept_among_nulls_and_errors(image: Image, kind: str, on_error: str, nulls: str) -> None:
    add(image, kind, on_error=on_error, nulls=nulls)

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(ROWS)
    def check(rows: list[Any]) -> None:
        assert image.results("f", rows) == [expected(row, on_error, nulls) for row in rows]

    check()


@pytest.mark.parametrize("kind", ["row", "column"])
def test_fail_fast_names_the_function_and_the_first_bad_row_of_the_request(image: Image, kind: str) -> None:
    message = add(image, kind).error("f", [[1, "a"], None, [2, None], [13, "b"], [13, "c"]])
    assert message == "Error processing row 3: f: thirteen"


def test_a_message_that_names_the_function_does_not_name_it_twice(image: Image) -> None:
    image.add("f", "@redshift_handler\ndef lambda_handler(x): raise ValueError('F: x is out of range')\n")
    assert image.error("f", [["a"]]) == "Error processing row 0: F: x is out of range"


def test_an_error_without_a_sentence_is_told_by_its_type(image: Image) -> None:
    image.add("f", "@redshift_handler\ndef lambda_handler(x): return {}[x]\n")
    image.add("g", "@redshift_handler\ndef lambda_handler(x): raise ValueError\n")
    assert image.error("f", [["a"]]) == "Error processing row 0: f: KeyError: 'a'"
    assert image.error("g", [["a"]]) == "Error processing row 0: g: ValueError"


def test_fail_fast_calls_no_further_rows(image: Image, tmp_path: Path) -> None:
    log = tmp_path / "log"
    image.add(
        "f",
        f"@redshift_handler\ndef lambda_handler(x):\n    open({str(log)!r}, 'a').write(x)\n"
        "    return x if x != 'b' else 1/0\n",
    )
    image.error("f", [["a"], ["b"], ["c"]])
    assert log.read_text() == "ab"


def test_a_stop_iteration_of_a_handler_is_its_rows_error_and_not_the_end(image: Image) -> None:
    image.add(
        "f",
        "@redshift_handler(on_error='null')\ndef lambda_handler(x):\n    return x if x != 'b' else next(iter(()))\n",
    )
    assert image.results("f", [["a"], ["b"], ["c"], ["b"]]) == ["a", None, "c", None]


@pytest.mark.parametrize("body", ["raise MemoryError", "raise SystemExit('x')"])
def test_what_is_not_a_rows_fault_fails_the_batch_under_every_policy(image: Image, body: str) -> None:
    image.add("f", f"@redshift_handler(on_error='null')\ndef lambda_handler(x): {body}\n")
    assert "Error processing row" not in image.error("f", [["a"]])


@pytest.mark.parametrize("policy", ["fail_fast", "return_error", "null"])
def test_what_a_batch_handler_raises_fails_the_batch_under_every_policy(image: Image, policy: str) -> None:
    image.add("f", f"@redshift_batch_handler(on_error={policy!r})\ndef lambda_handler(x): raise ValueError('all')\n")
    assert image.error("f", [["a"], ["b"]]) == "f: all"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return x[1:]", "returned 1 values for 2 rows"),
        ("return x + x", "returned 4 values for 2 rows"),
        ("return (v for v in x[1:])", "returned 1 values for 2 rows"),
        ("return 'ab'", "returned a str"),
        ("return {'a': 1, 'b': 2}", "returned a dict"),
        ("return None", "returned a NoneType"),
        ("import numpy; return numpy.zeros(3)", "returned 3 values for 2 rows"),
    ],
)
def test_a_wrong_count_is_an_error_with_both_numbers(image: Image, body: str, says: str) -> None:
    image.add("f", f"@redshift_batch_handler\ndef lambda_handler(x): {body}\n")
    assert says in image.error("f", [["a"], ["b"]])


@pytest.mark.parametrize("values", ["tuple(x)", "(v for v in x)", "map(str, x)", "__import__('numpy').array(x)"])
def test_any_sequence_will_do(image: Image, values: str) -> None:
    image.add("f", f"@redshift_batch_handler\ndef lambda_handler(x): return {values}\n")
    assert image.results("f", [["a"], None, ["b"]]) == ["a", None, "b"]


def test_a_batch_handler_is_not_called_for_nulls_alone(image: Image) -> None:
    image.add("f", "@redshift_batch_handler\ndef lambda_handler(x): raise ValueError('called')\n")
    assert image.results("f", [[None], None]) == [None, None]


def test_a_bad_argument_is_its_rows_error(image: Image) -> None:
    code = (
        "@redshift_batch_handler(on_error='null')\n"
        "def lambda_handler(a, b): return [f'{x} {y}' for x, y in zip(a, b)]\n"
    )
    image.add("f", code, ["DOUBLE PRECISION", "SUPER"])
    image.add("g", code.replace("null", "fail_fast"), ["DOUBLE PRECISION", "SUPER"])
    rows = [["1.5", "[1]"], [None, "2"], ["x", "2"], ["2", "{"], ["2", "3"]]
    assert image.results("f", rows) == ["1.5 [1]", None, None, None, "2.0 3"]
    assert image.error("g", rows) == "Error processing row 2: g: argument 1 is not a DOUBLE PRECISION: 'x'"


def test_a_message_is_a_value_only_where_the_type_can_hold_it(image: Image) -> None:
    code = "@redshift_handler(on_error='return_error')\ndef lambda_handler(x): raise ValueError('why')\n"
    image.add("text", code, returns="VARCHAR(2)").add("number", code, returns="BIGINT")
    assert image.results("text", [["a"]]) == ["wh"]
    message = image.error("number", [["a"]])
    assert "return_error" in message
    assert "BIGINT" in message


def test_a_decorated_handler_is_a_lambda_handler_by_itself() -> None:
    @redshift_handler
    def total(a: int, b: int) -> int:
        """Adds."""
        return a + b

    @redshift_batch_handler(on_error="null")
    def halves(values: list[int]) -> list[Any]:
        return [value / 2 if value else RowError("zero") for value in values]

    reply = json.loads(total({"num_records": 3, "arguments": [[1, 2], None, [2, 3]]}, None))
    assert reply == {"success": True, "num_records": 3, "results": [3, None, 5]}
    reply = json.loads(halves({"arguments": [1, 0, 3]}))
    assert reply == {"success": True, "num_records": 3, "results": [0.5, None, 1.5]}
    reply = json.loads(total({"arguments": [[1, "x"]]}))
    assert reply["success"] is False
    assert reply["error_msg"].startswith("Error processing row 0: total: TypeError")
    assert (total.__name__, total.__doc__, total.function(1, 2)) == ("total", "Adds.", 3)


@pytest.mark.parametrize("decorator", [redshift_handler, redshift_batch_handler])
def test_a_policy_that_does_not_exist_is_refused_where_it_is_written(decorator: Any) -> None:
    with pytest.raises(ValueError, match="on_error='ignore' is not known: write one of fail_fast"):
        decorator(on_error="ignore")
    with pytest.raises(ValueError, match="nulls='keep'"):
        decorator(nulls="keep")
