"""Answers the external calls of one statement: what staging asks for, by streams where it can, else by kept rows."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.calls.batches import Envelope
from builder.local.calls.details import Detail, Details
from builder.local.calls.exchange import Exchange
from builder.local.calls.streams import Call, Pipeline, Stream, answer_kept
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import ThreadPoolExecutor

    from builder.local.calls.invoker import Retrying
    from builder.local.engine.duck import Duck
    from builder.local.objects.functions import External


@dataclass(kw_only=True)
class Caller:
    """Calls functions for one statement of one session.

    `helper` opens a second connection that sees what the session sees; None where there can be none.
    """

    duck: Duck
    helper: Callable[[], Duck] | None
    retrying: Retrying
    pool: ThreadPoolExecutor
    details: Details
    user: str
    database: str
    query_id: int
    transaction_id: int
    in_flight: int = 4
    # Raises SqlError where the function's roles do not let it be called.
    permit: Callable[[External], None] = lambda _external: None
    cancelled: Callable[[], bool] = lambda: False
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)

    def __post_init__(self) -> None:
        self.count = 0
        self.tables: list[str] = []
        # The session's own: no statement makes one while it calls.
        self.temporary: list[str] | None = None
        self.queries: dict[str, str] = {}
        self.streams: list[Stream] = []
        self.helpers: list[Duck] = []
        self.begun: list[tuple[Call, Exchange, dt.datetime]] = []

    # What staging asks for ------------------------------------------------------------------------------------------

    def keep(self, query: str, *, once: bool) -> str:
        self.check()
        name = self._name()
        if once and self._elsewhere(query):
            self.queries[name] = query
        else:
            self._table(name, query)
        return name

    def width(self, query: str) -> list[str]:
        return [column.name for column in self.duck.describe(query)]

    def append(self, name: str, other: str) -> int:
        return self.duck.run(f'INSERT INTO "{name}" SELECT * FROM "{other}"')  # noqa: S608 - names of ours

    def answer(self, name: str, calls: Sequence[Call]) -> list[str]:
        if not calls:
            # Nothing is asked of these rows after all: the statement reads them as they are.
            if name in self.queries:
                self._table(name, self.queries.pop(name))
            return [name]
        if name in self.queries:
            query = self.queries.pop(name)
            if self._elsewhere(" ".join(text for call in calls for text in (*call.arguments, call.guard))):
                return [self._stream(name, query, calls)]
            self._table(name, query)
        beside = self._name()
        self.tables.append(beside)
        answer_kept(name, beside, self._pipeline(calls), self.duck)
        return [name, beside]

    # Relations ------------------------------------------------------------------------------------------------------

    def _name(self) -> str:
        self.count += 1
        return f"_rs_kept_{self.query_id}_{self.count}"

    def _table(self, name: str, query: str) -> None:
        self.tables.append(name)
        columns = ", ".join(f"c{index}" for index in range(len(self.width(query))))
        self.duck.run(f'CREATE TEMP TABLE "{name}"({columns}) AS {query}')

    def _elsewhere(self, text: str) -> bool:
        """Whether another connection would read the same: a constant call's answer is in a temporary table, too."""
        if self.helper is None:
            return False
        if self.temporary is None:
            found = self.duck.rows("SELECT table_name FROM duckdb_tables() WHERE temporary")
            self.temporary = [name for (name,) in found]
        return not any(name in text for name in (*self.temporary, *self.tables))

    def _opened(self) -> Duck:
        """A connection beside the session's; it knows the streams so far."""
        if self.helper is None:
            raise SqlError("XX000", "internal error: no second connection")
        made = self.helper()
        self.helpers.append(made)
        for stream in self.streams:
            stream.on(made)
        return made

    def _stream(self, name: str, query: str, calls: Sequence[Call]) -> str:
        source = self._opened()
        columns = ", ".join(f"c{index}" for index in range(len(self.width(query))))
        rows = f"SELECT * FROM ({query}) AS q({columns})"  # noqa: S608 - a rendered tree
        made = Stream(name=name, query=rows, pipeline=self._pipeline(calls), source=source)
        self.streams.append(made)
        made.on(self.duck)
        return name

    def _pipeline(self, calls: Sequence[Call]) -> Pipeline:
        late = any(call.depends(calls[:index]) for index, call in enumerate(calls))
        helper = self._opened() if late and self.helper is not None else self.duck
        return Pipeline(calls=tuple(calls), exchanges=tuple(map(self._exchange, calls)), helper=helper)

    def _exchange(self, call: Call) -> Exchange:
        function = call.function
        if function.external is None:
            raise SqlError("XX000", f"{function} is not an external function")
        made = Exchange(
            function=function,
            envelope=Envelope(
                user=self.user,
                database=self.database,
                function=f"{function.schema}.{function.name}",
                query_id=self.query_id,
            ),
            retrying=self.retrying,
            pool=self.pool,
            in_flight=self.in_flight,
            text=call.text,
            answer=call.answer,
            check=self.check,
            permit=self.permit,
        )
        self.begun.append((call, made, self.clock()))
        return made

    # The end --------------------------------------------------------------------------------------------------------

    def check(self) -> None:
        if self.cancelled():
            raise SqlError("57014", "canceling statement due to user request")

    @contextmanager
    def told(self) -> Iterator[None]:
        """What went wrong inside a stream comes out as it was raised there: DuckDB passes on its words only."""
        try:
            yield
        except SqlError as error:
            within = next((stream.error for stream in self.streams if stream.error is not None), None)
            if within is None:
                raise
            raise within from error

    def interrupt(self) -> None:
        """Ends what runs on the connections beside the session's, from another thread."""
        for helper in self.helpers:
            helper.interrupt()

    def drop(self) -> None:
        """Ends the relations of the statement, and writes down what its calls came to."""
        for stream in self.streams:
            stream.off(self.duck)
            stream.close()
        for helper in self.helpers:
            helper.connection.close()
        self.streams, self.helpers = [], []
        for call, exchange, start in self.begun:
            if exchange.counts.invocations:
                self.details.add(self._detail(call, exchange, start))
        self.begun = []
        while self.tables:
            self.duck.run(f'DROP TABLE IF EXISTS temp."{self.tables.pop()}"')

    def _detail(self, call: Call, exchange: Exchange, start: dt.datetime) -> Detail:
        external = call.function.external
        return Detail(
            query_id=self.query_id,
            transaction_id=self.transaction_id,
            function_oid=call.function.oid,
            function_position=call.position,
            lambda_function_name=external.lambda_name if external else "",
            start_time=start,
            end_time=self.clock(),
            invocations=exchange.counts.invocations,
            total_rows=exchange.counts.rows,
            input_bytes=exchange.counts.input_bytes,
            output_bytes=exchange.counts.output_bytes,
        )
