"""The pieces of a PL/pgSQL step that are SQL: expressions, statements, and the variables that they give values to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.local.procedures.steps import Run
from builder.local.sql.tokens import Source

if TYPE_CHECKING:
    from builder.local.sql.tokens import Cursor


def expression(cursor: Cursor, *ends: str) -> str:
    """An expression's text. CASE has a THEN and an END of its own."""
    start, depth, cases = cursor.at, 0, 0
    while not cursor.done and not (depth == 0 and cases == 0 and cursor.peek() in ends):
        word = cursor.peek()
        depth += {"(": 1, ")": -1}.get(word, 0)
        cases += {"CASE": 1, "END": -1}.get(word, 0)
        cursor.at += 1
    if cursor.at == start:
        raise cursor.error()
    tokens = cursor.source.tokens
    return cursor.source.sql[tokens[start].start : tokens[cursor.at - 1].end + 1]


def statement(cursor: Cursor, *ends: str) -> Run:
    """A statement up to its semicolon, with INTO taken out of a SELECT."""
    start = cursor.at
    select = cursor.peek() in {"SELECT", "WITH"}
    into: tuple[str, ...] = ()
    strict, cut, depth = False, (0, 0), 0
    while not cursor.done and not (depth == 0 and cursor.peek() in {";", *ends}):
        depth += {"(": 1, ")": -1}.get(cursor.peek(), 0)
        if select and depth == 0 and not into and cursor.peek() == "INTO":
            first = cursor.at
            cursor.take()
            strict = cursor.accept("STRICT")
            into = targets(cursor)
            cut = (first, cursor.at)
        else:
            cursor.at += 1
    tokens = cursor.source.tokens
    kept = tokens[start : cut[0]] + tokens[cut[1] : cursor.at] if into else tokens[start : cursor.at]
    return Run(sql=Source(sql=cursor.source.sql, tokens=kept), into=into, strict=strict)


def targets(cursor: Cursor) -> tuple[str, ...]:
    found = [_target(cursor)]
    while cursor.accept(","):
        found.append(_target(cursor))
    return tuple(found)


def _target(cursor: Cursor) -> str:
    name = cursor.identifier()
    return f"{name}.{cursor.identifier()}" if cursor.accept(".") else name
