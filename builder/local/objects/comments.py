"""COMMENT ON: what owners say of databases, schemas, tables, views, columns and constraints. Redshift, "COMMENT"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.objects.rights import not_owner
from builder.local.objects.shape import shape_of
from builder.local.sql.tokens import Cursor
from builder.local.sqlstate import SqlError, unsupported

if TYPE_CHECKING:
    from builder.local.engine.backend import Session
    from builder.local.sql.tokens import Source

_RELATIONS = frozenset({"TABLE", "VIEW", "COLUMN", "CONSTRAINT"})


@dataclass(frozen=True, kw_only=True)
class Comment:
    """`part` is a column's or a constraint's name; `text` None takes the comment away."""

    kind: str
    schema: str
    name: str
    part: str
    text: str | None


def parse_comment(source: Source) -> Comment:
    cursor = Cursor(source)
    cursor.expect("COMMENT", "ON")
    kind = cursor.take().text.upper()
    part = ""
    if kind == "COLUMN":
        *place, part = _parts(cursor)
    elif kind == "CONSTRAINT":
        part = cursor.identifier()
        cursor.expect("ON")
        place = _parts(cursor)
    elif kind in {"TABLE", "VIEW", "SCHEMA", "DATABASE"}:
        place = _parts(cursor)
    else:
        raise unsupported(f"COMMENT ON {kind}")
    if not 1 <= len(place) <= (2 if kind in _RELATIONS else 1):
        raise cursor.error()
    cursor.expect("IS")
    text = None if cursor.accept("NULL") else cursor.string()
    cursor.end()
    return Comment(kind=kind, schema=place[0] if len(place) > 1 else "", name=place[-1], part=part, text=text)


def _parts(cursor: Cursor) -> list[str]:
    found = [cursor.identifier()]
    while cursor.accept("."):
        found.append(cursor.identifier())
    return found


def comment(session: Session, statement: Comment) -> str:
    """Raises SqlError 42501 for who is not the owner, 42P01 and the like for what is not there."""
    if statement.kind == "DATABASE" and statement.name != session.engine.name:
        session.notice("WARNING", "database comments may only be applied to the current database")
        return "COMMENT"
    kind, key = _place(session, statement)
    with session.atomically():
        session.duck.run(
            "DELETE FROM _rs.comment WHERE kind = ? AND object = ? AND part = ?", [kind, key, statement.part]
        )
        if statement.text is not None:
            session.duck.run("INSERT INTO _rs.comment VALUES (?, ?, ?, ?)", [kind, key, statement.part, statement.text])
    return "COMMENT"


def _place(session: Session, statement: Comment) -> tuple[str, str]:
    """The comment's kind and key: those of a view are kept as those of a table."""
    if statement.kind == "DATABASE":
        if not session.rights.superuser:
            raise not_owner("DATABASE", statement.name)
        return "DATABASE", ""
    if statement.kind == "SCHEMA":
        if not session.path.exists(statement.name):
            raise SqlError("3F000", f'schema "{statement.name}" does not exist')
        session.rights.own("SCHEMA", statement.name, statement.name, "")
        return "SCHEMA", statement.name
    schemas = session.path.schemas(statement.schema)
    schema = session.rights.place(schemas, statement.name, named=bool(statement.schema))
    if schema is None:
        if session.duck.rows("SELECT 1 FROM _rs.relation WHERE temporary AND name = ?", [statement.name]):
            raise unsupported("COMMENT ON a temporary table")
        raise SqlError("42P01", f'relation "{statement.name}" does not exist')
    key = f"{schema}.{statement.name}"
    session.rights.own("TABLE", key, statement.name, "")
    _check(session, statement, schema)
    return ("TABLE" if statement.kind == "VIEW" else statement.kind), key


def _check(session: Session, statement: Comment, schema: str) -> None:
    """Of the right kind, and with that column or constraint."""
    where = "schema_name = ? AND name = ?"
    ((found,),) = session.duck.rows(f"SELECT kind FROM _rs.relation WHERE {where}", [schema, statement.name])  # noqa: S608 - a constant
    wanted = {"TABLE": "r", "VIEW": "v"}.get(statement.kind, found)
    if found != wanted:
        raise SqlError("42809", f'"{statement.name}" is not a {statement.kind.lower()}')
    if statement.kind == "COLUMN" and found == "r":
        shape_of(session.duck, [schema], statement.name).chosen([statement.part])
    if statement.kind == "CONSTRAINT" and not session.duck.rows(
        "SELECT 1 FROM _rs.key WHERE schema_name = ? AND table_name = ? AND name = ?",
        [schema, statement.name, statement.part],
    ):
        words = f'constraint "{statement.part}" for table "{statement.name}" does not exist'
        raise SqlError("42704", words)
