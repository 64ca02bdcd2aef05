"""One session's statements: parsed, resolved, translated, staged and run, with transactions as Redshift has them."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from builder.local.calls.external import Caller
from builder.local.calls.invoker import Retrying
from builder.local.calls.staging import stage
from builder.local.copying.judged import JudgedObjects
from builder.local.engine import cursors, explain, listings, statements, variables, virtual
from builder.local.engine.run import run
from builder.local.objects.access import Access
from builder.local.objects.catalog import Catalog
from builder.local.objects.cursors import Fetch
from builder.local.objects.prepared import ExecutePrepared
from builder.local.objects.rights import Rights
from builder.local.procedures import calls
from builder.local.procedures.grammar import Call
from builder.local.sql import dialect, translate, typed, types
from builder.local.sql.resolve import ExternalCall, Names, Resolved, resolve
from builder.local.sqlstate import SqlError, ending
from builder.local.wire import results
from builder.local.wire.results import Column
from builder.names import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from builder.local.copying.objects import Objects
    from builder.local.engine.duck import Duck
    from builder.local.engine.engine import Engine
    from builder.local.objects.functions import External
    from builder.local.sql.tokens import Source
    from builder.local.wire.results import Result

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A statement ready to run, with what its client is told before. `columns` None: it returns no rows."""

    statement: statements.Statement
    parameters: tuple[int, ...]
    columns: tuple[Column, ...] | None


@dataclass(kw_only=True)
class Session:
    """`status` is ReadyForQuery's: I idle, T in a transaction, E in one that failed."""

    engine: Engine
    user: str
    duck: Duck
    status: str = "I"
    protocol: int = 0
    path: tuple[str, ...] = variables.DEFAULT_PATH
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
        self.duck.run(f"SET VARIABLE rs_database = {_text(self.engine.name)}")
        self.schemas_made = False
        self.schemas_seen = 0
        self.become(self.user)
        self.cursor: cursors.OpenCursor | None = None
        # By name, "" for the unnamed one; None for an empty text.
        self.prepared: dict[str, Prepared | None] = {}

    def become(self, user: str) -> None:
        """Everything from now on is this user's."""
        self.user = user
        self.catalog = Catalog(duck=self.duck, user=user)
        self.rights = Rights(duck=self.duck, user=user)
        try:
            self.duck.run(f"SET VARIABLE rs_user = {_text(user)}")
            self.set_search_path(self.path)
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
        for name, value in self.duck.rows("SELECT name, CAST(value AS VARCHAR) FROM duckdb_variables()"):
            made.run(f"SET VARIABLE {name} = {_text(value)}")
        made.run(f"SET search_path = {_text(_joined(self._found()))}")
        return made

    # Names ----------------------------------------------------------------------------------------------------------

    @property
    def names(self) -> Names:
        return Names(
            database=self.engine.name,
            user=self.user,
            current_schema=lambda: self.current_schema,
            lookup=lambda schema, name: self.catalog.overloads(self.schemas(schema), name),
            view=lambda schema, name: self.catalog.view(self.schemas(schema), name),
            bind=lambda found: [column.type for column in self._bound(found)],
            access=Access(duck=self.duck, user=self.user, search_path=self.search_path, system=translate.SYSTEM),
        )

    def schemas(self, schema: str) -> tuple[str, ...]:
        return (schema,) if schema else self.search_path

    def exists(self, schema: str) -> bool:
        return bool(self.duck.rows("SELECT 1 FROM _rs.pg_namespace WHERE nspname = ?", [schema]))

    @property
    def current_schema(self) -> str:
        """Where a table without a schema in front is made."""
        return next((schema for schema in self.search_path if self.exists(schema)), "public")

    @property
    def search_path(self) -> tuple[str, ...]:
        """`$user` is the schema that has the user's name (Redshift, "search_path")."""
        return tuple(self.user if name == "$user" else name for name in self.path)

    def set_search_path(self, path: tuple[str, ...]) -> None:
        """Schemas that are not there are kept, as PostgreSQL does, and looked into once they are."""
        self.path = path
        self.schemas_seen = self.engine.schemas
        found = self._found()
        self.duck.run(f"SET VARIABLE rs_search_path = {_text(','.join(found))}")
        self.duck.run(f"SET search_path = {_text(_joined(found))}")

    def schemas_change(self) -> None:
        """One was made or dropped: for this session now, for the others once it is committed."""
        self.schemas_made = True
        self.engine.schemas += 1

    def _look(self) -> None:
        if self.schemas_seen != self.engine.schemas and self.status != "E":
            self.set_search_path(self.path)

    def _found(self) -> list[str]:
        there = {name for (name,) in self.duck.rows("SELECT nspname FROM _rs.pg_namespace")}
        return [name for name in self.search_path if name in there]

    def notice(self, level: str, message: str) -> None:
        """Something for the client beside the result, as RAISE INFO and COPY have it."""
        self.notices.append((level, message))

    # Statements -----------------------------------------------------------------------------------------------------

    def prepare(self, source: Source, parameters: Sequence[int] = ()) -> Prepared:
        """Raises SqlError for what can be known before the values are."""
        statement = statements.read(source)
        self._look()
        columns = self._columns(statement, parameters)
        count = max(len(parameters), statements.parameter_count(statement))
        known = tuple(parameters) + (0,) * (count - len(parameters))
        return Prepared(statement=statement, parameters=known, columns=columns)

    def _columns(self, statement: statements.Statement, parameters: Sequence[int]) -> tuple[Column, ...] | None:
        if isinstance(statement, (variables.Show, statements.Explain)):
            name = statement.name if isinstance(statement, variables.Show) else explain.HEADING
            return (Column(name=name, type=types.of("varchar")),)
        if not isinstance(statement, (statements.Query, Fetch, ExecutePrepared, Call, listings.Listing)):
            return None
        self.check_failed(statement)
        if isinstance(statement, Call):
            return calls.columns(self, statements.call_stands(statement, parameters))
        if isinstance(statement, (Fetch, ExecutePrepared)):
            return cursors.columns(self, statement)
        if isinstance(statement, listings.Listing):
            return listings.columns(self, statement)
        return tuple(self.describe(statement.tree, parameters)) if statement.returns_rows else None

    def describe(self, tree: exp.Expr, parameters: Sequence[int]) -> list[Column]:
        """A query's columns. A parameter without a type is taken for a text, and where none can stand, for NULL."""
        try:
            return self._described(tree, parameters, exp.Literal.string(""))
        except SqlError:
            if tree.find(exp.Parameter) is None:
                raise
        return self._described(tree, parameters, exp.null())

    def _described(self, tree: exp.Expr, parameters: Sequence[int], unknown: exp.Expr) -> list[Column]:
        return self._bound(resolve(statements.typed_stands(tree.copy(), parameters, unknown), self.names))

    def _bound(self, resolved: Resolved) -> list[Column]:
        """Of a query whose names are settled; nothing is run."""
        return self.duck.describe(self._without_calls(resolved))

    def _stood(self, tree: exp.Expr, resolved: Resolved) -> exp.Expr:
        """The tree with something of its type for each call."""
        whole = exp.Paren(this=tree)
        for call in reversed(list(whole.find_all(ExternalCall))):
            call.replace(statements.opaque(resolved.externals[call.oid].returns))
        stood: exp.Expr = whole.this
        return stood

    def _settled(self, tree: exp.Expr, resolved: Resolved) -> exp.Expr:
        """Translated, and with the types of operands known."""

        def describe(probe: exp.Expr) -> list[str]:
            bound = translate.translate(self._stood(probe, resolved), self.names)
            return self.duck.types(dialect.render(bound))

        return typed.settle_types(translate.translate(tree, self.names), describe)

    def execute(self, prepared: Prepared, values: Sequence[Any] = (), formats: Sequence[int] = ()) -> Result:
        """Runs a statement; with rows, the caller drains `chunks` before the next."""
        self.cancelled.clear()
        if self.engine.ending.is_set():
            raise ending()
        self.check_failed(prepared.statement)
        self._look()
        try:
            return run(self, prepared, values, formats)
        except SqlError:
            self.failed()
            raise

    def check_failed(self, statement: statements.Statement) -> None:
        if self.status == "E" and not isinstance(statement, (statements.Commit, statements.Rollback)):
            raise SqlError("25P02", "current transaction is aborted, commands ignored until end of transaction block")

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
        finally:
            self.engine.locks.release(id(self))
            self.engine.schemas += self.schemas_made
            self.schemas_made = False
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

    def translated(self, tree: exp.Expr, caller: Caller) -> exp.Expr:
        """A tree that DuckDB can run; calls of external functions are answered on the way."""
        resolved: Resolved = resolve(tree, self.names)
        virtual.fill(self, resolved.tree)
        translated = self._settled(resolved.tree, resolved)
        translate.check_parameters(translated)
        return stage(translated, resolved.externals, caller)

    def rendered(self, tree: exp.Expr) -> str:
        """DuckDB's SQL of a statement, with values that cannot be known in place of external calls."""
        return self._without_calls(resolve(tree, self.names))

    def _without_calls(self, resolved: Resolved) -> str:
        virtual.fill(self, resolved.tree)
        return dialect.render(self._settled(self._stood(resolved.tree, resolved), resolved))

    def caller(self) -> Caller:
        self.query_id = query_id = next(self.engine.query_ids)
        self.calling = Caller(
            duck=self.duck,
            # What a transaction has done is seen by no other connection.
            helper=self.beside if self.status == "I" else None,
            retrying=Retrying(self.engine.invoker.for_statement()),
            pool=self.engine.pool,
            details=self.engine.details,
            user=self.user,
            database=self.engine.name,
            query_id=query_id,
            transaction_id=self.transaction if self.status == "T" else query_id,
            in_flight=self.engine.in_flight,
            permit=self.permit,
            cancelled=self.cancelled.is_set,
        )
        return self.calling

    def permit(self, external: External, *, fresh: bool = False) -> None:
        """Whether IAM lets the warehouse call it, where there is an IAM to ask. Raises SqlError."""
        if self.engine.gate is not None:
            self.engine.gate.check(external, self.user, fresh=fresh)

    def objects(self, role: str) -> Objects:
        """S3 as IAM_ROLE's text lets it be used; "" for keys, whose owner is not known here. Raises SqlError."""
        gate, objects = self.engine.gate, self.engine.objects
        if gate is None or not role:
            return objects
        return JudgedObjects(objects=objects, gate=gate, role=gate.assume(role, self.user))

    def rows(self, query: str, columns: Sequence[Column], formats: Sequence[int]) -> Iterator[tuple[bytes, int]]:
        """The result as DataRow messages, a piece at a time, with the rows in each."""
        encoders = results.encoders(columns, formats, self.protocol)
        names = ", ".join(f"c{index}" for index in range(len(columns)))
        values = ", ".join(encoder.sql for encoder in encoders)
        sql = f"SELECT {values} FROM ({query}) AS _rs_out({names})" if columns else query  # noqa: S608 - a rendered tree
        pace = results.Pace()
        for rows in self.duck.stream(sql, lambda: pace.rows):
            if self.cancelled.is_set():
                raise SqlError("57014", "canceling statement due to user request")
            data = results.data_rows(rows, encoders)
            pace.took(len(rows), len(data))
            yield data, len(rows)

    def clean(self, caller: Caller) -> None:
        """Drops a statement's relations; in a transaction that an error has ended, the rollback does."""
        try:
            caller.drop()
        except SqlError as error:
            log.debug("kept relations are left to the rollback: %s", error)

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


def _joined(schemas: Sequence[str]) -> str:
    return ",".join(map(quote_identifier, schemas or ["public"]))


def _text(value: str) -> str:
    """DuckDB's literal: a backslash is itself there."""
    return "'" + value.replace("'", "''") + "'"


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
            self.session.duck.run("COMMIT" if kind is None else "ROLLBACK")
