"""The results of a reply as a column: checked against the function's type, exact, and without a loop where it can be.

Texts stand for what JSON has no form of its own for (DECIMAL, DATE, TIMESTAMP): DuckDB casts them.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from builder.local.calls.batches import INVALID, read_reply, reply_text
from builder.local.sql import types
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.local.objects.functions import Function

_INTEGERS = {"smallint": pa.int16(), "integer": pa.int32(), "bigint": pa.int64()}
_FLOATS = {"real": pa.float32(), "double precision": pa.float64()}
_TEXTS = frozenset({"character", "character varying"})
# A reply as handlers write it, a string of JSON, up to its results; and what comes behind them.
_HEAD = re.compile(rb'"\{\\"success\\": ?true, ?\\"num_records\\": ?(\d+), ?\\"results\\": ?\[')
_TAIL = b']}"'
# What numbers are written with, and `n` for NULL: Arrow would also take the words for what is not finite.
_NUMBER_TEXT = b"0123456789-+.eEn"
_COMMA, _NULL = b",n"


def arrow_type(kind: types.Type) -> pa.DataType:
    """What a column of answers is made of."""
    if kind.name == "boolean":
        return pa.bool_()
    return _INTEGERS.get(kind.name) or _FLOATS.get(kind.name) or pa.string()


def read(body: bytes, function: Function, count: int) -> pa.Array:
    """The answers of a reply to `count` rows. Raises SqlError with Redshift's complaint."""
    found = _numbers(body, function.returns, count)
    return found if found is not None else column(read_reply(reply_text(body), function, count), function.returns)


def _numbers(body: bytes, kind: types.Type, count: int) -> pa.Array | None:
    """A plain list of numbers, read without an object for each; None for all else, errors included.

    Most of the time that a reply of integers takes is in these objects.
    """
    head = _HEAD.match(body)
    known = kind.name in _INTEGERS or kind.name in _FLOATS
    if head is None or not known or int(head[1]) != count or not body.endswith(_TAIL):
        return None
    values = _listed(body[head.end() : -len(_TAIL)])
    if values is None or len(values) != count:
        return None
    if kind.name in _FLOATS and values.buffers()[2].to_pybytes().translate(None, _NUMBER_TEXT):
        return None
    try:
        return values.cast(_INTEGERS.get(kind.name, pa.float64())).cast(arrow_type(kind), safe=False)
    except pa.ArrowException:
        return None


def _listed(data: bytes) -> pa.Array | None:
    """What stands between the commas of a list of numbers, as texts, with NULL for null; None where that is unclear.

    The texts of an Arrow array lie one behind the other: the list without its commas is the array's memory already.
    """
    # To count takes far longer than to see that there is none.
    spaces, nulls = b" " in data, b"n" in data
    if (spaces and data.count(b" ") != data.count(b", ")) or (nulls and data.count(b"n") != data.count(b"null")):
        return None
    bare = data.translate(None, b" ") if spaces else data
    bare = bare.replace(b"null", b"n") if nulls else bare
    commas = np.flatnonzero(np.frombuffer(bare, np.uint8) == _COMMA)
    offsets = np.zeros(len(commas) + 2, np.int32)
    np.subtract(commas, np.arange(len(commas)), out=offsets[1:-1], casting="unsafe")
    offsets[-1] = len(bare) - len(commas)
    texts = bare.translate(None, b",")
    valid = None
    if nulls:
        # An `n` elsewhere is no number.
        there = np.frombuffer(texts + b"-", np.uint8)[offsets[:-1]] != _NULL
        if not (np.diff(offsets)[~there] == 1).all():
            return None
        valid = pa.py_buffer(np.packbits(there, bitorder="little"))
    return pa.StringArray.from_buffers(len(commas) + 1, pa.py_buffer(offsets), pa.py_buffer(texts), valid)


def column(results: list[Any], kind: types.Type) -> pa.Array:
    """Raises SqlError 22P02 for a value of another type, 22003 and 22001 for one that is out of range."""
    target = arrow_type(kind)
    if kind.name in _CHECKS:
        _CHECKS[kind.name](results, kind)
        return pa.array([None if each is None else _spelled(each) for each in results], target)
    made = _vector(results, kind, target)
    if made is None:
        raise _refused(results, kind)
    if kind.name in _TEXTS:
        _check_length(made, kind)
    return made


def _vector(results: list[Any], kind: types.Type, target: pa.DataType) -> pa.Array | None:
    """None for values of another type, and for what is out of range."""
    try:
        # What the values are, by themselves: told the type, Arrow would take 1.0 for an INTEGER.
        found = pa.array(results)
        if pa.types.is_null(found.type) or found.type == target:
            return found.cast(target)
        if pa.types.is_integer(found.type) and kind.name in _INTEGERS:
            return found.cast(target)
    except (pa.ArrowException, OverflowError):
        found = None
    return _floats(results, found, kind)


def _floats(results: list[Any], found: pa.Array | None, kind: types.Type) -> pa.Array | None:
    """Numbers for a REAL or a DOUBLE PRECISION; None where they are for another type, or are no numbers."""
    if kind.name not in _FLOATS:
        return None
    if found is not None and pa.types.is_floating(found.type):
        return found.cast(_FLOATS[kind.name], safe=False)
    if not set(map(type, results)) <= {int, float, type(None)}:
        return None
    # Arrow takes no integer beyond 2^53 for a float, JSON's readers do.
    mask = np.fromiter((each is None for each in results), dtype=np.bool_, count=len(results))
    return pa.array(np.array(results, dtype=np.float64), mask=mask).cast(_FLOATS[kind.name], safe=False)


def _check_length(texts: pa.Array, kind: types.Type) -> None:
    limit = kind.arguments[0] if kind.arguments else types.VARCHAR_MAX
    longest = pc.max(pc.binary_length(texts)).as_py()
    if longest is not None and longest > limit:
        raise SqlError("22001", f"the external function returned {longest} bytes, {kind} takes {limit}")


def _refused(results: list[Any], kind: types.Type) -> SqlError:
    """The first value that is at fault, in words."""
    allowed: tuple[type, ...] = (int,) if kind.name in _INTEGERS else (int, float) if kind.name in _FLOATS else (str,)
    if kind.name == "boolean":
        allowed = (bool,)
    wrong = next((value for value in results if value is not None and type(value) not in allowed), None)
    if wrong is not None:
        return _not_a_value(wrong, kind)
    bits = _INTEGERS[kind.name].bit_width
    wrong = next(value for value in results if value is not None and not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1))
    return SqlError("22003", f"{INVALID}: {wrong} is out of range for type {kind}")


def _not_a_value(wrong: Any, kind: types.Type) -> SqlError:
    shown = orjson.dumps(wrong, default=str).decode()[:100]
    return SqlError("22P02", f"{INVALID}: {shown} is not a value of type {kind}")


# Types that cross as texts --------------------------------------------------------------------------------------------


def _spelled(value: Any) -> str:
    return value if isinstance(value, str) else format(value, "f")


def _decimals(results: list[Any], kind: types.Type) -> None:
    precision, scale = kind.arguments
    for value in results:
        if value is None:
            continue
        if type(value) not in {Decimal, str}:
            raise _not_a_value(value, kind)
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise SqlError("22P02", f"{INVALID}: {value!r} is not a value of type {kind}") from None
        if not number.is_finite() or abs(number) >= Decimal(10) ** (precision - scale):
            raise SqlError("22003", f"{INVALID}: {value} is out of range for type {kind}")


def _dates(parse: Callable[[str], Any]) -> Callable[[list[Any], types.Type], None]:
    def check(results: list[Any], kind: types.Type) -> None:
        wrong = next((value for value in results if value is not None and not isinstance(value, str)), None)
        if wrong is not None:
            raise _not_a_value(wrong, kind)
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


_CHECKS: dict[str, Callable[[list[Any], types.Type], None]] = {
    "numeric": _decimals,
    "date": _dates(dt.date.fromisoformat),
    "timestamp without time zone": _dates(_timestamp),
}
