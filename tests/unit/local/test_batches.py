"""Batches, requests and replies as Redshift's documentation shows them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.local.calls import answers, batches
from builder.local.objects.functions import External, Function
from builder.local.sql import types
from builder.local.sqlstate import SqlError

FUNCTION = Function(
    schema="public",
    name="f",
    arguments=(types.of("int"),),
    returns=types.of("bigint"),
    volatility="stable",
    external=External(lambda_name="f", iam_role="default"),
)
ENVELOPE = batches.Envelope(user="adminuser", database="db1", function="public.foo", query_id=5678234)


def test_a_request_has_the_documented_shape() -> None:
    request = json.loads(ENVELOPE.wrap("23FF1F97-F28A-44AA-AB67-266ED976BF40", 2, b"[1,2],[3,null]"))
    assert list(request) == [
        "request_id", "cluster", "user", "database", "external_function", "query_id", "num_records", "arguments",
    ]  # fmt: skip
    assert request["external_function"] == "public.foo"
    assert request["num_records"] == 2
    assert request["arguments"] == [[1, 2], [3, None]]


@given(
    lengths=st.lists(st.integers(2, 400), max_size=60),
    rows=st.integers(1, 20),
    size=st.integers(400, 1200),
)
def test_batches_keep_order_and_limits(lengths: list[int], rows: int, size: int) -> None:
    texts = ["[" + "1" * (length - 2) + "]" for length in lengths]
    slices = batches.bounds(
        np.cumsum(np.array(lengths, dtype=np.int64) + 1), overhead=ENVELOPE.overhead, rows=rows, size=size
    )
    assert [index for start, end in slices for index in range(start, end)] == list(range(len(lengths)))
    for start, end in slices:
        payload = ENVELOPE.wrap("0" * 36, end - start, ",".join(texts[start:end]).encode())
        assert 1 <= end - start <= rows
        assert len(payload) <= size or end - start == 1
        # No batch ends early: one row more would pass a limit.
        if end < len(lengths) and end - start < rows:
            assert len(payload) + 1 + lengths[end] + 9 > size


def read(reply: Any, *, returns: str = "bigint", count: int = 2) -> list[Any]:
    text = reply if isinstance(reply, str) else json.dumps(reply)
    body = json.dumps(text).encode()
    return answers.read(body, replace(FUNCTION, returns=types.of(returns)), count).to_pylist()  # type: ignore[no-any-return]


def test_a_reply_is_a_string_of_json() -> None:
    assert read({"success": True, "num_records": 2, "results": [1, None]}) == [1, None]


@pytest.mark.parametrize("body", [b'{"success":true,"num_records":2,"results":[1,2]}', b"null", b'""', b"[]"])
def test_an_object_is_an_empty_format(body: bytes) -> None:
    with pytest.raises(SqlError, match="Empty format"):
        answers.read(body, FUNCTION, 2)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ({"success": False, "error_msg": "boom at row 3"}, "^boom at row 3$"),
        ({"success": True, "num_records": 2, "results": [1]}, "invalid number of results, 1 for 2 rows"),
        ({"success": True, "num_records": 2, "results": [1, 2, 3]}, "invalid number of results, 3 for 2 rows"),
        ({"success": True, "num_records": 3, "results": [1, 2]}, "invalid number of results, 3 for 2 rows"),
        ({"success": True, "num_records": 2}, 'no list "results"'),
        ({"results": [1, 2]}, 'no "success"'),
        ("plain text", "not JSON"),
    ],
)
def test_a_reply_that_is_refused(reply: Any, words: str) -> None:
    with pytest.raises(SqlError, match=words):
        read(reply)


@pytest.mark.parametrize(
    ("kind", "results"),
    [
        ("smallint", [-32768, 32767]),
        ("bigint", [-(2**63), 2**63 - 1, None]),
        ("double precision", [0.1, 3, None]),
        ("boolean", [True, False, None]),
        ("varchar", ["é", "", None]),
        ("date", ["2020-02-29", None]),
        ("timestamp", ["2020-02-29 01:02:03.5", None]),
    ],
)
def test_values_of_a_type_are_kept(kind: str, results: list[Any]) -> None:
    assert answers.column(list(results), types.of(kind)).to_pylist() == results


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("bigint", 1.5, "22P02"),
        ("bigint", True, "22P02"),
        ("bigint", "1", "22P02"),
        ("integer", 2**31, "22003"),
        ("smallint", -32769, "22003"),
        ("varchar", 1, "22P02"),
        ("varchar", {"a": 1}, "22P02"),
        ("varchar(3)", "abcd", "22001"),
        ("varchar(3)", "éé", "22001"),
        ("varchar(max)", "x" * 65_536, "22001"),
        ("boolean", 1, "22P02"),
        ("double precision", "0.5", "22P02"),
        ("date", "2020-02-30", "22007"),
        ("decimal(4,2)", "100", "22003"),
        ("decimal(4,2)", "NaN", "22003"),
        ("decimal(4,2)", "x", "22P02"),
    ],
)
def test_values_of_another_type_are_refused(kind: str, value: Any, code: str) -> None:
    with pytest.raises(SqlError) as caught:
        answers.column([value], types.of(kind))
    assert caught.value.code == code


def test_a_decimal_keeps_all_its_digits() -> None:
    number = "12345678901234567890.1234567891"
    reply = f'{{"success": true, "num_records": 1, "results": [{number}]}}'
    assert read(reply, returns="decimal(38,10)", count=1) == [number]


@pytest.mark.parametrize("spaces", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("first", ["success", "results"])
@given(data=st.data())
def test_a_reply_of_numbers_is_read_as_json_reads_it(spaces: tuple[str, str], first: str, data: Any) -> None:
    kind = data.draw(st.sampled_from(["smallint", "integer", "bigint", "double precision"]))
    low, high = {"smallint": (-(2**15), 2**15 - 1), "integer": (-(2**31), 2**31 - 1)}.get(kind, (-(2**63), 2**63 - 1))
    finite = st.floats(allow_nan=False, allow_infinity=False)
    value = finite if kind == "double precision" else st.integers(low, high)
    results = data.draw(st.lists(st.none() | value, max_size=20))
    reply = {"success": True, "num_records": len(results), "results": results}
    # Its keys in another order make it a reply like any other.
    whole = reply if first == "success" else dict(reversed(reply.items()))
    assert read(json.dumps(whole, separators=spaces), returns=kind, count=len(results)) == results


@pytest.mark.parametrize(
    ("results", "kind", "words"),
    [
        ("1,2.5", "bigint", r"2\.5 is not a value of type bigint"),
        ("1,1.0", "bigint", r"1\.0 is not a value of type bigint"),
        ("1,40000", "smallint", "40000 is out of range"),
        ("1,9223372036854775808", "bigint", "9223372036854775808 is out of range"),
        ("1,", "bigint", "not JSON"),
        ("1,nul", "bigint", "not JSON"),
        ("nullnull,", "bigint", "not JSON"),
        ("1null,2", "bigint", "not JSON"),
        ("n,2", "bigint", "not JSON"),
        ("1,,2", "bigint", "not JSON"),
        ("1 2,3", "bigint", "not JSON"),
        ("0x10,1", "bigint", "not JSON"),
        ("007,1", "bigint", "not JSON"),
        ("-01,1", "smallint", "not JSON"),
        ("01e5,1", "double precision", "not JSON"),
        ("+1,1", "double precision", "not JSON"),
        (".5,1", "double precision", "not JSON"),
        ("-.5,1", "real", "not JSON"),
        ("1.,5", "double precision", "not JSON"),
        ("1,5.", "double precision", "not JSON"),
        ("1.e5,1", "double precision", "not JSON"),
        ("1,inf", "double precision", "not JSON"),
        ("1,-", "bigint", "not JSON"),
        ("-null,1", "bigint", "not JSON"),
        ("1,1e39", "real", "1e\\+39 is out of range for type real"),
        ("1-2,3", "bigint", "not JSON"),
        ('1,"2"', "double precision", '"2" is not a value'),
        ("1,NaN", "double precision", "not JSON"),
    ],
)
def test_a_list_that_is_no_list_of_its_numbers_is_refused(results: str, kind: str, words: str) -> None:
    with pytest.raises(SqlError, match=words):
        read(f'{{"success":true,"num_records":2,"results":[{results}]}}', returns=kind)


@pytest.mark.parametrize(
    ("results", "kind", "values"),
    [
        ("0,-7", "bigint", [0, -7]),
        ("-0,null", "double precision", [0.0, None]),
        ("0.5,-0.25", "real", [0.5, -0.25]),
        ("0e3,1E-2", "double precision", [0.0, 0.01]),
        ("null,null", "integer", [None, None]),
    ],
)
def test_numbers_that_begin_in_other_ways(results: str, kind: str, values: list[Any]) -> None:
    assert read(f'{{"success":true,"num_records":2,"results":[{results}]}}', returns=kind) == values


@pytest.mark.parametrize("count", ["02", "2" * 5000])
def test_a_count_that_is_no_count(count: str) -> None:
    with pytest.raises(SqlError, match=r"not JSON|invalid number of results") as caught:
        read(f'{{"success":true,"num_records":{count},"results":[1,2]}}')
    assert caught.value.code == "XX000"


@pytest.mark.parametrize(("value", "code"), [("99999999.995", "22003"), ("1_000", "22P02"), ("\u0663", "22P02")])
def test_a_decimal_that_its_type_does_not_hold(value: str, code: str) -> None:
    with pytest.raises(SqlError) as caught:
        answers.column([value], types.of("decimal(10,2)"))
    assert caught.value.code == code


def test_a_decimal_is_rounded_within_its_type() -> None:
    assert answers.column(["99999999.994"], types.of("decimal(10,2)")).to_pylist() == ["99999999.994"]
