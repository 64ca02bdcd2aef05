"""What a wrong RS_HOST or RS_PORT looks like: real sockets of this machine, no Redshift."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from builder.adapters.connector import connect
from builder.core.config.settings import Connection, Secret
from builder.errors import WarehouseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def place(port: int, host: str = "127.0.0.1") -> Connection:
    return Connection(host=host, port=port, user="alice", password=Secret("hunter2"), ssl=False)


@contextmanager
def listener(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            session, _ = server.accept()
            with session:
                session.recv(4096)
                answer(session)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            thread.join()


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(WarehouseError, match=f"127.0.0.1:{port}: nothing listens there"):
        connect(place(port))


def test_a_host_that_does_not_exist() -> None:
    with pytest.raises(WarehouseError, match="the host's name is not known"):
        connect(place(5439, host="no-such-host.invalid"))


def test_a_server_that_never_answers_is_left_at_the_deadline() -> None:
    done = threading.Event()

    def be_silent(_: socket.socket) -> None:
        done.wait(timeout=30)

    with listener(be_silent) as port:
        try:
            with pytest.raises(WarehouseError, match="no answer within 1 s"):
                connect(place(port), seconds=1)
        finally:
            done.set()


def test_a_web_server_is_no_redshift() -> None:
    with (
        listener(lambda session: session.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b" " * 100)) as port,
        pytest.raises(WarehouseError, match="does not speak Redshift's protocol"),
    ):
        connect(place(port), seconds=2)


def test_a_server_that_hangs_up() -> None:
    with listener(lambda _: None) as port, pytest.raises(WarehouseError, match="no session: BrokenPipe"):
        connect(place(port), seconds=2)
