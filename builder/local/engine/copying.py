"""COPY from and to the client, on the side of the database: texts to a table's columns, and columns to texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from builder.local.engine import outside, trees
from builder.local.objects.tables import relation
from builder.local.sql import dialect
from builder.local.sqlstate import SqlError
from builder.local.wire import results
from builder.names import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlglot import exp

    from builder.local.engine.backend import Session
    from builder.local.objects.copy_stream import CopyStream

BATCH = 10_000
_FROM_TEXT = {
    "geometry": "_rs.st_geomfromhexewkb({0})",
    "geography": "CAST({{'srid': 4326, 'geom': st_geomfromhexewkb({0}), 'geographic': true}} AS _rs.geography)",
    "super": "_rs.json_parse({0})",
    "binary varying": "unhex({0})",
}


def tree_of(copy: CopyStream) -> exp.Expr:
    """The query whose rows COPY ... TO STDOUT gives, and whose columns COPY ... FROM STDIN fills."""
    if copy.tree is not None:
        return copy.tree
    names = ", ".join(map(quote_identifier, copy.columns)) or "*"
    return dialect.parse_text(f"SELECT {names} FROM {relation(copy.schema, copy.name)}")  # noqa: S608 - quoted


class Loader:
    """Rows of texts into a table, a batch at a time. The caller holds a transaction."""

    def __init__(self, session: Session, copy: CopyStream) -> None:
        self.session = session
        self.name = copy.name
        self.columns = trees.describe(session, tree_of(copy), ())
        target = ", ".join(quote_identifier(column.name) for column in self.columns)
        values = ", ".join(
            _FROM_TEXT.get(column.type.name, f"CAST({{0}} AS {column.type.duck})").format(f"c{index}")
            for index, column in enumerate(self.columns)
        )
        self.sql = f"INSERT INTO {relation(copy.schema, copy.name)} ({target}) SELECT {values} FROM _rs_lent"  # noqa: S608
        self.rows: list[Sequence[str | None]] = []
        self.count = 0

    def add(self, row: Sequence[str | None]) -> None:
        """Raises SqlError 22P04 for a row of another width, and at the end of a batch what its values deserve."""
        if len(row) != len(self.columns):
            words = "extra data after last expected column"
            if len(row) < len(self.columns):
                words = f'missing data for column "{self.columns[len(row)].name}"'
            raise SqlError("22P04", f"{words}, in line {self.count + len(self.rows) + 1} of COPY {self.name}")
        self.rows.append(row)
        if len(self.rows) >= BATCH:
            self.flush()

    def flush(self) -> None:
        if not self.rows:
            return
        columns = {f"c{index}": np.array(values, dtype=object) for index, values in enumerate(zip(*self.rows))}  # noqa: B905 - add() has seen to it
        with self.session.duck.lent("_rs_lent", columns):
            self.session.duck.run(self.sql)
        self.count += len(self.rows)
        self.rows = []


def unload(session: Session, copy: CopyStream) -> tuple[list[str], Iterator[list[tuple[str | None, ...]]]]:
    """The names of the columns, and their rows as texts."""
    tree = tree_of(copy)
    columns = trees.describe(session, tree, ())

    def rows() -> Iterator[list[tuple[str | None, ...]]]:
        caller = outside.caller(session)
        try:
            query = dialect.render(trees.translated(session, tree.copy(), caller))
            encoders = results.encoders(columns, (0,) * len(columns), session.protocol)
            names = ", ".join(f"c{index}" for index in range(len(columns)))
            values = ", ".join(encoder.sql for encoder in encoders)
            sql = f"SELECT {values} FROM ({query}) AS _rs_out({names})"  # noqa: S608 - a rendered tree
            yield from session.duck.stream(sql, results.ROWS_PER_FETCH)
        finally:
            outside.clean(caller)

    return [column.name for column in columns], rows()
