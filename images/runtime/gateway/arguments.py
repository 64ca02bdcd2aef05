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

import re
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
_PLAIN_INTEGER = re.compile(r"\s*[+-]?\d+\s*")


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
    if isinstance(value, str) and not _PLAIN_INTEGER.fullmatch(value):
        raise ValueError(value)
    number = int(value)
    if number != value and not isinstance(value, str):
        raise ValueError(value)
    return number


def _floats(column: list[Any], _exact: bool) -> list[Any]:  # noqa: FBT001
    kinds = set(map(type, column))
    if kinds == {float}:
        return column
    if kinds == {str}:
        return _parse_floats(column)
    return [value if value is None else float(value) for value in column]


def _parse_floats(column: list[str]) -> list[float]:
    """As float() reads each text, ten times as fast: orjson reads them all as one array.

    Each text is at least one element or makes the array invalid, so a right count with nothing but numbers means that
    every text was one number. 'NaN' and 'Infinity' are not JSON and take the slow way.
    """
    try:
        numbers: list[Any] = orjson.loads(f"[{','.join(column)}]")
    except ValueError:
        return list(map(float, column))
    kinds = set(map(type, numbers))
    if len(numbers) != len(column) or not kinds <= {float, int}:
        return list(map(float, column))
    if int not in kinds:
        return numbers
    # An integer's text is a float all the same; "-0" has lost its sign as an integer, so zeros are read from the text.
    return [float(number) if number else float(text) for number, text in zip(numbers, column, strict=True)]


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


_DECODERS: dict[Family, Callable[[list[Any], bool], list[Any]]] = {
    "integer": _integers,
    "float": _floats,
    "decimal": _decimals,
    "super": _documents,
    "bytes": _bytes,
}
