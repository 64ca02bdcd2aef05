"""A server that speaks just enough of PostgreSQL's protocol 3.0 to record what redshift-connector sends.

Every statement succeeds with the rows that the script has for it; one that holds `fail` gets the error of the script.
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedRWPair

TEXT_OID = 25


@dataclass
class Script:
    """What was sent, and what to answer. `rows` are of one text column called `value`."""

    sent: list[str] = field(default_factory=list)
    rows: dict[str, list[str]] = field(default_factory=dict)
    error: dict[str, str] = field(default_factory=lambda: {"S": "ERROR", "C": "42601", "M": "refused"})
    hang_up_on: str | None = None
    port: int = 0


@contextmanager
def serving(script: Script) -> Iterator[Script]:
    """One session on a port of this machine, `script.port`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        script.port = server.getsockname()[1]

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rwb") as stream:
                _Session(stream, script).serve()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield script
        finally:
            thread.join()


class _Session:
    def __init__(self, stream: BufferedRWPair, script: Script) -> None:
        self.stream = stream
        self.script = script
        self.status = b"I"
        self.statement = ""
        self.failed = False

    def serve(self) -> None:
        (size,) = struct.unpack("!i", self.stream.read(4))
        self.stream.read(size - 4)
        self.send(b"R", struct.pack("!i", 0))
        self.ready()
        while head := self.stream.read(5):
            code, size = head[:1], struct.unpack("!i", head[1:])[0]
            body = self.stream.read(size - 4)
            if code == b"X" or (code == b"P" and self.script.hang_up_on == self.text(body)):
                return
            self.message(code, body)

    def message(self, code: bytes, body: bytes) -> None:
        if code == b"P":
            self.statement, self.failed = self.text(body), False
            self.send(b"1", b"")
        elif code == b"D":
            self.describe()
        elif code == b"B":
            self.send(b"2", b"")
        elif code == b"E":
            self.execute()
        elif code == b"S":
            self.ready()

    def text(self, parse: bytes) -> str:
        return parse.split(b"\0")[1].decode()

    def describe(self) -> None:
        self.send(b"t", struct.pack("!h", 0))
        if self.statement in self.script.rows:
            column = b"value\0" + struct.pack("!ihihih", 0, 0, TEXT_OID, -1, -1, 0)
            self.send(b"T", struct.pack("!h", 1) + column)
        else:
            self.send(b"n", b"")

    def execute(self) -> None:
        self.script.sent.append(self.statement)
        word = self.statement.split()[0].lower()
        if "fail" in self.statement:
            self.status = b"E" if self.status != b"I" else b"I"
            fields = b"".join(key.encode() + value.encode() + b"\0" for key, value in self.script.error.items())
            self.send(b"E", fields + b"\0")
            return
        self.status = {"begin": b"T", "commit": b"I", "rollback": b"I"}.get(word, self.status)
        for value in self.script.rows.get(self.statement, []):
            data = value.encode()
            self.send(b"D", struct.pack("!hi", 1, len(data)) + data)
        tag = f"SELECT {len(self.script.rows.get(self.statement, []))}" if word == "select" else word.upper()
        self.send(b"C", tag.encode() + b"\0")

    def ready(self) -> None:
        self.send(b"Z", self.status)
        self.stream.flush()

    def send(self, code: bytes, body: bytes) -> None:
        self.stream.write(code + struct.pack("!i", len(body) + 4) + body)
