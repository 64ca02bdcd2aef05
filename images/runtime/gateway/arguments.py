"""Arguments, from what crosses to what a handler gets: a column at a time.

| declared                   | crosses as            | the handler gets                     |
|----------------------------|-----------------------|--------------------------------------|
| SMALLINT, INTEGER, BIGINT  | number                | int, exact at any size               |
| REAL, DOUBLE PRECISION     | text, or a number     | float; 'NaN' and 'Infinity' too      |
| DECIMAL                    | text, or a number     | decimal.Decimal, every digit         |
| SUPER                      | JSON text             | what the JSON says                   |
| VARBYTE                    | hexadecimal text      | bytes                                |
| everything else            | itself                | itself (dates and geometries: text)  |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from gateway.errors import InexactError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gateway.families import Family, WireType

NoneType = type(None)

_DIGITS_TO_ZERO = bytes(ord("0") if byte in b"123456789" else byte for byte in range(256))
# 2**64 has 20 digits; below zero 64 bits end at 19.
_PAST_64_BITS = (b"0" * 20, b"-" + b"0" * 19)
# "l" and "u" are in true, false and null.
_NOT_A_NUMBER = ("l", "u", '"', "[", "{")


def decode_at_once(columns: list[list[Any]], types: Iterable[WireType]) -> list[list[Any]] | None:
    """What the handler gets, if no value is NULL and all are as they should be; None if a closer look is needed.

    That no value is None is found out on the way to something else wherever it can be: a look at every value of a
    column takes a tenth of the time of parsing the whole request.
    """
    ready: list[list[Any]] = []
    for column, wire in zip(columns, types, strict=True):
        at_once = _AT_ONCE.get(wire.family)
        if at_once is not None:
            decoded = at_once(column)
        else:
            decoded = None if None in column or wire.family in _DECODERS else column
        if decoded is None:
            return None
        ready.append(decoded)
    return ready


def decode(columns: list[list[Any]], types: Iterable[WireType], *, exact: bool) -> dict[int, str]:
    """Replaces the columns' values by what the handler gets. Returns the error of each row that has one.

    Raises InexactError where a number has lost digits in the fast parser, unless `exact` says that it was not used.
    """
    errors: dict[int, str] = {}
    for place, wire in enumerate(types):
        decoder = _DECODERS.get(wire.family)
        if decoder is None:
            continue
        try:
            columns[place] = decoder(columns[place], exact)
        except (ValueError, TypeError, ArithmeticError):
            columns[place] = _one_by_one(columns[place], wire, place, errors, exact=exact)
    return errors


def may_exceed_64_bits(text: bytes) -> bool:
    """Whether a JSON text may hold an integer that orjson reads as a float: quick, and never wrong when it says no."""
    zeros = text.translate(_DIGITS_TO_ZERO)
    return any(digits in zeros for digits in _PAST_64_BITS)


def _one_by_one(column: list[Any], wire: WireType, place: int, errors: dict[int, str], *, exact: bool) -> list[Any]:
    decoder = _DECODERS[wire.family]
    values: list[Any] = []
    for row, value in enumerate(column):
        try:
            values.append(decoder([value], exact)[0])
        except (ValueError, TypeError, ArithmeticError):  # noqa: PERF203  each row has its own error
            values.append(None)
            errors.setdefault(row, f"argument {place + 1} is not a {wire.name}: {_shown(value)}")
    return values


def _integers(column: list[Any], exact: bool) -> list[Any]:  # noqa: FBT001  one signature for all decoders
    kinds = set(map(type, column))
    if kinds <= {int, NoneType}:
        return column
    if float in kinds and not exact:
        raise InexactError
    return [value if value is None else _integer(value) for value in column]


def _integer(value: Any) -> int:
    number = int(value)
    if number != value and not isinstance(value, str):
        raise ValueError(value)
    return number


def _integers_at_once(column: list[Any]) -> list[Any] | None:
    # A sum is an int where every value was: None and text raise, and one float makes it a float.
    try:
        return column if type(sum(column)) is int else None
    except TypeError:
        return None


def _floats_at_once(column: list[Any]) -> list[Any] | None:
    """As float() reads each text, several times as fast: orjson reads them all as one array.

    A text gives at least one element or makes the array invalid, so with a right count each text gave one. Without the
    letters of true, false and null, without quotes and brackets, it was a number; with a point in each it is a float.
    'NaN' and 'Infinity' are not JSON, and go the slow way.
    """
    if column and type(column[0]) is float:
        return column if set(map(type, column)) == {float} else None
    try:
        joined = ",".join(column)
        if joined.count(".") != len(column) or any(sign in joined for sign in _NOT_A_NUMBER):
            return None
        numbers: list[Any] = orjson.loads(f"[{joined}]")
    except (TypeError, ValueError):
        return None
    return numbers if len(numbers) == len(column) else None


def _floats(column: list[Any], _exact: bool) -> list[Any]:  # noqa: FBT001
    return [value if value is None else float(value) for value in column]


def _decimals(column: list[Any], exact: bool) -> list[Any]:  # noqa: FBT001
    from decimal import Decimal  # noqa: PLC0415  only where a function takes a DECIMAL

    if not exact and float in set(map(type, column)):
        raise InexactError
    return [value if value is None else Decimal(value) for value in column]


def _documents(column: list[Any], _exact: bool) -> list[Any]:  # noqa: FBT001
    texts = [value for value in column if type(value) is str]
    loads: Callable[[str], Any] = orjson.loads
    if may_exceed_64_bits("\n".join(texts).encode(errors="replace")):
        import json  # noqa: PLC0415  slower, but it keeps every digit of an integer

        loads = json.loads
    return [loads(value) if type(value) is str else value for value in column]


def _bytes(column: list[Any], _exact: bool) -> list[Any]:  # noqa: FBT001
    return [value if value is None else bytes.fromhex(value) for value in column]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004  enough to recognise it


_AT_ONCE: dict[Family, Callable[[list[Any]], list[Any] | None]] = {
    "integer": _integers_at_once,
    "float": _floats_at_once,
}
_DECODERS: dict[Family, Callable[[list[Any], bool], list[Any]]] = {
    "integer": _integers,
    "float": _floats,
    "decimal": _decimals,
    "super": _documents,
    "bytes": _bytes,
}
