"""Malformed messages of PostgreSQL's protocol, from a seeded source. The same seed gives the same bytes."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

_FRONTEND = b"QPBDECSHpXFdcf"
_LENGTHS = (-(2**31), -1, 0, 1, 3, 64 * 1024 * 1024 + 1, 2**31 - 1)
_COUNTS = (-(2**15), -1, 0, 1, 2, 255, 2**15 - 1)


@dataclass(frozen=True)
class Attack:
    """Bytes for one connection. `whole`: framed as the protocol wants it, so a Sync behind it must be answered."""

    data: bytes
    whole: bool


def startups(source: random.Random, count: int) -> Iterator[Attack]:
    """First packets: wrong lengths, codes and parameters, cancel requests for nobody, and plain noise."""
    for _ in range(count):
        body = struct.pack("!i", source.choice((196608, 196610, 131072, 80877102, 80877103, 80877104, -1, 0)))
        body += source.choice((b"user\0awsuser\0database\0dev\0\0", b"user", b"\0", b"", source.randbytes(40)))
        body = _bent(source, body) if source.random() < 0.5 else body
        size = source.choice((len(body) + 4, len(body) + 4, *_LENGTHS, 10_001))
        data = struct.pack("!i", size) + body if source.random() < 0.8 else source.randbytes(source.randint(0, 60))
        # A P is the Data API's: a start-up packet cannot begin with it.
        yield Attack(b"\0" + data[1:] if data[:1] == b"P" else data, whole=False)


def messages(source: random.Random, count: int) -> Iterator[Attack]:
    """Messages after the log-in: right and wrong types, counts, lengths and texts."""
    for _ in range(count):
        kind = bytes([source.choice(_FRONTEND) if source.random() < 0.9 else source.randrange(256)])
        body = _body(source, kind)
        body = _bent(source, body) if source.random() < 0.6 else body
        if source.random() < 0.9:
            yield Attack(kind + struct.pack("!i", len(body) + 4) + body, whole=True)
        else:
            yield Attack(kind + struct.pack("!i", source.choice((*_LENGTHS, len(body) + 5))) + body, whole=False)


def _body(source: random.Random, kind: bytes) -> bytes:
    name = source.choice((b"\0", b"s\0", b"\xff\xfe\0", b"s", b"x" * 300 + b"\0"))
    sql = source.choice(
        (b"SELECT 1\0", b"SELECT $1\0", b"\0", b"SELECT\0", b"'\0", b"SELECT 1; SELECT\0", b"\xc3\x28\0")
    )
    makers = {
        b"Q": lambda: sql,
        b"P": lambda: name + sql + _count(source) + source.randbytes(source.choice((0, 4, 8))),
        b"B": lambda: (
            name + name + b"".join(_count(source) + source.randbytes(source.choice((0, 2, 4))) for _ in "abc")
        ),
        b"D": lambda: source.choice((b"S", b"P", b"?", b"")) + name,
        b"C": lambda: source.choice((b"S", b"P", b"?", b"")) + name,
        b"E": lambda: name + struct.pack("!i", source.choice(_LENGTHS)),
    }
    return makers.get(kind, lambda: source.randbytes(source.randint(0, 30)))()


def _count(source: random.Random) -> bytes:
    return struct.pack("!h", source.choice(_COUNTS))


def _bent(source: random.Random, body: bytes) -> bytes:
    """Cut, grown or with a few bytes changed."""
    changed = bytearray(body)
    way = source.randrange(3)
    if way == 0:
        return bytes(changed[: source.randint(0, len(changed))])
    if way == 1:
        at = source.randint(0, len(changed))
        return bytes(changed[:at] + source.randbytes(source.randint(1, 20)) + changed[at:])
    for _ in range(source.randint(1, 4)):
        if changed:
            changed[source.randrange(len(changed))] = source.randrange(256)
    return bytes(changed)
