"""The results of a reply as a column: checked against the function's type, exact, and without a loop where it can be.

Texts stand for what JSON has no form of its own for (DECIMAL, DATE, TIMESTAMP): DuckDB casts them.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation, localcontext
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
_HEAD = re.compile(rb'"\{\\"success\\": ?true, ?\\"num_records\\": ?(0|[1-9]\d{0,8}), ?\\"results\\": ?\[')
_TAIL = b']}"'
_COMMA, _MINUS, _DOT, _ZERO, _ONE, _NULL = b",-.01n"
_EXPONENT = b"eE"


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
    values = _listed(body[head.end() : -len(_TAIL)], floating=kind.name in _FLOATS)
    if values is None or len(values) != count:
        return None
    try:
        found = values.cast(_INTEGERS.get(kind.name, pa.float64())).cast(arrow_type(kind), safe=False)
    except pa.ArrowException:
        return None
    return found if kind.name in _INTEGERS or _all_finite(found) else None


def _all_finite(values: pa.Array) -> bool:
    return pc.all(pc.is_finite(values), min_count=0).as_py() is not False


def _listed(data: bytes, *, floating: bool) -> pa.Array | None:
    """What stands between the commas of a list of numbers, as texts, with NULL for null; None where that is no JSON.

    The texts of an Arrow array lie one behind the other: the list without its commas is the array's memory already.
    """
    # To count takes far longer than to see that there is none.
    spaces, nulls = b" " in data, b"n" in data
    if (spaces and data.count(b" ") != data.count(b", ")) or (nulls and data.count(b"n") != data.count(b"null")):
        return None
    bare = data.translate(None, b" ") if spaces else data
    bare = bare.replace(b"null", b"n") if nulls else bare
    if not bare or bare.endswith(b","):
        return None
    letters = np.frombuffer(bare, np.uint8)
    commas = np.flatnonzero(letters == _COMMA)
    starts = np.zeros(len(commas) + 1, np.int64)
    np.add(commas, 1, out=starts[1:])
    first = letters.take(starts)
    # Nearly every number begins with a digit that is no zero.
    usual = bool((first - _ONE < 9).all())  # noqa: PLR2004 - 1 to 9; what is below wraps round
    if not (usual or _well_begun(letters, starts, np.append(commas, len(bare)))):
        return None
    if floating and not _well_pointed(letters):
        return None
    offsets = np.empty(len(starts) + 1, np.int32)
    np.subtract(starts, np.arange(len(starts)), out=offsets[:-1], casting="unsafe")
    offsets[-1] = len(bare) - len(commas)
    valid = pa.py_buffer(np.packbits(first != _NULL, bitorder="little")) if nulls else None
    texts = pa.py_buffer(bare.translate(None, b","))
    return pa.StringArray.from_buffers(len(starts), pa.py_buffer(offsets), texts, valid)


def _well_begun(letters: Any, starts: Any, ends: Any) -> bool:
    """Whether each is null, or begins as JSON's numbers do: no plus, no digit behind a leading zero.

    -0 is left to JSON's reader, to which it is an integer.
    """
    negative = letters[starts] == _MINUS
    at = starts + negative
    if (at >= ends).any():
        return False
    first, length = letters[at], ends - at
    null = (first == _NULL) & (length == 1) & ~negative
    zero = first == _ZERO
    after = letters[np.minimum(at + 1, len(letters) - 1)]
    sound = (length == 1) & ~negative | (after == _DOT) | np.isin(after, list(_EXPONENT))
    return bool((null | (zero & sound) | (first - _ONE < 9)).all())  # noqa: PLR2004 - as above


def _well_pointed(letters: Any) -> bool:
    """Whether a digit stands behind every decimal point, and nothing but what numbers are written with."""
    points = np.flatnonzero(letters == _DOT)
    if len(points) and (points[-1] + 1 == len(letters) or (letters[points + 1] - _ZERO >= 10).any()):  # noqa: PLR2004
        return False
    # Arrow would also take the words for what is not finite.
    return not letters.tobytes().translate(None, b"0123456789-+.eE,n")


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
        return _in_range(found, kind)
    if not set(map(type, results)) <= {int, float, type(None)}:
        return None
    # Arrow takes no integer beyond 2^53 for a float, JSON's readers do.
    mask = np.fromiter((each is None for each in results), dtype=np.bool_, count=len(results))
    return _in_range(pa.array(np.array(results, dtype=np.float64), mask=mask), kind)


def _in_range(numbers: pa.Array, kind: types.Type) -> pa.Array:
    """Of a REAL or a DOUBLE PRECISION. JSON has no infinity: one is a number that the type cannot hold."""
    found = numbers.cast(_FLOATS[kind.name], safe=False)
    if not _all_finite(found):
        wrong = numbers.filter(pc.invert(pc.is_finite(found)))[0].as_py()
        raise SqlError("22003", f"{INVALID}: {wrong} is out of range for type {kind}")
    return found


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
    # From here on it is rounded to one digit more than the type has. Python's own context keeps 28 digits.
    with localcontext() as context:
        context.prec = precision + 1
        limit = Decimal(10) ** (precision - scale) - Decimal(5).scaleb(-scale - 1)
    for value in results:
        if value is None:
            continue
        # Python takes underscores, and the digits of every script.
        if type(value) not in {Decimal, str} or (isinstance(value, str) and ("_" in value or not value.isascii())):
            raise _not_a_value(value, kind)
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise SqlError("22P02", f"{INVALID}: {value!r} is not a value of type {kind}") from None
        if not number.is_finite() or abs(number) >= limit:
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
