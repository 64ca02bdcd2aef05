"""CREATE TABLE as Redshift writes it: its attributes of storage are accepted and have no effect here.

Keys are informational in Redshift and are not enforced; lengths of texts are, which DuckDB has none of: CHECK does it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from builder.local.objects.keys import Keys, column_key, constraint, storage
from builder.local.sql import types
from builder.local.sql.tokens import Cursor, Source
from builder.local.sqlstate import unsupported
from builder.names import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Callable

_ATTRIBUTES = (
    *("DEFAULT", "IDENTITY", "GENERATED", "ENCODE", "DISTKEY", "SORTKEY", "COLLATE", "NOT", "NULL"),
    *("PRIMARY KEY", "UNIQUE", "REFERENCES", "CONSTRAINT", ",", ")"),
)


@dataclass(frozen=True, kw_only=True)
class TableColumn:
    name: str
    type: types.Type
    not_null: bool = False
    default: str = ""


@dataclass(frozen=True, kw_only=True)
class CreateTable:
    """`query` is the source of CREATE TABLE AS; then columns have names only, and may be none."""

    schema: str
    name: str
    temporary: bool
    if_not_exists: bool
    columns: tuple[TableColumn, ...] = ()
    names: tuple[str, ...] = ()
    query: Source | None = None
    like: tuple[str, str] | None = None
    keys: Keys = field(default_factory=Keys)


def parse_create_table(source: Source) -> CreateTable:
    cursor = Cursor(source)
    cursor.expect("CREATE")
    local = cursor.accept("LOCAL")
    temporary = cursor.accept("TEMPORARY") or cursor.accept("TEMP") or local
    cursor.expect("TABLE")
    exists = cursor.accept("IF", "NOT", "EXISTS")
    temporary = temporary or cursor.peek().startswith("#")
    schema, name = read_name(cursor)
    columns: list[TableColumn] = []
    names: list[str] = []
    like: tuple[str, str] | None = None
    keys = Keys()
    if cursor.accept("("):
        like = _elements(cursor, columns, names, keys)
    storage(cursor, keys)
    query = None
    if cursor.accept("AS"):
        query = Source(sql=source.sql, tokens=source.tokens[cursor.at :])
        if not query.tokens:
            raise cursor.error()
    else:
        cursor.end()
    return CreateTable(
        schema=schema,
        name=name,
        temporary=temporary,
        if_not_exists=exists,
        columns=tuple(columns),
        names=tuple(names),
        query=query,
        like=like,
        keys=keys,
    )


def read_name(cursor: Cursor) -> tuple[str, str]:
    if cursor.peek().startswith("#"):
        return "", cursor.take().text.lower()
    return cursor.name()


def _elements(cursor: Cursor, columns: list[TableColumn], names: list[str], keys: Keys) -> tuple[str, str] | None:
    """Columns and table constraints up to the closing parenthesis; bare names belong to CREATE TABLE AS."""
    like = None
    while True:
        if cursor.accept("LIKE"):
            like = cursor.name()
            while cursor.accept("INCLUDING") or cursor.accept("EXCLUDING"):
                cursor.expect("DEFAULTS")
        elif constraint(cursor, keys):
            pass
        elif cursor.peek(1) in {",", ")"}:
            names.append(cursor.identifier())
        else:
            columns.append(_column(cursor, keys))
        if cursor.accept(")"):
            return like
        cursor.expect(",")


def _column(cursor: Cursor, keys: Keys) -> TableColumn:
    name = cursor.identifier()
    kind = types.of(cursor.until(*_ATTRIBUTES))
    if kind.name == "character varying" and not kind.arguments:
        kind = types.Type(kind=kind.kind, arguments=(types.DEFAULT_VARCHAR,))
    if kind.name == "character" and not kind.arguments:
        kind = types.Type(kind=kind.kind, arguments=(1,))
    not_null, default = False, ""
    while cursor.peek() not in {",", ")"}:
        if cursor.accept("NOT", "NULL"):
            not_null = True
        elif cursor.accept("DEFAULT"):
            default = cursor.until(*_ATTRIBUTES)
        elif not column_key(cursor, name, keys):
            _attribute(cursor)
    return TableColumn(name=name, type=kind, not_null=not_null, default=default)


def _attribute(cursor: Cursor) -> None:
    """What has no effect here. Raises for what would have one."""
    if cursor.peek() in {"IDENTITY", "GENERATED"}:
        raise unsupported("an IDENTITY column")
    if cursor.accept("COLLATE"):
        cursor.take()
    elif not cursor.accept("NULL"):
        raise cursor.error()


def render_create_table(table: CreateTable, expression: Callable[[str], str]) -> str:
    """DuckDB's CREATE TABLE for a list of columns; `expression` translates a default."""
    head = "CREATE TEMP TABLE" if table.temporary else "CREATE TABLE"
    exists = " IF NOT EXISTS" if table.if_not_exists else ""
    columns = ", ".join(_render_column(column, expression) for column in table.columns)
    return f"{head}{exists} {relation(table.schema, table.name)} ({columns})"


def render_comment(table: CreateTable, schema: str) -> str:
    """What DuckDB's table cannot say itself. Of the table, not of its columns: DuckDB 1.5.5 cannot replay those."""
    types_ = {column.name: str(column.type) for column in table.columns}
    text = table.keys.text(table.name, schema, types_)
    return f"COMMENT ON TABLE {relation(table.schema, table.name)} IS '{text.replace(chr(39), chr(39) * 2)}'"


def _render_column(column: TableColumn, expression: Callable[[str], str]) -> str:
    name = quote_identifier(column.name)
    parts = [name, column.type.duck]
    if column.not_null:
        parts.append("NOT NULL")
    if column.default:
        parts.append(f"DEFAULT {expression(column.default)}")
    if column.type.name.startswith("character") and column.type.arguments:
        parts.append(f"CHECK (strlen({name}) <= {column.type.arguments[0]})")
    return " ".join(parts)


def relation(schema: str, name: str) -> str:
    """A quoted, possibly qualified name."""
    return f"{quote_identifier(schema)}.{quote_identifier(name)}" if schema else quote_identifier(name)
