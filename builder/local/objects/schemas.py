"""Schemas and views: CREATE and DROP."""

from __future__ import annotations

from dataclasses import dataclass

from builder.local.objects.tables import read_name
from builder.local.sql.tokens import Cursor, Source
from builder.local.sqlstate import SqlError, syntax

_HIDDEN = frozenset({"_rs", "main", "temp", "system", "pg_catalog", "information_schema"})


@dataclass(frozen=True, kw_only=True)
class CreateSchema:
    name: str
    if_not_exists: bool
    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class CreateView:
    """`query` is the text of its SELECT; `late`: WITH NO SCHEMA BINDING."""

    schema: str
    name: str
    replace: bool
    columns: tuple[str, ...]
    query: Source
    late: bool = False


@dataclass(frozen=True, kw_only=True)
class Drop:
    """Of a TABLE, a VIEW or a SCHEMA: one or several."""

    kind: str
    names: tuple[tuple[str, str], ...]
    if_exists: bool
    cascade: bool


def parse_create_schema(source: Source) -> CreateSchema:
    """CREATE SCHEMA [IF NOT EXISTS] name [AUTHORIZATION user] [QUOTA n MB], or CREATE SCHEMA AUTHORIZATION user."""
    cursor = Cursor(source)
    cursor.expect("CREATE", "SCHEMA")
    exists = cursor.accept("IF", "NOT", "EXISTS")
    name = "" if cursor.peek() == "AUTHORIZATION" else cursor.identifier()
    owner = ""
    if cursor.accept("AUTHORIZATION"):
        owner = cursor.identifier()
        name = name or owner
    if cursor.accept("QUOTA") and not cursor.accept("UNLIMITED"):
        cursor.integer()
        if not any(cursor.accept(unit) for unit in ("MB", "GB", "TB")):
            raise cursor.error()
    cursor.end()
    return CreateSchema(name=name, if_not_exists=exists, owner=owner)


def parse_create_view(source: Source) -> CreateView:
    """CREATE [OR REPLACE] VIEW name [(columns)] AS query [WITH NO SCHEMA BINDING]."""
    cursor = Cursor(source)
    cursor.expect("CREATE")
    replace = cursor.accept("OR", "REPLACE")
    cursor.expect("VIEW")
    schema, name = cursor.name()
    columns = []
    if cursor.accept("("):
        columns.append(cursor.identifier())
        while cursor.accept(","):
            columns.append(cursor.identifier())
        cursor.expect(")")
    cursor.expect("AS")
    tokens, late = source.tokens[cursor.at :], False
    if [token.text.upper() for token in tokens[-4:]] == ["WITH", "NO", "SCHEMA", "BINDING"]:
        tokens, late = tokens[:-4], True
    if not tokens:
        raise syntax("syntax error at end of input", position=source.tokens[-1].end + 2)
    query = Source(sql=source.sql, tokens=tokens)
    return CreateView(schema=schema, name=name, replace=replace, columns=tuple(columns), query=query, late=late)


def parse_drop_object(source: Source) -> Drop:
    """DROP TABLE | VIEW | SCHEMA [IF EXISTS] name, ... [CASCADE | RESTRICT]."""
    cursor = Cursor(source)
    cursor.expect("DROP")
    kind = cursor.take().text.upper()
    exists = cursor.accept("IF", "EXISTS")
    names = [read_name(cursor)]
    while cursor.accept(","):
        names.append(read_name(cursor))
    cascade = cursor.accept("CASCADE")
    if not cascade:
        cursor.accept("RESTRICT")
    cursor.end()
    return Drop(kind=kind, names=tuple(names), if_exists=exists, cascade=cascade)


def visible(schema: str) -> str:
    """Raises SqlError 42501 for a schema that is the system's or the endpoint's own."""
    if schema in _HIDDEN:
        raise SqlError("42501", f'schema "{schema}" is reserved')
    return schema
