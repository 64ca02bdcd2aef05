"""PREPARE, EXECUTE and DEALLOCATE: prepared statements of SQL. They share their names with those of the protocol."""

from __future__ import annotations

from dataclasses import dataclass

from builder.local.sql import types
from builder.local.sql.tokens import Cursor, Source
from builder.local.sqlstate import syntax


@dataclass(frozen=True, kw_only=True)
class Prepare:
    """`types` are OIDs, one for each parameter that has its type written."""

    name: str
    types: tuple[int, ...]
    source: Source


@dataclass(frozen=True, kw_only=True)
class ExecutePrepared:
    """`arguments` are the texts of expressions."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Deallocate:
    """`name` "": all of them."""

    name: str


def parse_prepare(source: Source) -> Prepare:
    """PREPARE name [(type, ...)] AS statement."""
    cursor = Cursor(source)
    cursor.expect("PREPARE")
    name = cursor.identifier()
    kinds = tuple(types.of(text).kind.oid for text in _list(cursor))
    cursor.expect("AS")
    rest = Source(sql=source.sql, tokens=source.tokens[cursor.at :])
    if not rest.tokens:
        raise syntax("syntax error at end of input", position=source.tokens[-1].end + 2)
    return Prepare(name=name, types=kinds, source=rest)


def parse_execute(source: Source) -> ExecutePrepared:
    """EXECUTE name [(value, ...)]."""
    cursor = Cursor(source)
    cursor.expect("EXECUTE")
    name = cursor.identifier()
    arguments = _list(cursor)
    cursor.end()
    return ExecutePrepared(name=name, arguments=tuple(arguments))


def parse_deallocate(source: Source) -> Deallocate:
    """DEALLOCATE [PREPARE] name | ALL."""
    cursor = Cursor(source)
    cursor.expect("DEALLOCATE")
    cursor.accept("PREPARE")
    name = "" if cursor.accept("ALL") else cursor.identifier()
    cursor.end()
    return Deallocate(name=name)


def _list(cursor: Cursor) -> list[str]:
    if not cursor.accept("("):
        return []
    found = [cursor.until(",", ")")]
    while cursor.accept(","):
        found.append(cursor.until(",", ")"))
    cursor.expect(")")
    return found
