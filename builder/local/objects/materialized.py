"""Materialized views: a table of a query's rows, filled when it is made and when it is told to.

Redshift, "CREATE MATERIALIZED VIEW", "REFRESH MATERIALIZED VIEW". AUTO REFRESH is read and has no effect: a refresh
here always computes the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.engine import outside, trees
from builder.local.objects.keys import Keys, storage
from builder.local.objects.tables import read_name, relation
from builder.local.sql import dialect
from builder.local.sql.tokens import Cursor, Source
from builder.local.sqlstate import SqlError
from builder.names import quote_identifier

if TYPE_CHECKING:
    from builder.local.engine.backend import Session


@dataclass(frozen=True, kw_only=True)
class CreateMaterialized:
    schema: str
    name: str
    columns: tuple[str, ...]
    query: Source


@dataclass(frozen=True, kw_only=True)
class Refresh:
    schema: str
    name: str


@dataclass(frozen=True, kw_only=True)
class DropMaterialized:
    schema: str
    name: str
    if_exists: bool


def parse_create_materialized(source: Source) -> CreateMaterialized:
    """CREATE MATERIALIZED VIEW name [(columns)] [BACKUP ...] [table attributes] [AUTO REFRESH YES | NO] AS query."""
    cursor = Cursor(source)
    cursor.expect("CREATE", "MATERIALIZED", "VIEW")
    schema, name = read_name(cursor)
    columns: list[str] = []
    if cursor.accept("("):
        columns.append(cursor.identifier())
        while cursor.accept(","):
            columns.append(cursor.identifier())
        cursor.expect(")")
    _attributes(cursor)
    cursor.expect("AS")
    query = Source(sql=source.sql, tokens=source.tokens[cursor.at :])
    if not query.tokens:
        raise cursor.error()
    return CreateMaterialized(schema=schema, name=name, columns=tuple(columns), query=query)


def _attributes(cursor: Cursor) -> None:
    while not cursor.done and cursor.peek() != "AS":
        if cursor.accept("AUTO", "REFRESH"):
            if not (cursor.accept("YES") or cursor.accept("NO")):
                raise cursor.error()
        else:
            storage(cursor, Keys(), "AUTO")


def parse_refresh(source: Source) -> Refresh:
    cursor = Cursor(source)
    cursor.expect("REFRESH", "MATERIALIZED", "VIEW")
    schema, name = read_name(cursor)
    if not cursor.accept("RESTRICT"):
        cursor.accept("CASCADE")
    cursor.end()
    return Refresh(schema=schema, name=name)


def parse_drop_materialized(source: Source) -> DropMaterialized:
    cursor = Cursor(source)
    cursor.expect("DROP", "MATERIALIZED", "VIEW")
    exists = cursor.accept("IF", "EXISTS")
    schema, name = read_name(cursor)
    if not cursor.accept("CASCADE"):
        cursor.accept("RESTRICT")
    cursor.end()
    return DropMaterialized(schema=schema, name=name, if_exists=exists)


def create(session: Session, statement: CreateMaterialized) -> str:
    schema = statement.schema or session.path.current_schema
    text = statement.query.text
    if statement.columns:
        names = ", ".join(map(quote_identifier, statement.columns))
        text = f"SELECT * FROM ({text}) AS _rs_view({names})"  # noqa: S608 - the view's own text, parsed below
    with session.atomically():
        _fill(session, text, f"CREATE TABLE {relation(schema, statement.name)} AS")
        session.duck.run("INSERT INTO _rs.materialized VALUES (?, ?, ?)", [schema, statement.name, text])
    return "CREATE MATERIALIZED VIEW"


def refresh(session: Session, statement: Refresh) -> str:
    schema, text = _known(session, statement.schema, statement.name)
    place = relation(schema, statement.name)
    with session.atomically():
        session.duck.run(f"DELETE FROM {place}")  # noqa: S608 - quoted
        _fill(session, text, f"INSERT INTO {place}")
    session.notice("INFO", f"Materialized view {statement.name} was recomputed successfully.")
    return "REFRESH"


def _fill(session: Session, text: str, head: str) -> None:
    caller = outside.caller(session)
    try:
        session.duck.run(f"{head} {dialect.render(trees.translated(session, dialect.parse_text(text), caller))}")
    finally:
        outside.clean(caller)


def drop(session: Session, statement: DropMaterialized) -> str:
    try:
        schema, _ = _known(session, statement.schema, statement.name)
    except SqlError:
        if statement.if_exists:
            return "DROP MATERIALIZED VIEW"
        raise
    with session.atomically():
        session.duck.run(f"DROP TABLE {relation(schema, statement.name)}")
        session.duck.run("DELETE FROM _rs.materialized WHERE schema_name = ? AND name = ?", [schema, statement.name])
    return "DROP MATERIALIZED VIEW"


def _known(session: Session, schema: str, name: str) -> tuple[str, str]:
    """The schema and the query. Raises 42P01; 42501 for who does not own it."""
    for each in session.path.schemas(schema):
        rows = session.duck.rows("SELECT body FROM _rs.materialized WHERE schema_name = ? AND name = ?", [each, name])
        if rows:
            if not session.rights.superuser and not session.rights.owns("TABLE", f"{each}.{name}"):
                raise SqlError("42501", f"must be owner of relation {name}")
            return each, str(rows[0][0])
    raise SqlError("42P01", f'materialized view "{name}" does not exist')


def forbid(session: Session, schema: str, name: str) -> None:
    """A materialized view's rows are its query's: no statement writes them, DROP TABLE does not drop them."""
    for each in session.path.schemas(schema):
        if session.duck.rows("SELECT 1 FROM _rs.materialized WHERE schema_name = ? AND name = ?", [each, name]):
            raise SqlError("42809", f'"{name}" is a materialized view')
