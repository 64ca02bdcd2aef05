"""Queries whose rows the endpoint itself reads, as the texts that the wire would carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.local.data_api.run import affected
from builder.local.engine import outside, trees
from builder.local.engine.read import read
from builder.local.engine.statements import Query
from builder.local.sql import dialect
from builder.local.sqlstate import syntax
from builder.local.wire import results

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.local.engine.backend import Session
    from builder.local.sql.tokens import Source
    from builder.local.wire.results import Column

Row = "tuple[str | None, ...]"


def texts(session: Session, source: Source) -> tuple[list[Column], Iterator[tuple[str | None, ...]]]:
    """A SELECT's columns and its rows. Raises SqlError 42601 for a statement that gives none."""
    statement = read(source)
    if not isinstance(statement, Query) or not statement.returns_rows:
        raise syntax("a query that gives rows is needed here")
    columns = trees.describe(session, statement.tree, ())
    caller = outside.caller(session)

    try:
        query = dialect.render(trees.translated(session, statement.tree, caller))
        encoders = results.encoders(columns, (0,) * len(columns), 0)
        names = ", ".join(f"c{index}" for index in range(len(columns)))
        values = ", ".join(encoder.sql for encoder in encoders)
        rows = session.duck.rows(f"SELECT {values} FROM ({query}) AS _rs_out({names})")  # noqa: S608 - a rendered tree
    finally:
        outside.clean(caller)
    return columns, iter(rows)


def describe(session: Session, text: str) -> list[Column]:
    return trees.describe(session, dialect.parse_text(text), ())


def run_nested(session: Session, source: Source) -> int:
    """A statement inside another one's transaction; the rows that it has changed, or given."""
    result = session.nested(session.prepare(source))
    if result.chunks is not None:
        return sum(count for _, count in result.chunks)
    return affected(result.tag)
