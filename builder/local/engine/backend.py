"""One session: its user, its statements one after another, and transactions as Redshift has them."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from builder.local.engine import cursors
from builder.local.engine.duck import literal
from builder.local.engine.prepare import Prepared, prepare
from builder.local.engine.read import read
from builder.local.engine.run import run
from builder.local.engine.search_path import SearchPath
from builder.local.engine.statements import Commit, Rollback
from builder.local.objects.catalog import Catalog
from builder.local.objects.rights import Rights
from builder.local.sqlstate import SqlError, ending
from builder.local.wire import results

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from builder.local.calls.external import Caller
    from builder.local.engine.duck import Duck
    from builder.local.engine.engine import Engine
    from builder.local.engine.statements import Statement
    from builder.local.sql.tokens import Source
    from builder.local.wire.results import Column, Result


@dataclass(kw_only=True)
class Session:
    """`status` is ReadyForQuery's: I idle, T in a transaction, E in one that failed."""

    engine: Engine
    user: str
    duck: Duck
    status: str = "I"
    protocol: int = 0
    variables: dict[str, str] = field(default_factory=dict)
    transaction: int = 0

    def __post_init__(self) -> None:
        self.login = self.user
        self.steps = 0
        self.cancelled = threading.Event()
        self.bundled = False
        self.query_id = 0
        self.calling: Caller | None = None
        self.notices: list[tuple[str, str]] = []
        self.call_depth = 0
        self.call_ends = False
        self.told = True
        self.duck.run(f"SET VARIABLE rs_database = {literal(self.engine.name)}")
        self.path = SearchPath(engine=self.engine, duck=self.duck, user=self.user)
        self.become(self.user)
        self.cursor: cursors.OpenCursor | None = None
        # By name, "" for the unnamed one; None for an empty text.
        self.prepared: dict[str, Prepared | None] = {}

    def become(self, user: str) -> None:
        """Everything from now on is this user's."""
        self.user = self.path.user = user
        self.catalog = Catalog(duck=self.duck, user=user)
        self.rights = Rights(duck=self.duck, user=user)
        try:
            self.duck.run(f"SET VARIABLE rs_user = {literal(user)}")
            self.path.set(self.path.written)
            self.variables["is_superuser"] = "on" if self.rights.superuser else "off"
            self.told = True
        except SqlError:
            if self.status == "I":
                raise
            # In a transaction that an error has ended nothing can be set: its rollback comes back here.
            self.told = False

    def beside(self) -> Duck:
        """Another connection that finds the same names, but for temporary tables."""
        made = self.engine.duck()
        values = self.duck.rows("SELECT name, CAST(value AS VARCHAR) FROM duckdb_variables()")
        variables = [f"SET VARIABLE {name} = {literal(value)}" for name, value in values]
        made.run("; ".join([*variables, self.path.setting]))
        return made

    def notice(self, level: str, message: str) -> None:
        """Something for the client beside the result, as RAISE INFO and COPY have it."""
        self.notices.append((level, message))

    # Statements -----------------------------------------------------------------------------------------------------

    def attend(self) -> None:
        """A client asks for something new: a cancel that came before concerned what has ended."""
        self.cancelled.clear()

    def _still_wanted(self) -> None:
        if self.cancelled.is_set():
            raise SqlError("57014", "canceling statement due to user request")

    def prepare(self, source: Source, parameters: Sequence[int] = ()) -> Prepared:
        """Raises SqlError for what can be known before the values are."""
        statement = read(source)
        self._look()
        return prepare(self, statement, parameters)

    def execute(self, prepared: Prepared, values: Sequence[Any] = (), formats: Sequence[int] = ()) -> Result:
        """Runs a statement; with rows, the caller drains `chunks` before the next."""
        if self.engine.ending.is_set():
            raise ending()
        self._still_wanted()
        self.check_failed(prepared.statement)
        self._look()
        try:
            return run(self, prepared, values, formats)
        except SqlError:
            self.failed()
            raise

    def nested(self, prepared: Prepared) -> Result:
        """A statement inside another one, which has made the checks."""
        return run(self, prepared, (), (0,) * len(prepared.columns or ()))

    def check_failed(self, statement: Statement) -> None:
        if self.status == "E" and not isinstance(statement, (Commit, Rollback)):
            raise SqlError("25P02", "current transaction is aborted, commands ignored until end of transaction block")

    def _look(self) -> None:
        # In a transaction that an error has ended nothing can be set.
        if self.status != "E":
            self.path.renew()

    def failed(self) -> None:
        """An error inside a transaction block ends it for everything but ROLLBACK."""
        if self.status == "T":
            self.status = "E"

    # Transactions ---------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        if self.status == "I":
            self.duck.run("BEGIN TRANSACTION")
            self.status = "T"
            self.transaction = next(self.engine.query_ids)

    def commit(self) -> str:
        """The tag: a transaction that failed is rolled back, and says so."""
        failed = self.status == "E"
        if self.status != "I":
            cursors.forget(self)
            self.status = "I"
            self._end("ROLLBACK" if failed else "COMMIT")
        return "ROLLBACK" if failed else "COMMIT"

    def rollback(self) -> None:
        if self.status != "I":
            self.status = "I"
            self.cursor = None
            self._end("ROLLBACK")

    def _end(self, word: str) -> None:
        try:
            self.duck.run(word)
        except SqlError:
            # Interrupted, it would stay open; where it lost against another one, there is none left to roll back.
            with suppress(SqlError):
                self.duck.run("ROLLBACK")
            raise
        finally:
            self.engine.locks.release(id(self))
            self.path.settle()
            self.engine.changed()
        if not self.told:
            self.become(self.user)

    def implicit(self, *, begin: bool) -> None:
        """Several statements in one message are one transaction (PostgreSQL, "Message Flow")."""
        self.bundled = begin
        if begin:
            self.begin()

    def implicit_end(self, *, failed: bool = False) -> None:
        """Ends the bundle's transaction, unless a COMMIT or ROLLBACK among its statements has."""
        if self.bundled and self.status != "I":
            if failed:
                self.rollback()
            else:
                self.commit()
        self.bundled = False

    def atomically(self) -> _Atomic:
        """Several steps as one: a transaction of their own where the session has none."""
        return _Atomic(self)

    # Queries --------------------------------------------------------------------------------------------------------

    def rows(self, query: str, columns: Sequence[Column], formats: Sequence[int]) -> Iterator[tuple[bytes, int]]:
        """The result as DataRow messages, a piece at a time, with the rows in each."""
        encoders = results.encoders(columns, formats, self.protocol)
        names = ", ".join(f"c{index}" for index in range(len(columns)))
        values = ", ".join(encoder.sql for encoder in encoders)
        sql = f"SELECT {values} FROM ({query}) AS _rs_out({names})" if columns else query  # noqa: S608 - a rendered tree
        pace = results.Pace()
        # DuckDB forgets an interrupt that comes before the query that it is for.
        self._still_wanted()
        for rows in self.duck.stream(sql, lambda: pace.rows):
            self._still_wanted()
            data = results.data_rows(rows, encoders)
            pace.took(len(rows), len(data))
            yield data, len(rows)

    def cancel(self) -> None:
        """From another thread."""
        self.cancelled.set()
        self.duck.interrupt()
        if self.calling is not None:
            self.calling.interrupt()

    def close(self) -> None:
        try:
            if self.status != "I":
                self.rollback()
        finally:
            self.duck.connection.close()
            self.engine.forget(self)


class _Atomic:
    def __init__(self, session: Session) -> None:
        self.session = session
        self.own = session.status == "I" and not session.steps

    def __enter__(self) -> None:
        self.session.steps += 1
        if self.own:
            self.session.duck.run("BEGIN TRANSACTION")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.session.steps -= 1
        if self.own:
            try:
                self.session.duck.run("COMMIT" if kind is None else "ROLLBACK")
            finally:
                self.session.path.settle()
