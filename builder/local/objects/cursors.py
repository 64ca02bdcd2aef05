"""Cursors of SQL: DECLARE, FETCH and CLOSE; and LOCK, which like them lasts as long as its transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.objects.tables import read_name
from builder.local.sql import dialect
from builder.local.sql.tokens import Cursor, Source
from builder.local.sqlstate import unsupported

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True, kw_only=True)
class Declare:
    name: str
    tree: exp.Expr


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """`count` None: all that remain."""

    name: str
    count: int | None


@dataclass(frozen=True, kw_only=True)
class CloseCursor:
    """`name` "": every cursor, which is at most one."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Lock:
    tables: tuple[tuple[str, str], ...]


def parse_declare(source: Source) -> Declare:
    """DECLARE name CURSOR [WITHOUT HOLD] FOR query; the words of PostgreSQL 8.0 that ask for nothing are taken too."""
    cursor = Cursor(source)
    cursor.expect("DECLARE")
    name = cursor.identifier()
    while cursor.peek() != "CURSOR":
        if cursor.peek() in {"SCROLL", "BINARY"}:
            raise unsupported(f"a {cursor.peek()} cursor")
        if not (cursor.accept("INSENSITIVE") or cursor.accept("NO", "SCROLL")):
            raise cursor.error()
    cursor.expect("CURSOR")
    if cursor.accept("WITH", "HOLD"):
        raise unsupported("a cursor WITH HOLD")
    cursor.accept("WITHOUT", "HOLD")
    cursor.expect("FOR")
    query = Source(sql=source.sql, tokens=source.tokens[cursor.at :])
    if cursor.peek() not in {"SELECT", "WITH", "("}:
        raise cursor.error()
    return Declare(name=name, tree=dialect.parse(query))


def parse_fetch(source: Source) -> Fetch:
    """FETCH [NEXT | ALL | FORWARD [count | ALL]] FROM cursor."""
    cursor = Cursor(source)
    cursor.expect("FETCH")
    if cursor.peek() in {"BACKWARD", "PRIOR", "FIRST", "LAST", "ABSOLUTE", "RELATIVE"}:
        raise unsupported(f"FETCH {cursor.peek()}")
    forward = cursor.accept("FORWARD")
    count: int | None = 1
    if cursor.accept("ALL"):
        count = None
    elif cursor.peek().isdigit():
        count = cursor.integer()
    elif not forward:
        cursor.accept("NEXT")
    if not cursor.accept("FROM"):
        cursor.expect("IN")
    name = cursor.identifier()
    cursor.end()
    return Fetch(name=name, count=count)


def parse_close(source: Source) -> CloseCursor:
    cursor = Cursor(source)
    cursor.expect("CLOSE")
    name = "" if cursor.accept("ALL") else cursor.identifier()
    cursor.end()
    return CloseCursor(name=name)


def parse_lock(source: Source) -> Lock:
    """LOCK [TABLE] name [, ...]."""
    cursor = Cursor(source)
    cursor.expect("LOCK")
    cursor.accept("TABLE")
    tables = [read_name(cursor)]
    while cursor.accept(","):
        tables.append(read_name(cursor))
    cursor.end()
    return Lock(tables=tuple(tables))
