"""Result columns: from DuckDB's type to the wire, in text or in binary.

Conversions are written as SQL over the result, so that DuckDB does them a vector at a time; Python only frames.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from builder.local.wire import messages as wire
from builder.local.wire import numeric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from builder.local.sql import types

ROWS_PER_FETCH = 4096
# What one piece of a result should come to, in bytes: rows of 64 KB are few.
FETCH_BYTES = 1 << 20
# PostgreSQL counts days and microseconds from here.
_EPOCH_MICROSECONDS = 946_684_800_000_000
_NULL = struct.pack("!i", -1)
_HEAD = struct.Struct("!cih")
_LENGTH = struct.Struct("!i")
_TIMETZ = re.compile(r"(\d+):(\d+):([\d.]+)([+-]\d+)(?::(\d+))?.*")

# The OID of an array's elements, and the format of one; None: a text.
_ELEMENTS = {"smallint[]": (21, "h"), "integer[]": (23, "i"), "oid[]": (26, "I"), "text[]": (25, None)}

# How the SQL value `{0}` becomes a text that PostgreSQL's output function would print.
_AS_TEXT = {
    "boolean": "CASE WHEN {0} THEN 't' WHEN NOT {0} THEN 'f' END",
    "real": "_rs.float_text(CAST({0} AS VARCHAR))",
    "double precision": "_rs.float_text(CAST({0} AS VARCHAR))",
    "timestamp with time zone": "CAST(CAST({0} AS TIMESTAMP) AS VARCHAR) || '+00'",
    "binary varying": "lower(hex({0}))",
    "super": "CAST(to_json({0}) AS VARCHAR)",
    "geometry": "_rs.st_ashexewkb({0})",
    "geography": "_rs.st_ashexewkb({0})",
    **dict.fromkeys(_ELEMENTS, "_rs.array_text({0})"),
}
# The binary forms: an SQL value, and the format of its bytes. The cast matters where a parameter's value has turned out
# to be of another type than the client was told.
_AS_BINARY = {
    "boolean": ("CAST({0} AS BOOLEAN)", "?"),
    "smallint": ("CAST({0} AS SMALLINT)", "h"),
    "integer": ("CAST({0} AS INTEGER)", "i"),
    "bigint": ("CAST({0} AS BIGINT)", "q"),
    "real": ("CAST({0} AS FLOAT)", "f"),
    "double precision": ("CAST({0} AS DOUBLE)", "d"),
    "date": ("CAST({0} - DATE '2000-01-01' AS INTEGER)", "i"),
    "time without time zone": ("date_diff('microsecond', TIME '00:00:00', {0})", "q"),
    "timestamp without time zone": (f"epoch_us({{0}}) - {_EPOCH_MICROSECONDS}", "q"),
    "timestamp with time zone": (f"epoch_us({{0}}) - {_EPOCH_MICROSECONDS}", "q"),
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """A result column before its format is known."""

    name: str
    type: types.Type

    def field(self, code: int = 0) -> wire.Field:
        return wire.Field(
            name=self.name, oid=self.type.kind.oid, size=self.type.kind.size, modifier=self.type.modifier, format=code
        )


@dataclass
class Pace:
    """How many rows the next piece of a result has, after the size of the last one."""

    rows: int = 64

    def took(self, rows: int, size: int) -> None:
        self.rows = min(max(1, rows * FETCH_BYTES // max(size, 1)), ROWS_PER_FETCH)


@dataclass(kw_only=True)
class Result:
    """What a statement gave: DataRow messages with the rows in each, if it gives rows, and the tag behind them."""

    tag: str
    columns: Sequence[Column] | None = None
    chunks: Iterator[tuple[bytes, int]] | None = None


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """One column's way out: the SQL that converts it, and the bytes of a value (length word included)."""

    sql: str
    pack: Callable[[Any], bytes]


def encoders(columns: Sequence[Column], formats: Sequence[int], protocol: int) -> list[Encoder]:
    """One per column; the converted values come from a relation whose columns are c0, c1, ..."""
    return [_encoder(each, code, f"c{index}", protocol) for index, (each, code) in enumerate(zip(columns, formats))]  # noqa: B905 - spread() made them equal


def _encoder(column: Column, code: int, value: str, protocol: int) -> Encoder:
    name = column.type.name
    if code == 1 and name in _AS_BINARY:
        sql, form = _AS_BINARY[name]
        return Encoder(sql=sql.format(value), pack=_packer(form))
    if code == 1 and name == "geography":
        return Encoder(sql=_AS_TEXT[name].format(value), pack=_pack_hex)
    if code == 1 and name in _ELEMENTS:
        oid, element = _ELEMENTS[name]
        return Encoder(sql=value, pack=_array_packer(oid, _packer(element) if element else _pack_text))
    if code == 1 and name == "time with time zone":
        return Encoder(sql=f"CAST({value} AS VARCHAR)", pack=_pack_timetz)
    if code == 1 and name == "numeric":
        return Encoder(
            sql=f"CAST(CAST({value} AS {column.type.duck}) AS VARCHAR)", pack=_numeric_packer(column.type, protocol)
        )
    return Encoder(sql=_AS_TEXT.get(name, "CAST({0} AS VARCHAR)").format(value), pack=_pack_text)


def _pack_text(value: str | None) -> bytes:
    if value is None:
        return _NULL
    data = value.encode()
    return _LENGTH.pack(len(data)) + data


def _pack_hex(value: str | None) -> bytes:
    """redshift-connector reads a GEOGRAPHY's bytes at the binary protocol, and shows them in hexadecimal."""
    return _NULL if value is None else _LENGTH.pack(len(value) // 2) + bytes.fromhex(value)


def _pack_numeric(value: str | None) -> bytes:
    if value is None:
        return _NULL
    data = numeric.pack(value)
    return _LENGTH.pack(len(data)) + data


def _pack_timetz(value: str | None) -> bytes:
    """PostgreSQL's timetz_send: microseconds of the local time, and the zone in seconds west of UTC."""
    found = _TIMETZ.fullmatch(value) if value is not None else None
    if found is None:
        return _NULL
    hours, minutes, seconds, zone, zone_minutes = found.groups()
    local = (int(hours) * 60 + int(minutes)) * 60_000_000 + round(float(seconds) * 1_000_000)
    west = -(abs(int(zone)) * 3600 + int(zone_minutes or 0) * 60) * (-1 if zone.startswith("-") else 1)
    return struct.pack("!iqi", 12, local, west)


def _packer(form: str) -> Callable[[Any], bytes]:
    whole = struct.Struct("!i" + form)
    size = whole.size - 4
    pack = whole.pack

    def packed(value: Any) -> bytes:
        return _NULL if value is None else pack(size, value)

    return packed


def _array_packer(oid: int, element: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    """PostgreSQL's array_send: dimensions, whether an element is NULL, their OID, count, first index; the elements."""

    def packed(values: Sequence[Any] | None) -> bytes:
        if values is None:
            return _NULL
        head = struct.pack("!iii", 1 if values else 0, int(None in values), oid)
        size = struct.pack("!ii", len(values), 1) if values else b""
        body = b"".join((head, size, *map(element, values)))
        return _LENGTH.pack(len(body)) + body

    return packed


def _numeric_packer(kind: types.Type, protocol: int) -> Callable[[str | None], bytes]:
    """Redshift's own binary NUMERIC: the unscaled number in 8 bytes, in 16 from 19 digits on."""
    if protocol == wire.PLAIN:
        return _pack_numeric
    if protocol < 2:  # noqa: PLR2004 - below BINARY, redshift-connector reads text
        return _pack_text
    precision, scale = kind.arguments
    size = 8 if precision <= 18 else 16  # noqa: PLR2004
    length = _LENGTH.pack(size)

    def packed(value: str | None) -> bytes:
        if value is None:
            return _NULL
        whole, _, fraction = value.partition(".")
        return length + int(whole + fraction.ljust(scale, "0")).to_bytes(size, "big", signed=True)

    return packed


def data_rows(rows: Iterable[tuple[Any, ...]], columns: Sequence[Encoder]) -> bytes:
    """`D` messages, one behind the other."""
    count = len(columns)
    packers = [each.pack for each in columns]
    if not packers:
        return b"".join(_HEAD.pack(b"D", 6, 0) for _ in rows)
    converted = [list(map(pack, values)) for pack, values in zip(packers, zip(*rows))]  # noqa: B905 - rows are as wide as their encoders
    bodies = converted[0] if count == 1 else list(map(b"".join, zip(*converted)))  # noqa: B905
    return b"".join([_HEAD.pack(b"D", len(body) + 6, count) + body for body in bodies])
