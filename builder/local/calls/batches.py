"""Redshift's request and reply for a batch of rows, and where a batch ends.

Source: Redshift, "Scalar Lambda UDFs"; the wording of the errors after facts known from users' reports.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from builder.local.sql import types
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from builder.local.objects.functions import Function

    Array = np.ndarray[Any, Any]

CLUSTER = "arn:aws:redshift:us-east-1:000000000000:namespace:local"
# Lambda, "Quotas": 6 MB each way in a synchronous call.
PAYLOAD_LIMIT = 6 * 1024 * 1024
INVALID = "Invalid External Function Response"


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """Everything of a request but its rows and its own id."""

    user: str
    database: str
    function: str
    query_id: int

    def wrap(self, request_id: str, rows: Sequence[str]) -> bytes:
        """`rows` are the arguments of each row as JSON lists."""
        head = {
            "request_id": request_id,
            "cluster": CLUSTER,
            "user": self.user,
            "database": self.database,
            "external_function": self.function,
            "query_id": self.query_id,
            "num_records": len(rows),
        }
        return orjson.dumps(head)[:-1] + b',"arguments":[' + ",".join(rows).encode() + b"]}"

    @property
    def overhead(self) -> int:
        """Bytes of a request beside its rows and commas; the id is a UUID, num_records takes up to ten digits."""
        return len(self.wrap("0" * 36, ())) + 9


def bounds(lengths: Array, *, overhead: int, rows: int, size: int) -> list[tuple[int, int]]:
    """Slices of rows, in order: each has at most `rows` rows, and `size` bytes as a request.

    `lengths` are bytes of JSON. A row that is too long by itself makes a batch of its own.
    """
    ends = np.cumsum(lengths + 1)
    found: list[tuple[int, int]] = []
    start, count = 0, len(lengths)
    while start < count:
        before = int(ends[start - 1]) if start else 0
        fitting = int(np.searchsorted(ends, before + size - overhead + 1, side="right"))
        end = min(max(fitting, start + 1), start + rows, count)
        found.append((start, end))
        start = end
    return found


def read_reply(body: bytes, function: Function, count: int) -> list[Any]:
    """The results of a reply, checked. Raises SqlError with Redshift's complaint."""
    text = _text(body)
    loads: Callable[[str], Any] = _exact if function.returns.name == "numeric" else orjson.loads
    try:
        reply = loads(text)
    except ValueError:
        raise SqlError("XX000", f"{INVALID}: the reply's text is not JSON: {text[:200]}") from None
    if not isinstance(reply, dict) or "success" not in reply:
        raise SqlError("XX000", f'{INVALID}: the reply has no "success"')
    if reply["success"] is not True:
        raise SqlError("XX000", str(reply.get("error_msg") or "the external function failed without error_msg"))
    results = reply.get("results")
    if not isinstance(results, list):
        raise SqlError("XX000", f'{INVALID}: the reply has no list "results"')
    if len(results) != count or reply.get("num_records", count) != count:
        given = len(results) if len(results) != count else reply["num_records"]
        raise SqlError("XX000", f"{INVALID}: invalid number of results, {given} for {count} rows")
    return results


def _text(body: bytes) -> str:
    """A reply is a JSON string that holds JSON: a handler that returns an object is refused."""
    try:
        outer = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise SqlError("XX000", f"{INVALID}: the reply is not JSON") from None
    if not isinstance(outer, str) or not outer:
        hint = "return json.dumps({...}), not the object itself"
        raise SqlError("XX000", f"{INVALID}: Empty format", hint=hint)
    return outer


def _exact(text: str) -> Any:
    """Numbers as they are written: a float would lose digits of a DECIMAL."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def columns(results: list[Any], kind: types.Type) -> dict[str, Array]:
    """Results as the column `v`, with `n` true where NULL. Raises SqlError 22P02 for a value of another type."""
    convert, dtype, filler = _CONVERSIONS[kind.name]
    convert(results, kind)
    nulls = np.zeros(len(results), dtype=np.bool_)
    if None in results:
        nulls = np.fromiter((value is None for value in results), dtype=np.bool_, count=len(results))
        results = [filler if value is None else value for value in results]
    values = [_spelled(value) for value in results] if kind.name == "numeric" else results
    return {"v": np.array(values, dtype=dtype), "n": nulls}


def _spelled(value: Any) -> str:
    return value if isinstance(value, str) else format(value, "f")


def _kinds(results: list[Any]) -> set[type]:
    return set(map(type, results)) - {type(None)}


def _refuse(results: list[Any], allowed: tuple[type, ...], kind: types.Type) -> None:
    wrong = next((value for value in results if value is not None and type(value) not in allowed), None)
    if wrong is not None:
        shown = orjson.dumps(wrong, default=str).decode()[:100]
        raise SqlError("22P02", f"{INVALID}: {shown} is not a value of type {kind}")


def _integers(low: int, high: int) -> Callable[[list[Any], types.Type], None]:
    def check(results: list[Any], kind: types.Type) -> None:
        if not _kinds(results) <= {int}:
            _refuse(results, (int,), kind)
        present = [value for value in results if value is not None] if None in results else results
        if present and not (low <= min(present) and max(present) <= high):
            wrong = next(value for value in present if not low <= value <= high)
            raise SqlError("22003", f"{INVALID}: {wrong} is out of range for type {kind}")

    return check


def _floats(results: list[Any], kind: types.Type) -> None:
    if not _kinds(results) <= {int, float}:
        _refuse(results, (int, float), kind)


def _booleans(results: list[Any], kind: types.Type) -> None:
    if not _kinds(results) <= {bool}:
        _refuse(results, (bool,), kind)


def _strings(results: list[Any], kind: types.Type) -> None:
    if not _kinds(results) <= {str}:
        _refuse(results, (str,), kind)
    limit = kind.arguments[0] if kind.arguments else types.VARCHAR_MAX
    for value in results:
        # A character has at most four bytes: most texts need no encoding to be counted.
        if value is not None and len(value) * 4 > limit and (size := len(value.encode())) > limit:
            raise SqlError("22001", f"the external function returned {size} bytes, {kind} takes {limit}")


def _decimals(results: list[Any], kind: types.Type) -> None:
    precision, scale = kind.arguments
    for value in results:
        if value is None:
            continue
        if type(value) not in {Decimal, str}:
            _refuse(results, (Decimal, str), kind)
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise SqlError("22P02", f"{INVALID}: {value!r} is not a value of type {kind}") from None
        if not number.is_finite() or abs(number) >= Decimal(10) ** (precision - scale):
            raise SqlError("22003", f"{INVALID}: {value} is out of range for type {kind}")


def _dates(parse: Callable[[str], Any]) -> Callable[[list[Any], types.Type], None]:
    def check(results: list[Any], kind: types.Type) -> None:
        _refuse(results, (str,), kind)
        value = ""
        try:
            for value in results:
                if value is not None:
                    parse(value)
        except ValueError:
            raise SqlError("22007", f"{INVALID}: {value!r} is not a value of type {kind}") from None

    return check


def _timestamp(text: str) -> dt.datetime:
    # Python 3.10 reads a fraction of three or six digits only.
    whole, point, fraction = text.partition(".")
    return dt.datetime.fromisoformat(f"{whole}{point}{fraction.ljust(6, '0')}" if point else text)


_CONVERSIONS: dict[str, tuple[Callable[[list[Any], types.Type], None], Any, Any]] = {
    "smallint": (_integers(-(2**15), 2**15 - 1), np.int16, 0),
    "integer": (_integers(-(2**31), 2**31 - 1), np.int32, 0),
    "bigint": (_integers(-(2**63), 2**63 - 1), np.int64, 0),
    "real": (_floats, np.float32, math.nan),
    "double precision": (_floats, np.float64, math.nan),
    "boolean": (_booleans, np.bool_, False),
    "numeric": (_decimals, object, ""),
    "character": (_strings, object, ""),
    "character varying": (_strings, object, ""),
    "date": (_dates(dt.date.fromisoformat), object, ""),
    "timestamp without time zone": (_dates(_timestamp), object, ""),
}
