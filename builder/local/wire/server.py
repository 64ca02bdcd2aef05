"""Listens, one thread per connection; answers requests for TLS, passes cancels on, ends what runs for nobody."""

from __future__ import annotations

import io
import itertools
import logging
import secrets
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.sqlstate import SqlError
from builder.local.wire import messages as wire
from builder.local.wire.incoming import Bell, Incoming, gone
from builder.local.wire.session import Connection

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from builder.local.engine.engine import Engine
    from builder.local.wire.session import Credentials

log = logging.getLogger(__name__)
# Amazon Redshift Management Guide, "Quotas and limits": 500 connections for the smaller node types.
CONNECTIONS = 500
# A client that never says who it is would hold a thread.
STARTUP_SECONDS = 60.0
LINGER_SECONDS = 1.0
# How often clients are looked for while their statements run.
WATCH_SECONDS = 0.5
# A client whose machine is gone says nothing: ask after a minute of silence, give up after two more.
_KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 4))


@dataclass(kw_only=True)
class Server:
    """`port` 0 takes a free one; `address` says which. `http` serves the clients that speak HTTP on the same port."""

    engine: Engine
    credentials: Credentials
    host: str = "127.0.0.1"
    port: int = 5439
    http: Callable[[socket.socket], None] | None = None
    tls: ssl.SSLContext | None = None
    connections: int = CONNECTIONS

    def __post_init__(self) -> None:
        self.listener = socket.create_server((self.host, self.port), backlog=128)
        self.address: tuple[str, int] = self.listener.getsockname()[:2]
        self.live: dict[int, tuple[Connection, socket.socket]] = {}
        self.closed = threading.Event()
        self.bell = Bell()
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)

    def serve(self) -> None:
        """Until `close` is called from elsewhere."""
        threading.Thread(target=self._watch, daemon=True).start()
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._client, args=(client,), daemon=True).start()

    def start(self) -> threading.Thread:
        """Serves in a thread of its own."""
        thread = threading.Thread(target=self.serve, daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        self.closed.set()
        # shutdown() wakes accept(), which close() alone does not.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError as error:
            log.debug("the listener was closed already: %s", error)
        self.listener.close()

    def hang_up(self) -> None:
        """Reads nothing more from any client: each connection ends as soon as its statement has."""
        # First: who hears the bell tells its client why.
        self.engine.ending.set()
        self.bell.ring()

    def _watch(self) -> None:
        """Cancels for clients that have gone, whose statements would run for ever; and again what a cancel has missed.

        Between two steps of a statement nothing runs that an interrupt would end.
        """
        while not self.closed.wait(WATCH_SECONDS):
            with self.lock:
                for connection, client in self.live.values():
                    session = connection.session
                    if connection.busy and session is not None and (session.cancelled.is_set() or gone(client)):
                        session.cancel()

    def _client(self, client: socket.socket) -> None:
        with client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _KEEPALIVE:
                if hasattr(socket, name):
                    client.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
            client.settimeout(STARTUP_SECONDS)
            try:
                # The P of POST: a start-up packet that began like this would be longer than a gigabyte.
                if self.http is not None and client.recv(1, socket.MSG_PEEK) == b"P":
                    self.http(client)
                    return
                with _told(client):
                    self._greet(client)
            except (OSError, ValueError) as error:
                log.info("a connection ended: %s", error)
            except Exception:
                log.exception("a connection failed inside the endpoint")

    def _greet(self, client: socket.socket) -> None:
        """Up to the start-up packet every byte is asked for: nothing may be read ahead that TLS should have covered."""
        while (startup := wire.read_startup(_Exactly(client))) is not None:
            if startup.code == wire.SSL_REQUEST and self.tls is not None:
                client.sendall(b"S")
                with self.tls.wrap_socket(client, server_side=True) as covered, _told(covered):
                    self._admit(covered, wire.read_startup(_Exactly(covered)))
                    covered.settimeout(LINGER_SECONDS)
                    with suppress(OSError, ValueError):
                        # libpq takes an end without TLS's own goodbye for an attack, when it cancels.
                        covered.unwrap()
                return
            if startup.code in {wire.SSL_REQUEST, wire.GSS_REQUEST}:
                client.sendall(b"N")
            else:
                self._admit(client, startup)
                return

    def _admit(self, client: socket.socket, startup: wire.Startup | None) -> None:
        if startup is None:
            return
        if startup.code == wire.CANCEL_REQUEST:
            self._cancel(startup)
            return
        if startup.code >> 16 != wire.PROTOCOL_3 >> 16:
            raise wire.ProtocolError(f"unsupported frontend protocol {startup.code >> 16}.{startup.code & 0xFFFF}")
        if startup.code != wire.PROTOCOL_3:
            # A newer minor version: ours is 3.0, and no option of theirs is known.
            client.sendall(wire.message(b"v", bytes(8)))
        with io.BufferedReader(Incoming(client, self.bell)) as reader:
            self._serve(client, reader, startup)

    def _serve(self, client: socket.socket, reader: wire.Readable, startup: wire.Startup) -> None:
        connection = Connection(
            reader=reader,
            write=client.sendall,
            engine=self.engine,
            credentials=self.credentials,
            process=next(self.numbers),
            secret=secrets.randbits(31),
            ready=lambda: client.settimeout(None),
        )
        with self.lock:
            full = len(self.live) >= self.connections
            if not full:
                self.live[connection.process] = (connection, client)
        if full:
            words = f'connection limit "{self.connections}" exceeded for non-bootstrap users'
            client.sendall(wire.error_response(SqlError("53300", words), severity="FATAL"))
            return
        try:
            connection.serve(startup)
        finally:
            with self.lock:
                del self.live[connection.process]

    def _cancel(self, request: wire.Startup) -> None:
        with self.lock:
            connection, _ = self.live.get(request.process, (None, None))
        if connection is not None and connection.secret == request.secret and connection.session is not None:
            connection.session.cancel()


@dataclass
class _Exactly:
    """Reads a socket without a buffer."""

    client: socket.socket

    def read(self, size: int, /) -> bytes:
        data = b""
        while len(data) < size and (part := self.client.recv(size - len(data))):
            data += part
        return data


@contextmanager
def _told(client: socket.socket) -> Iterator[None]:
    """A client that breaks the protocol is told so, and its connection ends."""
    try:
        yield
    except wire.ProtocolError as error:
        log.info("closed a connection: %s", error)
        with suppress(OSError):
            client.sendall(wire.error_response(error, severity="FATAL"))
            # What is left unread would reset the connection, and take the error's message along.
            client.shutdown(socket.SHUT_WR)
            client.settimeout(LINGER_SECONDS)
            client.recv(wire.STARTUP_LIMIT)
