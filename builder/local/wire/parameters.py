"""Values of bound parameters: from the wire, in text or in binary, to literals of the statement."""

from __future__ import annotations

import datetime as dt
import struct
from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql import types
from builder.local.sql.casts import to_sqlglot
from builder.local.sqlstate import SqlError
from builder.local.wire import messages as wire
from builder.local.wire import numeric

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_EPOCH = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - TIMESTAMP has no zone


def _packed(form: str) -> Callable[[bytes], str]:
    def read(data: bytes) -> str:
        return repr(struct.unpack("!" + form, data)[0])

    return read


def _boolean(data: bytes) -> str:
    return "true" if data != b"\0" else "false"


def _timestamp(data: bytes) -> str:
    return (_EPOCH + dt.timedelta(microseconds=struct.unpack("!q", data)[0])).isoformat(" ")


def _date(data: bytes) -> str:
    return (_EPOCH.date() + dt.timedelta(days=struct.unpack("!i", data)[0])).isoformat()


def _time(data: bytes) -> str:
    return (_EPOCH + dt.timedelta(microseconds=struct.unpack("!q", data)[0])).time().isoformat()


_BINARY: dict[int, Callable[[bytes], str]] = {
    16: _boolean,
    20: _packed("q"),
    21: _packed("h"),
    23: _packed("i"),
    26: _packed("I"),
    700: _packed("f"),
    701: _packed("d"),
    1082: _date,
    1083: _time,
    1114: _timestamp,
    1184: _timestamp,
    1700: numeric.unpack,
}
_TEXTS = frozenset({0, 18, 25, 705, 1042, 1043})


def literals(bound: wire.Bind, oids: Sequence[int]) -> list[exp.Expr]:
    """One literal per parameter. A text of no announced type stays untyped, so that its place decides."""
    if len(bound.parameters) != len(oids):
        raise SqlError(
            "08P01", f"bind message supplies {len(bound.parameters)} parameters, the statement needs {len(oids)}"
        )
    formats = wire.spread(bound.parameter_formats, len(oids))
    return [_literal(data, oid, code) for data, oid, code in zip(bound.parameters, oids, formats, strict=True)]


def _literal(data: bytes | None, oid: int, code: int) -> exp.Expr:
    if data is None:
        value: exp.Expr = exp.null()
        return value if oid not in types.OID_NAMES else exp.Cast(this=value, to=_target(oid))
    text = _text(data, oid, code)
    value = exp.Literal.string(text)
    if oid in _TEXTS or oid not in types.OID_NAMES:
        return value
    if oid in {20, 21, 23} and _is_integer(text):
        value = exp.Literal.number(text) if not text.startswith("-") else exp.Neg(this=exp.Literal.number(text[1:]))
    if oid == 1700:  # noqa: PLR2004 - NUMERIC
        return _number(text)
    return exp.Cast(this=value, to=_target(oid))


def _target(oid: int) -> exp.DataType:
    return to_sqlglot(types.of_oid(oid))


def _is_integer(text: str) -> bool:
    return text.lstrip("-").isdigit()


def _number(text: str) -> exp.Expr:
    """A decimal literal keeps the digits that it is written with."""
    body = text.strip().lstrip("+-")
    if body.replace(".", "", 1).isdigit() and body.isascii():
        number = exp.Literal.number(body)
        return exp.Paren(this=exp.Neg(this=number)) if text.strip().startswith("-") else number
    raise SqlError("22P02", f'invalid input syntax for type numeric: "{text}"')


def _text(data: bytes, oid: int, code: int) -> str:
    try:
        if code == 1 and oid in _BINARY:
            return _BINARY[oid](data)
        return data.decode()
    except (struct.error, OverflowError):
        raise SqlError("22P03", "incorrect binary data format in bind parameter") from None
    except UnicodeDecodeError:
        raise SqlError("22021", "invalid byte sequence for encoding UTF8") from None
