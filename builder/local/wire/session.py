"""A client's connection: start-up and password, then simple and extended queries, by PostgreSQL's protocol 3."""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.engine.variables import DEFAULTS
from builder.local.objects.copy_stream import CopyStream
from builder.local.sql.tokens import split
from builder.local.sqlstate import SqlError, ending
from builder.local.wire import copying, login
from builder.local.wire import messages as wire
from builder.local.wire.extended import Extended, complete, notices
from builder.local.wire.login import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.local.engine.backend import Session
    from builder.local.engine.engine import Engine
    from builder.local.wire.results import Result

__all__ = ["Connection", "Credentials"]

log = logging.getLogger(__name__)
# redshift-connector's client_protocol_version: 2 is "binary", the highest that is known.
HIGHEST_PROTOCOL = 2
_REPORTED = (
    "server_version",
    "server_encoding",
    "client_encoding",
    "datestyle",
    "integer_datetimes",
    "is_superuser",
    "timezone",
    "standard_conforming_strings",
)
_SPELLED = {"datestyle": "DateStyle", "timezone": "TimeZone"}


@dataclass(kw_only=True)
class Connection:
    """Serves one client from the first packet to its end. `ready` is called once the client is known."""

    reader: wire.Readable
    write: Callable[[bytes], None]
    engine: Engine
    credentials: Credentials
    process: int
    secret: int
    ready: Callable[[], None]

    def __post_init__(self) -> None:
        self.session: Session | None = None
        # Between a message and its answers.
        self.busy = False
        self._extended: Extended
        self.out = bytearray()

    # Start-up -------------------------------------------------------------------------------------------------------

    def serve(self, startup: wire.Startup) -> None:
        """Raises ProtocolError where the client breaks the format; the caller closes the socket."""
        try:
            login.check(startup, self.credentials, self.engine, self.reader, self.write)
            session = self.engine.session(startup.parameters["user"])
        except SqlError as error:
            self.write(wire.error_response(error, severity="FATAL"))
            return
        self.session = session
        self._extended = Extended(
            session=session, send=self._send, copy=lambda statement: self._copy(session, statement)
        )
        self.ready()
        try:
            self._greet(session, startup)
            self._loop(session)
            if self.engine.ending.is_set():
                self.write(wire.error_response(ending(), severity="FATAL"))
        finally:
            session.close()

    def _greet(self, session: Session, startup: wire.Startup) -> None:
        asked = startup.parameters.get("client_protocol_version", "")
        session.protocol = min(int(asked), HIGHEST_PROTOCOL) if asked.isdigit() else wire.PLAIN
        parts = [wire.message(b"R", struct.pack("!i", 0))]
        known = {name: session.variables.get(name, DEFAULTS[name]) for name in _REPORTED}
        parts += [wire.parameter_status(_SPELLED.get(name, name), value) for name, value in known.items()]
        parts.append(wire.parameter_status("session_authorization", session.user))
        if session.protocol != wire.PLAIN:
            parts.append(wire.parameter_status("server_protocol_version", str(session.protocol)))
        # Amazon's drivers ask for names by SHOW, at this level of it, and else by queries of the old catalogue.
        parts.append(wire.parameter_status("show_discovery", "4"))
        parts.append(wire.message(b"K", struct.pack("!ii", self.process, self.secret)))
        parts.append(_ready(session))
        self.write(b"".join(parts))

    # Messages -------------------------------------------------------------------------------------------------------

    def _loop(self, session: Session) -> None:
        skipping, begun = False, False
        while (received := self._received(session, begun=begun)) is not None:
            kind, body = received
            # An extended query is many messages: a cancel in one of them is for all up to the Sync.
            begun = kind not in _LAST
            if kind == b"X":
                return
            if kind == b"S":
                skipping = False
                if session.status == "I":
                    self._extended.forget()
                self._send(_ready(session))
                self.flush()
            elif kind == b"H":
                self.flush()
            elif not skipping:
                skipping = self._handle(session, kind, body)

    def _received(self, session: Session, *, begun: bool) -> tuple[bytes, wire.Body] | None:
        self.busy = False
        received = wire.read_message(self.reader)
        if not begun:
            session.attend()
        self.busy = True
        return received

    def _handle(self, session: Session, kind: bytes, body: wire.Body) -> bool:
        """Whether an error in an extended query makes everything up to the next Sync be skipped."""
        if kind in _LATE:
            return False
        if kind != b"Q" and kind not in _EXTENDED:
            raise wire.ProtocolError(f"invalid frontend message type {kind!r}")
        try:
            if kind == b"Q":
                self._simple(session, body)
            else:
                _EXTENDED[kind](self._extended, body)
        except wire.ProtocolError:
            raise
        except SqlError as error:
            self._failed(session, error)
            return kind != b"Q"
        except ConnectionError:
            raise
        except Exception as unforeseen:
            log.exception("a statement failed inside the endpoint")
            if kind == b"Q":
                session.implicit_end(failed=True)
            self._failed(session, _unforeseen(unforeseen))
            if kind == b"Q":
                self._send(_ready(session))
                self.flush()
            return kind != b"Q"
        return False

    def _failed(self, session: Session, error: SqlError) -> None:
        session.failed()
        if error.code == "57014" and self.engine.ending.is_set():
            error = ending()
        elif error.code == "57014":
            # Amazon Redshift, CANCEL: its words.
            error = SqlError(error.code, f"Query ({session.query_id}) cancelled on user's request")
        self._send(notices(session))
        self._send(wire.error_response(error))

    def _simple(self, session: Session, body: wire.Body) -> None:
        """One text with any number of statements; several are one transaction unless they say otherwise."""
        try:
            self._extended.keep()
            sources = split(body.text())
            if not sources:
                self._send(wire.message(b"I"))
            implicit = len(sources) > 1 and session.status == "I"
            session.implicit(begin=implicit)
            for source in sources:
                prepared = session.prepare(source)
                if isinstance(prepared.statement, CopyStream):
                    session.check_failed(prepared.statement)
                    self._send(complete(self._copy(session, prepared.statement)))
                    continue
                columns = prepared.columns
                result = session.execute(prepared, (), (0,) * len(columns or ()))
                if columns is not None:
                    self._send(wire.row_description([column.field() for column in columns], session.protocol))
                self._drain(session, result)
            session.implicit_end()
        except wire.ProtocolError:
            raise
        except SqlError as error:
            session.implicit_end(failed=True)
            self._failed(session, error)
        if session.status == "I":
            self._extended.forget()
        self._send(_ready(session))
        self.flush()

    def _drain(self, session: Session, result: Result) -> None:
        rows = 0
        for data, count in result.chunks or ():
            rows += count
            self._send(data)
        self._send(notices(session))
        self._send(complete(result.tag, rows if result.chunks is not None else None))

    def _copy(self, session: Session, statement: CopyStream) -> str:
        def read() -> tuple[bytes, wire.Body] | None:
            self.flush()
            return wire.read_message(self.reader)

        return copying.copy(session, statement, read, self._send)

    # Output ---------------------------------------------------------------------------------------------------------

    def _send(self, data: bytes) -> None:
        self.out += data
        if len(self.out) > 1 << 18:
            self.flush()

    def flush(self) -> None:
        if self.out:
            data, self.out = bytes(self.out), bytearray()
            self.write(data)


_EXTENDED: dict[bytes, Callable[[Extended, wire.Body], None]] = {
    b"P": Extended.parse,
    b"B": Extended.bind,
    b"D": Extended.describe,
    b"E": Extended.execute,
    b"C": Extended.close,
}
# After these the server is ready for the next query.
_LAST = frozenset({b"Q", b"S"})
# What a client still sends of a COPY that has failed.
_LATE = frozenset({copying.DATA, copying.DONE, copying.FAIL})


def _unforeseen(error: Exception) -> SqlError:
    if isinstance(error, RecursionError):
        return SqlError("54001", "the statement is nested too deeply")
    return SqlError("XX000", "internal error of the local endpoint; its log has the details")


def _ready(session: Session) -> bytes:
    return wire.message(b"Z", session.status.encode())
