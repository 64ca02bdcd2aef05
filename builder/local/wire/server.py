"""Listens, one thread per connection, and passes cancel requests on."""

from __future__ import annotations

import itertools
import logging
import secrets
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.sqlstate import SqlError
from builder.local.wire import messages as wire
from builder.local.wire.session import Connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.local.engine.engine import Engine
    from builder.local.wire.session import Credentials

log = logging.getLogger(__name__)
CONNECTIONS = 200
# A client that never says who it is would hold a thread.
STARTUP_SECONDS = 60.0


@dataclass(kw_only=True)
class Server:
    """`port` 0 takes a free one; `address` says which. `http` serves the clients that speak HTTP on the same port."""

    engine: Engine
    credentials: Credentials
    host: str = "127.0.0.1"
    port: int = 5439
    http: Callable[[socket.socket], None] | None = None

    def __post_init__(self) -> None:
        self.listener = socket.create_server((self.host, self.port), backlog=128)
        self.address: tuple[str, int] = self.listener.getsockname()[:2]
        self.live: dict[int, Connection] = {}
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)

    def serve(self) -> None:
        """Until `close` is called from elsewhere."""
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
        # shutdown() wakes accept(), which close() alone does not.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError as error:
            log.debug("the listener was closed already: %s", error)
        self.listener.close()

    def _client(self, client: socket.socket) -> None:
        with client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.settimeout(STARTUP_SECONDS)
            try:
                # The P of POST: a start-up packet that began like this would be longer than a gigabyte.
                if self.http is not None and client.recv(1, socket.MSG_PEEK) == b"P":
                    self.http(client)
                    return
                with client.makefile("rb") as reader:
                    self._greet(client, reader)
            except wire.ProtocolError as error:
                log.info("closed a connection: %s", error)
                _tell(client, error)
            except (OSError, ValueError) as error:
                log.info("a connection ended: %s", error)
            except Exception:
                log.exception("a connection failed inside the endpoint")

    def _greet(self, client: socket.socket, reader: wire.Readable) -> None:
        while (startup := wire.read_startup(reader)) is not None:
            if startup.code in {wire.SSL_REQUEST, wire.GSS_REQUEST}:
                client.sendall(b"N")
            elif startup.code == wire.CANCEL_REQUEST:
                self._cancel(startup)
                return
            elif startup.code >> 16 == wire.PROTOCOL_3 >> 16:
                if startup.code != wire.PROTOCOL_3:
                    # A newer minor version: ours is 3.0, and no option of theirs is known.
                    client.sendall(wire.message(b"v", bytes(8)))
                self._serve(client, reader, startup)
                return
            else:
                raise wire.ProtocolError(f"unsupported frontend protocol {startup.code >> 16}.{startup.code & 0xFFFF}")

    def _serve(self, client: socket.socket, reader: wire.Readable, startup: wire.Startup) -> None:
        with self.lock:
            if len(self.live) >= CONNECTIONS:
                client.sendall(wire.error_response(SqlError("53300", "too many connections"), severity="FATAL"))
                return
            number = next(self.numbers)
            connection = Connection(
                reader=reader,
                write=client.sendall,
                engine=self.engine,
                credentials=self.credentials,
                process=number,
                secret=secrets.randbits(31),
                ready=lambda: client.settimeout(None),
            )
            self.live[number] = connection
        try:
            connection.serve(startup)
        finally:
            with self.lock:
                del self.live[number]

    def _cancel(self, request: wire.Startup) -> None:
        with self.lock:
            connection = self.live.get(request.process)
        if connection is not None and connection.secret == request.secret and connection.session is not None:
            connection.session.cancel()


def _tell(client: socket.socket, error: SqlError) -> None:
    try:
        client.sendall(wire.error_response(error, severity="FATAL"))
    except OSError as gone:
        log.debug("the client had gone: %s", gone)
