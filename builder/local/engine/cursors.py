"""Runs the statements that keep something for later: cursors, prepared statements, locks.

Redshift, "FETCH": the entire result set of a cursor is materialized. Here it is a temporary table, which DuckDB moves
to disk where memory is short. Its rows are numbered: DuckDB's own row ids are others until the transaction ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.engine import outside, trees
from builder.local.objects.prepared import ExecutePrepared
from builder.local.objects.tables import relation
from builder.local.sql import dialect, types
from builder.local.sql.casts import to_sqlglot
from builder.local.sqlstate import SqlError
from builder.local.wire.results import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.engine.backend import Session
    from builder.local.engine.prepare import Prepared
    from builder.local.objects.cursors import CloseCursor, Declare, Fetch, Lock
    from builder.local.objects.prepared import Deallocate, Prepare
    from builder.local.wire.results import Column

RELATION = "_rs_cursor"


@dataclass(kw_only=True)
class OpenCursor:
    """`position` counts the rows that were fetched, out of `count`."""

    name: str
    columns: tuple[Column, ...]
    count: int
    position: int = 0


def declare(session: Session, tree: exp.Expr, statement: Declare) -> str:
    """Raises SqlError 25P01 outside a transaction, 0A000 for a second cursor."""
    if session.status == "I":
        raise SqlError("25P01", "DECLARE CURSOR may only be used in transaction blocks")
    if session.cursor is not None:
        words = "opening multiple cursors from within the same client connection is not allowed."
        raise SqlError("0A000", words)
    columns = tuple(trees.describe(session, tree, ()))
    names = ", ".join(f"c{index}" for index in range(len(columns)))
    caller = outside.caller(session)
    try:
        query = dialect.render(trees.translated(session, tree, caller))
        sql = f"CREATE TEMP TABLE {RELATION} AS SELECT row_number() OVER () AS _n, * FROM ({query}) AS _rs_out({names})"  # noqa: S608 - a rendered tree
        session.duck.run(sql)
        count = int(session.duck.rows(f"SELECT COUNT(*) FROM {RELATION}")[0][0])  # noqa: S608 - a constant
    finally:
        outside.clean(caller)
    session.cursor = OpenCursor(name=statement.name, columns=columns, count=count)
    return "DECLARE CURSOR"


def named(session: Session, name: str) -> OpenCursor:
    """Raises SqlError 34000 where no such cursor is open."""
    if session.cursor is None or session.cursor.name != name:
        raise SqlError("34000", f'cursor "{name}" does not exist')
    return session.cursor


def columns(session: Session, statement: Fetch | ExecutePrepared) -> tuple[Column, ...] | None:
    """Of what is fetched or executed."""
    if isinstance(statement, ExecutePrepared):
        wanted = prepared(session, statement.name)
        return wanted.columns if wanted is not None else None
    return named(session, statement.name).columns


def fetch(session: Session, statement: Fetch, formats: Sequence[int]) -> Result:
    """Redshift, "FETCH": FORWARD 0 fetches the current row again, and none before the first or behind the last."""
    cursor = named(session, statement.name)
    start, end = cursor.position, cursor.count
    if statement.count == 0:
        start, end = max(start - 1, 0), start
        if cursor.position > cursor.count:
            start = end
    else:
        if statement.count is not None:
            end = min(start + statement.count, cursor.count)
        # Behind the last row is a place of its own.
        ran_off = statement.count is None or start + statement.count > cursor.count
        cursor.position = cursor.count + 1 if ran_off else end
    query = f"SELECT * EXCLUDE (_n) FROM {RELATION} WHERE _n > {start} AND _n <= {end} ORDER BY _n"  # noqa: S608 - two integers
    return Result(tag="FETCH", columns=cursor.columns, chunks=session.rows(query, cursor.columns, formats))


def close(session: Session, statement: CloseCursor) -> str:
    if statement.name:
        named(session, statement.name)
    forget(session)
    return "CLOSE CURSOR"


def forget(session: Session) -> None:
    """At the end of a transaction; one that failed takes the relation along by itself."""
    if session.cursor is not None and session.status == "T":
        session.duck.run(f"DROP TABLE {RELATION}")
    session.cursor = None


def prepare(session: Session, statement: Prepare) -> str:
    if statement.name in session.prepared:
        raise SqlError("42P05", f'prepared statement "{statement.name}" already exists')
    session.prepared[statement.name] = session.prepare(statement.source, statement.types)
    return "PREPARE"


def prepared(session: Session, name: str) -> Prepared | None:
    """None for one of an empty text. Raises SqlError 26000 where there is no such statement."""
    if name not in session.prepared:
        raise SqlError("26000", f'prepared statement "{name}" does not exist')
    return session.prepared[name]


def arguments(statement: ExecutePrepared, wanted: Prepared) -> list[exp.Expr]:
    """The values of EXECUTE as expressions, each of the type that PREPARE gave its parameter."""
    if len(statement.arguments) != len(wanted.parameters):
        words = f'wrong number of parameters for prepared statement "{statement.name}"'
        raise SqlError("42601", words)
    pairs = zip(statement.arguments, wanted.parameters, strict=True)
    return [_typed(dialect.parse_text(f"SELECT ({text})").expressions[0], oid) for text, oid in pairs]


def _typed(value: exp.Expr, oid: int) -> exp.Expr:
    return exp.Cast(this=value, to=to_sqlglot(types.of_oid(oid))) if oid in types.OID_NAMES else value


def deallocate(session: Session, statement: Deallocate) -> str:
    if not statement.name:
        session.prepared.clear()
        return "DEALLOCATE ALL"
    prepared(session, statement.name)
    del session.prepared[statement.name]
    return "DEALLOCATE"


def lock(session: Session, statement: Lock) -> str:
    """Keeps other sessions that lock the same tables waiting. What reads and writes does not wait here."""
    names = []
    for schema, name in statement.tables:
        session.duck.rows(f"SELECT 1 FROM {relation(schema, name)} LIMIT 0")  # noqa: S608 - quoted; raises 42P01
        if not session.rights.superuser:
            # PostgreSQL, "LOCK": a lock that is not only for reading takes a privilege to write.
            session.rights.relation(session.path.schemas(schema), name, ["UPDATE"], named=bool(schema))
        names.append(f"{schema or session.path.current_schema}.{name}")
    if session.status == "T":
        session.engine.locks.take(id(session), names, session.cancelled)
    return "LOCK TABLE"
