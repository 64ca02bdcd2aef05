"""What clients send, read so that the endpoint's end is noticed while nothing comes; and clients that have gone."""

from __future__ import annotations

import io
import os
import select
import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Linux alone tells at once that a client will send no more.
_GONE = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)


class Bell:
    """Rung once, heard by everybody who waits. To shut the sockets instead would break TLS in both directions."""

    def __init__(self) -> None:
        self.heard, self._held = os.pipe()
        self.rung = False

    def ring(self) -> None:
        if not self.rung:
            self.rung = True
            os.close(self._held)


class Incoming(io.RawIOBase):
    """A socket's bytes, and its end as soon as the bell rings. Raises TimeoutError by the socket's own time-out."""

    def __init__(self, client: socket.socket, bell: Bell) -> None:
        self.client = client
        self.bell = bell
        self.waiting = select.poll()
        self.waiting.register(client, select.POLLIN)
        self.waiting.register(bell.heard, select.POLLIN)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        return self.client.recv_into(buffer) if self._come() else 0

    def _come(self) -> bool:
        if isinstance(self.client, ssl.SSLSocket) and self.client.pending():
            return not self.bell.rung
        seconds = self.client.gettimeout()
        events = dict(self.waiting.poll(None if seconds is None else seconds * 1000))
        if not events:
            raise TimeoutError("timed out")
        return self.bell.heard not in events


def gone(client: socket.socket) -> bool:
    """Whether nobody will read an answer; asks and reads nothing."""
    poll = select.poll()
    poll.register(client, _GONE | select.POLLIN)
    events = dict(poll.poll(0)).get(client.fileno(), 0)
    if events & _GONE:
        return True
    # Elsewhere an end of file is what can be read. Past TLS, which takes no flags.
    return bool(events & select.POLLIN) and not socket.socket.recv(client, 1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
