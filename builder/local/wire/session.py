"""A client's connection: start-up and password, then simple and extended queries, by PostgreSQL's protocol 3."""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.engine.variables import DEFAULTS
from builder.local.sql.tokens import split
from builder.local.sqlstate import SqlError
from builder.local.wire import login, parameters
from builder.local.wire import messages as wire
from builder.local.wire.login import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlglot import exp

    from builder.local.engine.backend import Prepared, Session
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


@dataclass
class Portal:
    """A bound statement: its values and the formats of its result columns."""

    prepared: Prepared
    values: list[exp.Expr]
    formats: tuple[int, ...]


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
        self.statements: dict[str, Prepared | None] = {}
        self.portals: dict[str, Portal] = {}
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
        self.ready()
        try:
            self._greet(session, startup)
            self._loop(session)
        finally:
            session.close()

    def _greet(self, session: Session, startup: wire.Startup) -> None:
        asked = startup.parameters.get("client_protocol_version", "")
        session.protocol = min(int(asked), HIGHEST_PROTOCOL) if asked.isdigit() else 0
        parts = [wire.message(b"R", struct.pack("!i", 0))]
        known = {name: session.variables.get(name, DEFAULTS[name]) for name in _REPORTED}
        parts += [wire.parameter_status(_SPELLED.get(name, name), value) for name, value in known.items()]
        parts.append(wire.parameter_status("session_authorization", session.user))
        if asked:
            parts.append(wire.parameter_status("server_protocol_version", str(session.protocol)))
        parts.append(wire.message(b"K", struct.pack("!ii", self.process, self.secret)))
        parts.append(_ready(session))
        self.write(b"".join(parts))

    # Messages -------------------------------------------------------------------------------------------------------

    def _loop(self, session: Session) -> None:
        skipping = False
        while (received := wire.read_message(self.reader)) is not None:
            kind, body = received
            if kind == b"X":
                return
            if kind == b"S":
                skipping = False
                self._send(_ready(session))
                self.flush()
            elif kind == b"H":
                self.flush()
            elif not skipping:
                skipping = self._handle(session, kind, body)

    def _handle(self, session: Session, kind: bytes, body: wire.Body) -> bool:
        """Whether an error in an extended query makes everything up to the next Sync be skipped."""
        handler = _HANDLERS.get(kind)
        if handler is None:
            raise wire.ProtocolError(f"invalid frontend message type {kind!r}")
        try:
            handler(self, session, body)
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
        self._send(wire.error_response(error))

    def _simple(self, session: Session, body: wire.Body) -> None:
        """One text with any number of statements; several are one transaction unless they say otherwise."""
        try:
            sources = split(body.text())
            if not sources:
                self._send(wire.message(b"I"))
            implicit = len(sources) > 1 and session.status == "I"
            session.implicit(begin=implicit)
            for source in sources:
                prepared = session.prepare(source)
                columns = prepared.columns
                result = session.execute(prepared, (), (0,) * len(columns or ()))
                if columns is not None:
                    self._send(wire.row_description([column.field() for column in columns], session.protocol))
                self._drain(result)
            session.implicit_end()
        except wire.ProtocolError:
            raise
        except SqlError as error:
            session.implicit_end(failed=True)
            self._failed(session, error)
        self._send(_ready(session))
        self.flush()

    def _drain(self, result: Result) -> None:
        rows = 0
        for data, count in result.chunks or ():
            rows += count
            self._send(data)
        self._complete(result, rows)

    def _complete(self, result: Result, rows: int) -> None:
        # Redshift's tag of a SELECT has no count of rows; libpq of today shows one if it is there, and psql's row
        # count is its own.
        tag = f"SELECT {rows}" if result.tag == "SELECT" and result.chunks is not None else result.tag
        self._send(wire.message(b"C", wire.text(tag)))

    def _parse(self, session: Session, body: wire.Body) -> None:
        message = wire.parse(body)
        sources = split(message.sql)
        if len(sources) > 1:
            raise SqlError("42601", "cannot insert multiple commands into a prepared statement")
        self.statements[message.name] = session.prepare(sources[0], message.types) if sources else None
        self._send(wire.message(b"1"))

    def _bind(self, _session: Session, body: wire.Body) -> None:
        message = wire.bind(body)
        if message.statement not in self.statements:
            raise SqlError("26000", f'prepared statement "{message.statement}" does not exist')
        prepared = self.statements[message.statement]
        if prepared is None:
            self.portals.pop(message.portal, None)
        else:
            formats = wire.spread(message.result_formats, len(prepared.columns or ()))
            values = parameters.literals(message, prepared.parameters)
            self.portals[message.portal] = Portal(prepared, values, formats)
        self._send(wire.message(b"2"))

    def _describe(self, session: Session, body: wire.Body) -> None:
        kind, name = body.take(1), body.text()
        if kind == b"S":
            if name not in self.statements:
                raise SqlError("26000", f'prepared statement "{name}" does not exist')
            prepared = self.statements[name]
            formats: tuple[int, ...] = ()
            oids = prepared.parameters if prepared else ()
            self._send(wire.parameter_description([oid or 25 for oid in oids]))
        else:
            portal = self.portals.get(name)
            prepared, formats = (portal.prepared, portal.formats) if portal else (None, ())
        columns = prepared.columns if prepared else None
        if columns is None:
            self._send(wire.message(b"n"))
            return
        codes = formats or (0,) * len(columns)
        fields = [column.field(code) for column, code in zip(columns, codes, strict=True)]
        self._send(wire.row_description(fields, session.protocol))

    def _execute(self, session: Session, body: wire.Body) -> None:
        name, limit = body.text(), body.int32()
        portal = self.portals.get(name)
        if portal is None:
            self._send(wire.message(b"I"))
            return
        if limit:
            raise SqlError("0A000", "an Execute with a row limit is not supported")
        self._drain(session.execute(portal.prepared, portal.values, portal.formats))

    def _close(self, _session: Session, body: wire.Body) -> None:
        kind, name = body.take(1), body.text()
        if kind == b"S":
            self.statements.pop(name, None)
        else:
            self.portals.pop(name, None)
        self._send(wire.message(b"3"))

    # Output ---------------------------------------------------------------------------------------------------------

    def _send(self, data: bytes) -> None:
        self.out += data
        if len(self.out) > 1 << 18:
            self.flush()

    def flush(self) -> None:
        if self.out:
            data, self.out = bytes(self.out), bytearray()
            self.write(data)


_HANDLERS: dict[bytes, Callable[[Connection, Session, wire.Body], None]] = {
    b"Q": Connection._simple,  # noqa: SLF001 - the table of this class
    b"P": Connection._parse,  # noqa: SLF001
    b"B": Connection._bind,  # noqa: SLF001
    b"D": Connection._describe,  # noqa: SLF001
    b"E": Connection._execute,  # noqa: SLF001
    b"C": Connection._close,  # noqa: SLF001
}


def _unforeseen(error: Exception) -> SqlError:
    if isinstance(error, RecursionError):
        return SqlError("54001", "the statement is nested too deeply")
    return SqlError("XX000", "internal error of the local endpoint; its log has the details")


def _ready(session: Session) -> bytes:
    return wire.message(b"Z", session.status.encode())
