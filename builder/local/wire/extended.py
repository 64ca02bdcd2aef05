"""Extended queries: Parse, Bind, Describe, Execute and Close over a session's prepared statements and portals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from builder.local.engine import cursors
from builder.local.engine.statements import Commit, Rollback
from builder.local.objects.copy_stream import CopyStream
from builder.local.sql.tokens import split
from builder.local.sqlstate import SqlError
from builder.local.wire import messages as wire
from builder.local.wire import parameters
from builder.local.wire.portals import Portal, Rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.local.engine.backend import Session
    from builder.local.wire.results import Column


@dataclass(kw_only=True)
class Extended:
    """`copy` runs a COPY with the client and gives its tag."""

    session: Session
    send: Callable[[bytes], None]
    copy: Callable[[CopyStream], str]
    # None for a portal of an empty text.
    portals: dict[str, Portal | None] = field(default_factory=dict)

    def forget(self) -> None:
        """Portals live as long as their transaction."""
        for portal in self.portals.values():
            if portal is not None:
                portal.close()
        self.portals.clear()

    def keep(self, *, but: Portal | None = None) -> None:
        """Before anything else runs on the session: see Rows."""
        for portal in self.portals.values():
            if portal is not None and portal is not but and portal.rows is not None:
                portal.rows.keep()

    def parse(self, body: wire.Body) -> None:
        message = wire.parse(body)
        self.keep()
        sources = split(message.sql)
        if len(sources) > 1:
            raise SqlError("42601", "cannot insert multiple commands into a prepared statement")
        if message.name and message.name in self.session.prepared:
            raise SqlError("42P05", f'prepared statement "{message.name}" already exists')
        prepared = self.session.prepare(sources[0], message.types) if sources else None
        self.session.prepared[message.name] = prepared
        self.send(wire.message(b"1"))

    def bind(self, body: wire.Body) -> None:
        message = wire.bind(body)
        prepared = cursors.prepared(self.session, message.statement)
        old = self.portals.pop(message.portal, None)
        if old is not None:
            old.close()
        if prepared is None:
            self.portals[message.portal] = None
        else:
            formats = wire.spread(message.result_formats, len(prepared.columns or ()))
            values = parameters.literals(message, prepared.parameters)
            self.portals[message.portal] = Portal(prepared=prepared, values=values, formats=formats)
        self.send(wire.message(b"2"))

    def describe(self, body: wire.Body) -> None:
        kind, name = body.take(1), body.text()
        if kind == b"S":
            prepared = cursors.prepared(self.session, name)
            oids = prepared.parameters if prepared else ()
            self.send(wire.parameter_description([oid or 25 for oid in oids]))
            self._columns(prepared.columns if prepared else None, ())
            return
        cursor = self.session.cursor
        if name not in self.portals and cursor is not None and cursor.name == name:
            # A cursor of DECLARE is a portal too: psycopg describes it so.
            self._columns(cursor.columns, ())
            return
        portal = self._portal(name)
        self._columns(portal.prepared.columns if portal else None, portal.formats if portal else ())

    def _columns(self, columns: tuple[Column, ...] | None, formats: tuple[int, ...]) -> None:
        if columns is None:
            self.send(wire.message(b"n"))
            return
        codes = formats or (0,) * len(columns)
        fields = [column.field(code) for column, code in zip(columns, codes, strict=True)]
        self.send(wire.row_description(fields, self.session.protocol))

    def _portal(self, name: str) -> Portal | None:
        if name not in self.portals:
            raise SqlError("34000", f'portal "{name}" does not exist')
        return self.portals[name]

    def execute(self, body: wire.Body) -> None:
        """PortalSuspended after as many rows as were asked for, even where no more would have come."""
        name, limit = body.text(), max(body.int32(), 0)
        portal = self._portal(name)
        if portal is None:
            self.send(wire.message(b"I"))
            return
        self.keep(but=portal)
        if isinstance(portal.prepared.statement, CopyStream):
            self.session.check_failed(portal.prepared.statement)
            self.send(complete(self.copy(portal.prepared.statement)))
            return
        self._run(portal, name)
        rows = 0
        for data, count in portal.rows.take(limit) if portal.rows is not None else ():
            rows += count
            self.send(data)
        if limit and rows == limit:
            self.send(wire.message(b"s"))
            return
        self.send(notices(self.session))
        self.send(complete(portal.tag, rows if portal.rows is not None else None))
        if isinstance(portal.prepared.statement, (Commit, Rollback)):
            self.forget()

    def _run(self, portal: Portal, name: str) -> None:
        """Once: what is executed again gives the rows that are left."""
        if not portal.tag:
            result = self.session.execute(portal.prepared, portal.values, portal.formats)
            portal.tag = result.tag
            portal.rows = Rows(result.chunks) if result.chunks is not None else None
        elif portal.rows is None:
            raise SqlError("55000", f'portal "{name}" cannot be run')

    def close(self, body: wire.Body) -> None:
        kind, name = body.take(1), body.text()
        if kind == b"S":
            self.session.prepared.pop(name, None)
        else:
            portal = self.portals.pop(name, None)
            if portal is not None:
                portal.close()
        self.send(wire.message(b"3"))


def notices(session: Session) -> bytes:
    """`N`: what a statement told beside its result, which also goes before its error."""
    told, session.notices = session.notices, []
    # PostgreSQL, "Error Codes": 01000 for a warning, 00000 for the rest.
    codes = {"WARNING": "01000"}
    return b"".join(wire.notice_response(codes.get(level, "00000"), words, severity=level) for level, words in told)


def complete(tag: str, rows: int | None = None) -> bytes:
    """`C`. Redshift's tag of a SELECT has no count of rows; libpq of today shows one if it is there."""
    counted = rows is not None and tag in {"SELECT", "FETCH"}
    return wire.message(b"C", wire.text(f"{tag} {rows}" if counted else tag))
