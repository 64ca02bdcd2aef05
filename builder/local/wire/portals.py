"""Bound statements, and the rows of one that is fetched in parts: PostgreSQL, "Message Flow", on portals."""

from __future__ import annotations

import struct
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlglot import exp

    from builder.local.engine.prepare import Prepared

# What is kept of a suspended result in memory, in bytes; the rest goes to a file.
MEMORY = 4 << 20
_HEAD = struct.Struct("!ci")


class Rows:
    """DataRow messages, taken a number of rows at a time.

    A suspended result is open in the database, where a session has one at a time: `keep` reads it to its end before
    anything else runs. What goes wrong meanwhile is raised where the rows are taken.
    """

    def __init__(self, chunks: Iterator[tuple[bytes, int]]) -> None:
        self._chunks = chunks
        self._source = chunks
        self._left = b""
        self._count = 0

    def take(self, limit: int) -> Iterator[tuple[bytes, int]]:
        """At most `limit` rows, 0 for all that remain, in pieces with their counts."""
        wanted = limit
        while True:
            if not self._count:
                piece = next(self._chunks, None)
                if piece is None:
                    return
                self._left, self._count = piece
            if not limit or self._count <= wanted:
                data, count = self._left, self._count
                self._left, self._count = b"", 0
            else:
                cut = _offset(self._left, wanted)
                data, count = self._left[:cut], wanted
                self._left, self._count = self._left[cut:], self._count - wanted
            wanted -= count
            yield data, count
            if limit and not wanted:
                return

    def keep(self) -> None:
        self._chunks = iter(_kept(self._chunks))

    def close(self) -> None:
        """Ends what the database still has open for it."""
        close = getattr(self._source, "close", None)
        if close is not None:
            close()
        self._chunks = iter(())


def _offset(data: bytes, rows: int) -> int:
    at = 0
    for _ in range(rows):
        at += 1 + _HEAD.unpack_from(data, at)[1]
    return at


def _kept(chunks: Iterator[tuple[bytes, int]]) -> Iterator[tuple[bytes, int]]:
    file = tempfile.SpooledTemporaryFile(max_size=MEMORY)  # noqa: SIM115 - closed when its last row was taken
    sizes: list[tuple[int, int]] = []
    failed: SqlError | None = None
    try:
        for data, count in chunks:
            file.write(data)
            sizes.append((len(data), count))
    except SqlError as error:
        failed = error
    file.seek(0)

    def pieces() -> Iterator[tuple[bytes, int]]:
        with file:
            for size, count in sizes:
                yield file.read(size), count
        if failed is not None:
            raise failed

    return pieces()


@dataclass(kw_only=True)
class Portal:
    """A bound statement: its values and the formats of its result columns; once it has run, its tag and its rows."""

    prepared: Prepared
    values: list[exp.Expr]
    formats: tuple[int, ...]
    tag: str = ""
    rows: Rows | None = None

    def close(self) -> None:
        if self.rows is not None:
            self.rows.close()
