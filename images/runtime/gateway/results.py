"""Results, from what a handler returns to what crosses: the whole batch at once where its values allow.

| declared                   | a handler may return                        | crosses as                              |
|----------------------------|---------------------------------------------|-----------------------------------------|
| SMALLINT, INTEGER, BIGINT  | int, whole float or Decimal, digits         | number, checked against the type's range|
| REAL, DOUBLE PRECISION     | float, int, Decimal, a number's text        | text that reads back as the same double |
| DECIMAL                    | Decimal, int, float, a number's text        | text with every digit                   |
| BOOLEAN                    | bool                                        | true, false                             |
| VARCHAR, CHAR              | str, number, bool, date, bytes              | text of at most its length in bytes     |
| SUPER                      | dict, list, number, bool; str is JSON text  | JSON text                               |
| GEOMETRY, GEOGRAPHY        | WKT                                         | WKT                                     |
| VARBYTE                    | bytes, hexadecimal text                     | hexadecimal text                        |
| DATE, TIMESTAMP, TIME      | Python's datetime types, ISO text           | ISO text, a blank between date and time |

None is NULL everywhere; NumPy scalars and arrays count as the values that they hold.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import orjson

from gateway.errors import RowError
from gateway.json_text import OPTIONS, plain
from gateway.values import convert

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.families import Family, WireType

NoneType = type(None)
# UTF-8 needs at most four bytes for a character.
_WIDEST = 4
_NUMPY_KINDS: dict[Family, str] = {"integer": "iu", "boolean": "b"}


def encode(values: Any, wire: WireType, *, fast: bool = True) -> tuple[Any, dict[int, str]]:
    """What crosses for a list or a NumPy array of results, for orjson to write; and the error of each bad row.

    A bad row holds None. With `fast` false every value is looked at: for values that orjson then refused after all.
    """
    if not isinstance(values, list):
        if fast and _array_as_it_is(values, wire):
            return values, {}
        values = values.tolist() if hasattr(values, "tolist") else list(values)
    bulk = _BULK.get(wire.family) if fast else None
    if bulk is None:
        return _one_by_one(values, wire)
    ready = bulk(values, wire)
    if ready is not None:
        return ready, {}
    errors = {row: str(value) for row, value in enumerate(values) if isinstance(value, RowError)}
    if errors:
        values = [None if row in errors else value for row, value in enumerate(values)]
        ready = bulk(values, wire)
        # A list, not JSON that is ready: a message may have to go in at a row's place.
        if ready is not None and not isinstance(ready, orjson.Fragment):
            return ready, errors
    ready, more = _one_by_one(values, wire)
    return ready, {**errors, **more}


def _one_by_one(values: list[Any], wire: WireType) -> tuple[list[Any], dict[int, str]]:
    ready: list[Any] = []
    errors: dict[int, str] = {}
    for row, value in enumerate(values):
        cell = None
        if isinstance(value, RowError):
            errors[row] = str(value)
        elif value is not None:
            try:
                cell = convert(value, wire)
            except ValueError as error:
                errors[row] = str(error)
        ready.append(cell)
    return ready, errors


def _array_as_it_is(values: Any, wire: WireType) -> bool:
    """Whether orjson writes this NumPy array as the type wants it. NumPy is there if the handler imported it."""
    numpy = sys.modules.get("numpy")
    if numpy is None or type(values) is not numpy.ndarray or values.ndim != 1:
        return False
    if values.dtype.kind not in _NUMPY_KINDS.get(wire.family, "") or not values.dtype.isnative:
        return False
    if not values.flags.c_contiguous:
        return False
    if wire.family == "boolean" or not len(values):
        return True
    return bool(wire.low <= int(values.min()) and int(values.max()) <= wire.high)


def _integers(values: list[Any], wire: WireType) -> Any:
    kinds = set(map(type, values))
    if not kinds <= {int, NoneType}:
        return None
    numbers = [value for value in values if value is not None] if NoneType in kinds else values
    inside = not numbers or (wire.low <= min(numbers) and max(numbers) <= wire.high)
    return values if inside else None


def _booleans(values: list[Any], _wire: WireType) -> Any:
    return values if set(map(type, values)) <= {bool, NoneType} else None


def _texts(values: list[Any], wire: WireType) -> Any:
    try:
        total = len("".join(values))
        texts = values
    except TypeError:
        if not set(map(type, values)) <= {str, NoneType}:
            return None
        texts = [value for value in values if value is not None]
        total = sum(map(len, texts))
    return values if total * _WIDEST <= wire.limit or _fit(texts, wire.limit) else None


def _fit(texts: list[str], limit: int) -> bool:
    """Whether each text is short enough in UTF-8, by rules that are quick and never wrong when they say yes."""
    longest = max(map(len, texts), default=0)
    return longest * _WIDEST <= limit or (longest <= limit and all(map(str.isascii, texts)))


def _floats(values: list[Any], _wire: WireType) -> Any:
    """All numbers in one go, then quotes around each: ten times as fast as repr(), and just as exact."""
    kinds = set(map(type, values))
    if not values or not kinds <= {float, NoneType}:
        return None
    numbers = [value for value in values if value is not None] if NoneType in kinds else values
    if not math.isfinite(sum(numbers)):
        # A NaN or an infinity (or a sum past the largest double, which only costs time).
        return None
    quoted = b'["' + orjson.dumps(values)[1:-1].replace(b",", b'","') + b'"]'
    return orjson.Fragment(quoted.replace(b'"null"', b"null") if NoneType in kinds else quoted)


def _documents(values: list[Any], wire: WireType) -> Any:
    dumps = orjson.dumps
    try:
        texts = [
            value if value is None or type(value) is str else dumps(value, _plain_inside, OPTIONS).decode()
            for value in values
        ]
    except TypeError:
        return None
    return _texts(texts, wire)


def _plain_inside(value: Any) -> Any:
    """As `plain`, for parts of a document; a whole result of bytes is looked at one by one, and refused."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError
    return plain(value)


_BULK: dict[Family, Callable[[list[Any], WireType], Any]] = {
    "integer": _integers,
    "boolean": _booleans,
    "text": _texts,
    "spatial": _texts,
    "float": _floats,
    "super": _documents,
}
