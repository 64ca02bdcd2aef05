"""PostgreSQL's message format, version 3: bytes in, values out, and back. No socket and no SQL.

Source: PostgreSQL documentation, "Message Formats". Redshift speaks the same with two additions that
redshift-connector asks for by `client_protocol_version` (0 to 2): from 1 on, row descriptions carry the column's
origin; at 2, numbers of type NUMERIC cross in binary (redshift_connector, core.py and utils/type_utils.py).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# A client that has not announced a client_protocol_version is one of PostgreSQL's.
PLAIN = -1
PROTOCOL_3 = 196608
CANCEL_REQUEST = 80877102
SSL_REQUEST = 80877103
GSS_REQUEST = 80877104

# A start-up packet of PostgreSQL has at most 10,000 bytes; a statement of Redshift at most 16 MB, and a Bind or a
# Parse holds one plus its parameters.
STARTUP_LIMIT = 10_000
MESSAGE_LIMIT = 64 * 1024 * 1024

_INT16 = struct.Struct("!h")
_INT32 = struct.Struct("!i")
_FIELD = struct.Struct("!ihihih")


class Readable(Protocol):
    """A socket's bytes, buffered."""

    def read(self, size: int, /) -> bytes:
        """Exactly `size` bytes, fewer only at the end."""


class ProtocolError(SqlError):
    """A message that breaks the format: the connection cannot go on."""

    def __init__(self, message: str) -> None:
        super().__init__("08P01", message)


@dataclass
class Body:
    """Reads a message's fields from front to back."""

    data: bytes
    at: int = 0

    def int16(self) -> int:
        return int(self._unpack(_INT16))

    def int32(self) -> int:
        return int(self._unpack(_INT32))

    def take(self, size: int) -> bytes:
        end = self.at + size
        if size < 0 or end > len(self.data):
            raise ProtocolError("message is shorter than it says")
        part = self.data[self.at : end]
        self.at = end
        return part

    def text(self) -> str:
        """A NUL-terminated string in UTF-8."""
        end = self.data.find(b"\0", self.at)
        if end < 0:
            raise ProtocolError("string without an end")
        part = self.data[self.at : end]
        self.at = end + 1
        try:
            return part.decode()
        except UnicodeDecodeError:
            raise SqlError("22021", "invalid byte sequence for encoding UTF8") from None

    def _unpack(self, form: struct.Struct) -> int:
        return int(form.unpack(self.take(form.size))[0])


@dataclass(frozen=True, kw_only=True)
class Field:
    """One column of a row description. `modifier` is pg_attribute.atttypmod, -1 for none."""

    name: str
    oid: int
    size: int
    modifier: int = -1
    format: int = 0


@dataclass(frozen=True, kw_only=True)
class Parse:
    name: str
    sql: str
    types: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Bind:
    portal: str
    statement: str
    parameter_formats: tuple[int, ...]
    parameters: tuple[bytes | None, ...]
    result_formats: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Startup:
    """The first packet: a request code, and for a real start-up its parameters."""

    code: int
    parameters: Mapping[str, str] = field(default_factory=dict)
    process: int = 0
    secret: int = 0


def read_startup(stream: Readable) -> Startup | None:
    """None: the client went away before it said anything (a port probe)."""
    head = stream.read(8)
    if len(head) < 8:  # noqa: PLR2004 - length and code
        return None
    size, code = struct.unpack("!ii", head)
    if not 8 <= size <= STARTUP_LIMIT:  # noqa: PLR2004
        raise ProtocolError("invalid length of startup packet")
    body = Body(_read(stream, size - 8))
    if code == CANCEL_REQUEST:
        return Startup(code=code, process=body.int32(), secret=body.int32())
    parameters: dict[str, str] = {}
    if code >> 16 == PROTOCOL_3 >> 16:
        try:
            while name := body.text():
                parameters[name] = body.text()
        except SqlError as error:
            raise ProtocolError(error.message) from error
    return Startup(code=code, parameters=parameters)


def read_message(stream: Readable) -> tuple[bytes, Body] | None:
    """A message's type and body; None when the client has gone."""
    kind = stream.read(1)
    if not kind:
        return None
    head = stream.read(4)
    if len(head) < 4:  # noqa: PLR2004
        return None
    size = _INT32.unpack(head)[0]
    if not 4 <= size <= MESSAGE_LIMIT:  # noqa: PLR2004
        raise ProtocolError(f"invalid message length {size}")
    return kind, Body(_read(stream, size - 4))


def _read(stream: Readable, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise ProtocolError("connection ended inside a message")
    return data


def parse(body: Body) -> Parse:
    """`P`: name, statement, types of the parameters (0 where the client leaves it to us)."""
    name, sql = body.text(), body.text()
    return Parse(name=name, sql=sql, types=tuple(body.int32() for _ in range(_count(body))))


def bind(body: Body) -> Bind:
    """`B`: formats may be none (all text), one (for all) or one each."""
    portal, statement = body.text(), body.text()
    formats = tuple(body.int16() for _ in range(_count(body)))
    parameters = tuple(_value(body) for _ in range(_count(body)))
    results = tuple(body.int16() for _ in range(_count(body)))
    return Bind(
        portal=portal,
        statement=statement,
        parameter_formats=formats,
        parameters=parameters,
        result_formats=results,
    )


def _count(body: Body) -> int:
    count = body.int16()
    if count < 0:
        raise ProtocolError("negative count")
    return count


def _value(body: Body) -> bytes | None:
    size = body.int32()
    return None if size == -1 else body.take(size)


def spread(formats: Sequence[int], count: int) -> tuple[int, ...]:
    """Format codes for `count` values, after the rule of Bind."""
    if len(formats) > 1 and len(formats) != count:
        raise ProtocolError(f"{len(formats)} format codes for {count} values")
    if any(code not in (0, 1) for code in formats):
        raise ProtocolError("unknown format code")
    if len(formats) == count:
        return tuple(formats)
    return tuple(formats or (0,)) * count


def message(kind: bytes, body: bytes = b"") -> bytes:
    """One message, framed."""
    return kind + _INT32.pack(len(body) + 4) + body


def text(value: str) -> bytes:
    """A NUL-terminated string; a NUL inside would end it early, so it is left out."""
    return value.replace("\0", "").encode() + b"\0"


def row_description(fields: Sequence[Field], protocol: int) -> bytes:
    """`T`. From client protocol 1 on each column has four names and a set of flags behind it."""
    parts = [_INT16.pack(len(fields))]
    for each in fields:
        parts.append(text(each.name))
        parts.append(_FIELD.pack(0, 0, each.oid, each.size, each.modifier, each.format))
        if protocol >= 1:
            parts.append(b"\0\0\0\0" + _INT16.pack(1))
    return message(b"T", b"".join(parts))


def parameter_description(oids: Sequence[int]) -> bytes:
    """`t`."""
    return message(b"t", _INT16.pack(len(oids)) + b"".join(_INT32.pack(oid) for oid in oids))


def parameter_status(name: str, value: str) -> bytes:
    """`S`."""
    return message(b"S", text(name) + text(value))


def error_response(error: SqlError, *, severity: str = "ERROR") -> bytes:
    """`E`. libpq of version 9.6 and later reads `V`, older clients `S`."""
    return message(b"E", _report(error.code, error.message, error.hint, severity, error.position))


def notice_response(code: str, words: str, *, severity: str = "NOTICE") -> bytes:
    """`N`."""
    return message(b"N", _report(code, words, "", severity))


def _report(code: str, words: str, hint: str, severity: str, position: int = 0) -> bytes:
    fields = [("S", severity), ("V", severity), ("C", code), ("M", words)]
    if hint:
        fields.append(("H", hint))
    if position:
        fields.append(("P", str(position)))
    return b"".join(key.encode() + text(value) for key, value in fields) + b"\0"
