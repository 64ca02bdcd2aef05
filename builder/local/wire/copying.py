"""The messages of COPY: CopyInResponse, CopyOutResponse, CopyData, CopyDone and CopyFail."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from builder.local.engine.copying import Loader, unload
from builder.local.sqlstate import SqlError
from builder.local.wire import messages as wire
from builder.local.wire.copy_text import Reader, writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from builder.local.engine.backend import Session
    from builder.local.objects.copy_stream import CopyStream

DATA, DONE, FAIL = b"d", b"c", b"f"
_FLUSH_AND_SYNC = frozenset({b"H", b"S"})


def copy(
    session: Session,
    statement: CopyStream,
    read: Callable[[], tuple[bytes, wire.Body] | None],
    send: Callable[[bytes], None],
) -> str:
    """Runs a COPY to its end; gives its tag. `read` flushes what was sent before it waits for the client."""
    if statement.incoming:
        return _incoming(session, statement, read, send)
    names, pieces = unload(session, statement)
    line = writer(statement.format)
    send(_response(b"H", len(names)))
    if statement.format.header:
        send(wire.message(DATA, line(names)))
    count = 0
    for rows in pieces:
        send(b"".join(wire.message(DATA, line(row)) for row in rows))
        count += len(rows)
    send(wire.message(DONE))
    return f"COPY {count}"


def _incoming(
    session: Session,
    statement: CopyStream,
    read: Callable[[], tuple[bytes, wire.Body] | None],
    send: Callable[[bytes], None],
) -> str:
    with session.atomically():
        loader = Loader(session, statement)
        reader = Reader(statement.format)
        send(_response(b"G", len(loader.columns)))
        for data in _pieces(read):
            for row in reader.feed(data):
                loader.add(row)
        for row in reader.end():
            loader.add(row)
        loader.flush()
    return f"COPY {loader.count}"


def _response(kind: bytes, columns: int) -> bytes:
    """All in text."""
    return wire.message(kind, struct.pack("!bh", 0, columns) + bytes(2 * columns))


def _pieces(read: Callable[[], tuple[bytes, wire.Body] | None]) -> Iterator[bytes]:
    while True:
        received = read()
        if received is None:
            raise wire.ProtocolError("unexpected EOF on client connection with an open transaction")
        kind, body = received
        if kind == DATA:
            yield body.data
        elif kind == DONE:
            return
        elif kind == FAIL:
            raise SqlError("57014", f"COPY from stdin failed: {body.text()}")
        elif kind not in _FLUSH_AND_SYNC:
            raise wire.ProtocolError(f"unexpected message type {kind!r} during COPY from stdin")
