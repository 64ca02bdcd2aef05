"""Rows with their answers as relations of DuckDB: pulled through the calls as the statement asks for them, or kept.

A stream is read by the statement itself: its rows come from a second connection, batch by batch, go through Lambda and
on, and are nowhere kept. It can be read once. Where a statement might read it twice, or sees what no other connection
does (an open transaction, a temporary table), rows and answers are temporary tables; these go to disk once they are
larger than the database's memory.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from builder.local.calls import answers
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from builder.local.calls.exchange import Exchange
    from builder.local.engine.duck import Duck
    from builder.local.objects.functions import Function

# Rows of a read. DuckDB's vector: no read can be smaller, and rows of 64 KB need no larger one. Rows that hold nothing
# but numbers take a few bytes each, and what is done in Python for every read is felt.
READ_ROWS, READ_NUMBERS = 2048, 32_768
# Windows over kept rows are as long as this many bytes of what is read of them, in rows within these bounds.
WINDOW_BYTES = 8 * 1024 * 1024
FEWEST, MOST = 256, 131_072
_KEPT_COLUMN = re.compile(r'"c\d+"')


@dataclass(frozen=True, kw_only=True)
class Call:
    """A function called for every row where `guard` holds. Texts are SQL over c0, c1, ... and earlier answers.

    `answer` is the name of its column.
    """

    function: Function
    arguments: tuple[str, ...]
    guard: str
    position: int
    answer: str

    @property
    def text(self) -> str:
        """The name of the column of its arguments."""
        return f"_rs_x{self.position}"

    @property
    def sql(self) -> str:
        """A row's arguments as JSON, written by DuckDB: exact for BIGINT and DECIMAL. NULL where it is not sent."""
        parts = [_finite(text, kind.name) for text, kind in zip(self.arguments, self.function.arguments, strict=True)]
        row = f"CAST(json_array({', '.join(parts)}) AS VARCHAR)"
        # A CASE and not a WHERE, so that DuckDB evaluates no argument of a row that does not count.
        return f"CASE WHEN {self.guard} THEN {row} END" if self.guard else row

    def depends(self, earlier: Sequence[Call]) -> bool:
        """Whether it needs the answers of others."""
        whole = " ".join((*self.arguments, self.guard))
        return any(f'"{each.answer}"' in whole for each in earlier)


def _finite(text: str, kind: str) -> str:
    """JSON has no NaN and no infinity."""
    if kind not in {"real", "double precision"}:
        return text
    message = "[22P02] a number that is not finite cannot be sent to an external function: pass it as VARCHAR"
    return f"CASE WHEN isfinite({text}) OR ({text}) IS NULL THEN {text} ELSE error('{message}') END"


def typed(calls: Iterable[Call]) -> str:
    """A select list of all columns, the answers cast to what their functions return."""
    casts = [f'CAST("{each.answer}" AS {each.function.returns.duck}) AS "{each.answer}"' for each in calls]
    return f"* REPLACE ({', '.join(casts)})" if casts else "*"


class Batches:
    """Arrow's stream protocol over an iterator, which is asked for once: what DuckDB reads in place of a table."""

    def __init__(self, schema: pa.Schema, rows: Callable[[], Iterator[pa.RecordBatch]]) -> None:
        self.schema = schema
        self.rows = rows

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        del requested_schema  # a wish that the protocol lets a producer ignore
        return pa.RecordBatchReader.from_batches(self.schema, self.rows()).__arrow_c_stream__()


@dataclass(kw_only=True)
class Pipeline:
    """Rows through several calls. `helper` evaluates the arguments that need the answers of earlier calls."""

    calls: tuple[Call, ...]
    exchanges: tuple[Exchange, ...]
    helper: Duck

    @property
    def ready(self) -> tuple[Call, ...]:
        """Those whose arguments are read along with the rows."""
        return tuple(call for index, call in enumerate(self.calls) if not call.depends(self.calls[:index]))

    def run(self, rows: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        ready = self.ready
        for index, (call, exchange) in enumerate(zip(self.calls, self.exchanges, strict=True)):
            with_texts = rows if call in ready else self._written(rows, call, self.calls[:index])
            rows = exchange.answered(with_texts)
        return rows

    def _written(self, rows: Iterator[pa.RecordBatch], call: Call, earlier: Sequence[Call]) -> Iterator[pa.RecordBatch]:
        query = f"SELECT {call.sql} AS x FROM (SELECT {typed(earlier)} FROM _rs_batch) AS b"  # noqa: S608 - rendered trees
        for batch in filter(len, rows):
            with self.helper.lent("_rs_batch", Batches(batch.schema, partial(iter, [batch]))):
                texts = pa.chunked_array([each.column(0) for each in self.helper.batches(query, MOST)], pa.string())
            yield batch.append_column(call.text, texts.combine_chunks())


@dataclass(kw_only=True)
class Stream:
    """A relation that is pulled through its calls when it is read; once. `query` gives the columns c0, c1, ..."""

    name: str
    query: str
    pipeline: Pipeline
    source: Duck
    error: SqlError | None = None
    rows: Iterator[pa.RecordBatch] | None = None
    schema: pa.Schema = field(init=False)

    def __post_init__(self) -> None:
        self.kept = self.source.schema(f"SELECT * FROM ({self.query}) AS r")  # noqa: S608 - a rendered tree
        found = [(call.answer, answers.arrow_type(call.function.returns)) for call in self.pipeline.calls]
        self.schema = pa.schema([*self.kept, *found])

    def on(self, duck: Duck) -> None:
        """Makes the relation known to a connection."""
        duck.connection.register(f"{self.name}_raw", Batches(self.schema, self._pulled))
        select = typed(self.pipeline.calls)
        duck.run(f'CREATE OR REPLACE TEMP VIEW "{self.name}" AS SELECT {select} FROM "{self.name}_raw"')  # noqa: S608 - ours

    def off(self, duck: Duck) -> None:
        duck.run(f'DROP VIEW IF EXISTS "{self.name}"')
        duck.connection.unregister(f"{self.name}_raw")

    def _pulled(self) -> Iterator[pa.RecordBatch]:
        """DuckDB tells an error only as a text: the error itself stays here."""
        try:
            if self.rows is not None:
                raise _twice()
            self.rows = self.pipeline.run(self._read())
            names = self.schema.names
            for batch in self.rows:
                yield batch.select(names)
        except SqlError as error:
            self.error = self.error or error
            raise

    def _read(self) -> Iterator[pa.RecordBatch]:
        texts = "".join(f', {call.sql} AS "{call.text}"' for call in self.pipeline.ready)
        size = READ_NUMBERS if all(map(_narrow, self.kept)) else READ_ROWS
        yield from self.source.batches(f"SELECT *{texts} FROM ({self.query}) AS r", size)  # noqa: S608 - rendered trees

    def close(self) -> None:
        """Ends the calls that are under way, where nobody reads any more."""
        rows: Any = self.rows
        # A generator that is at work in another thread ends with its reader.
        with suppress(ValueError):
            if rows is not None:
                rows.close()


def _narrow(column: pa.Field) -> bool:
    kind = column.type
    return bool(pa.types.is_primitive(kind) or pa.types.is_decimal(kind))


def _twice() -> SqlError:
    return SqlError("XX000", "internal error of the local endpoint: a stream of rows was read twice")


def answer_kept(name: str, answer_table: str, pipeline: Pipeline, duck: Duck) -> None:
    """Answers for a table of kept rows, window by window, into a table beside it."""
    columns = ", ".join(f'"{call.answer}" {call.function.returns.duck}' for call in pipeline.calls)
    duck.run(f'CREATE TEMP TABLE "{answer_table}"({columns})')
    casts = ", ".join(f'CAST("{call.answer}" AS {call.function.returns.duck})' for call in pipeline.calls)
    insert = f'INSERT INTO "{answer_table}" SELECT {casts} FROM _rs_reply'  # noqa: S608 - names of ours
    for batch in pipeline.run(_windows(name, pipeline, duck)):
        with duck.lent("_rs_reply", Batches(batch.schema, partial(iter, [batch]))):
            duck.run(insert)


def _windows(name: str, pipeline: Pipeline, duck: Duck) -> Iterator[pa.RecordBatch]:
    """What the calls need of the kept rows, in their order.

    Row ids of a transaction that is under way count from a number near 2^55, all others from 0: no window function has
    to number a million rows.
    """
    ready = pipeline.ready
    later = [call for call in pipeline.calls if call not in ready]
    needed = sorted({found for call in later for found in _KEPT_COLUMN.findall(call.sql)})
    texts = [f'{call.sql} AS "{call.text}"' for call in ready]
    first, count = duck.rows(f'SELECT coalesce(min(rowid), 0), count(*) FROM "{name}"')[0]  # noqa: S608 - a name of ours
    start, length = 0, FEWEST
    while start < count:
        window = f'FROM "{name}" WHERE rowid >= {first + start} AND rowid < {first + start + length}'
        size = 0
        # Read to its end first: the answers go into a table on the same connection.
        for batch in list(duck.batches(f"SELECT {', '.join([*needed, *texts])} {window}", MOST)):
            size += batch.nbytes
            yield batch
        start += length
        length = min(max(FEWEST, length * WINDOW_BYTES // max(size, 1)), MOST)
