"""Sends the attacks to an endpoint process of its own, on this machine, and counts what went wrong."""

from __future__ import annotations

import hashlib
import os
import random
import secrets
import socket
import struct
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from builder.local.cloud import parts, ports, processes
from tests.fuzz import messages, statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from builder.local.cloud.processes import Handle

# Seconds for an answer; a machine with other work is slow, and a hang is for ever.
PATIENCE = 15.0
_SYNC = b"S\0\0\0\4"
_INTERNAL = b"internal error of the local endpoint"


@dataclass(kw_only=True)
class Verdict:
    """What was sent, and what each fault came from. An internal error counts as a crash: it is one that was caught."""

    messages: int = 0
    statements: int = 0
    crashed: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    leaked: int = 0

    def __str__(self) -> str:
        counts = f"{len(self.crashed)} crashed, {len(self.hung)} hung, {self.leaked} leaked"
        return f"fuzz: {self.messages} messages, {self.statements} statements, {counts}"

    @property
    def clean(self) -> bool:
        return not (self.crashed or self.hung or self.leaked)


@dataclass
class Target:
    """The endpoint's process and how to reach it."""

    handle: Handle
    port: int
    password: str

    def open(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def login(self) -> socket.socket:
        """A connection that is ready for queries."""
        client = self.open()
        body = struct.pack("!i", 196608) + b"user\0awsuser\0database\0dev\0\0"
        client.sendall(struct.pack("!i", len(body) + 4) + body)
        salt = client.recv(13)[9:]
        inner = hashlib.md5(f"{self.password}awsuser".encode()).hexdigest()  # noqa: S324 - the protocol's own
        word = "md5" + hashlib.md5(inner.encode() + salt).hexdigest()  # noqa: S324 - as above
        client.sendall(_message(b"p", word.encode() + b"\0"))
        heard = _listen(client, 1)
        if not heard.ready:
            raise RuntimeError(f"the endpoint let nobody in: {heard.data[:200]!r}")
        return client

    def sockets(self) -> int:
        found = 0
        for entry in Path(f"/proc/{self.handle.pid}/fd").iterdir():
            with suppress(OSError):  # a descriptor that was closed meanwhile
                found += str(entry.readlink()).startswith("socket:")
        return found


@dataclass
class Heard:
    """Everything up to the wished ReadyForQuery, or to the end of the connection. `status` as in ReadyForQuery."""

    data: bytes
    ready: bool
    status: str = ""


def run(folder: Path, *, count: int, queries: int, seed: int, say: Callable[[str], None] = lambda _: None) -> Verdict:
    """`count` messages, one in ten of them a start-up packet, then `queries` statements."""
    source = random.Random(seed)  # noqa: S311 - the same attacks every time
    verdict = Verdict()
    with endpoint(folder) as target:
        before = target.sockets()
        _startups(target, messages.startups(source, count // 10), verdict)
        say(str(verdict))
        _messages(target, messages.messages(source, count - count // 10), verdict, say)
        _statements(target, statements.mangled(source, queries), verdict, say)
        verdict.leaked = _leaked(target, before)
        if not processes.alive(target.handle):
            verdict.crashed.append("the process has ended")
        else:
            target.login().close()
    log = (folder / "log").read_text(errors="replace")
    verdict.crashed += ["a connection failed, see the log"] * log.count("a connection failed inside the endpoint")
    return verdict


@contextmanager
def endpoint(folder: Path) -> Iterator[Target]:
    password = secrets.token_hex(8)
    port = ports.pick()
    environ = {"PATH": os.environ["PATH"]}
    part = parts.endpoint(port=port, aws_port=1, data=folder, password=password, instance="", environ=environ)
    handle = parts.launch(part, folder / "log")
    try:
        yield Target(handle, port, password)
    finally:
        processes.stop(handle)


def _startups(target: Target, attacks: Iterable[messages.Attack], verdict: Verdict) -> None:
    for attack in attacks:
        verdict.messages += 1
        with target.open() as client, _watched(repr(attack.data), verdict):
            _send(client, attack.data, last=True)
            _listen(client, 0)


def _messages(target: Target, attacks: Iterable[messages.Attack], verdict: Verdict, say: Callable[[str], None]) -> None:
    client = target.login()
    for attack in attacks:
        verdict.messages += 1
        if verdict.messages % 10_000 == 0:
            say(str(verdict))
        with _watched(repr(attack.data), verdict):
            # A simple query ends with a ReadyForQuery of its own.
            _send(client, attack.data + (_SYNC if attack.whole else b""), last=not attack.whole)
            heard = _listen(client, 1 + (attack.data[:1] == b"Q") if attack.whole else 0)
            if _INTERNAL in heard.data:
                verdict.crashed.append(repr(attack.data))
            if heard.ready:
                continue
        client.close()
        client = target.login()
    client.close()


def _statements(target: Target, texts: Iterable[str], verdict: Verdict, say: Callable[[str], None]) -> None:
    client = target.login()
    for sql in texts:
        if verdict.statements % 200 == 0:
            _query(client, "CREATE TABLE IF NOT EXISTS t (a INT, b VARCHAR(20))")
            _query(client, "INSERT INTO t VALUES (1, 'x'), (2, 'y'), (NULL, NULL)")
        verdict.statements += 1
        if verdict.statements % 1000 == 0:
            say(str(verdict))
            _query(client, "DELETE FROM t")
        with _watched(sql, verdict):
            heard = _query(client, sql)
            if _INTERNAL in heard.data:
                verdict.crashed.append(sql)
            if heard.ready and heard.status != "I":
                heard = _query(client, "ROLLBACK")
            if heard.ready:
                continue
            verdict.crashed.append(f"the connection ended: {sql}")
        client.close()
        client = target.login()
    client.close()


@contextmanager
def _watched(what: str, verdict: Verdict) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        verdict.hung.append(what)
    except ConnectionError:
        # The endpoint may close before it has read everything that it refuses.
        return


def _leaked(target: Target, before: int) -> int:
    """Sockets beyond those of the start, once every client has gone."""
    deadline = time.monotonic() + PATIENCE
    while processes.alive(target.handle) and (over := target.sockets() - before) > 0:
        if time.monotonic() > deadline:
            return over
        time.sleep(0.1)
    return 0


def _query(client: socket.socket, sql: str) -> Heard:
    client.sendall(_message(b"Q", sql.encode() + b"\0"))
    return _listen(client, 1)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def _send(client: socket.socket, data: bytes, *, last: bool) -> None:
    client.sendall(data)
    if last:
        with suppress(OSError):  # gone already
            client.shutdown(socket.SHUT_WR)


def _listen(client: socket.socket, ready: int) -> Heard:
    """Reads until the `ready`-th ReadyForQuery; 0 reads to the end. Raises TimeoutError where nothing comes."""
    data, at, seen = b"", 0, 0
    while True:
        while ready and len(data) - at >= 5:
            size = 1 + struct.unpack_from("!i", data, at + 1)[0]
            if len(data) - at < size:
                break
            if data[at : at + 1] == b"Z":
                seen += 1
                if seen == ready:
                    return Heard(data, ready=True, status=chr(data[at + 5]))
            at += size
        part = client.recv(1 << 16)
        if not part:
            return Heard(data, ready=False)
        data += part
