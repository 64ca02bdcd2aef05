"""Answers external calls over kept rows: batches out of DuckDB, several in flight, answers back in order."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from builder.local.calls import batches
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from builder.local.calls.invoker import Retrying
    from builder.local.engine.duck import Duck
    from builder.local.objects.functions import External, Function

KEPT = 10_000


@dataclass(frozen=True, kw_only=True)
class Detail:
    """One row of SYS_LUDF_DETAIL: what the calls of one function in one place of one query came to.

    Times in UTC, duration in microseconds, sizes in bytes of JSON.
    """

    query_id: int
    transaction_id: int
    function_oid: int
    function_position: int
    lambda_function_name: str
    start_time: dt.datetime
    end_time: dt.datetime
    invocations: int
    total_rows: int
    input_bytes: int
    output_bytes: int


@dataclass
class Details:
    """The last calls of all sessions, in memory: counts are of the endpoint, not of a transaction."""

    rows: deque[Detail] = field(default_factory=lambda: deque(maxlen=KEPT))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, detail: Detail) -> None:
        with self.lock:
            self.rows.append(detail)

    def all(self) -> list[Detail]:
        with self.lock:
            return list(self.rows)


@dataclass(kw_only=True)
class Caller:
    """Calls functions for one statement of one session."""

    duck: Duck
    retrying: Retrying
    pool: ThreadPoolExecutor
    details: Details
    user: str
    database: str
    query_id: int
    transaction_id: int
    in_flight: int = 4
    cancelled: Callable[[], bool] = lambda: False
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
    names: list[str] = field(default_factory=list)

    def _name(self) -> str:
        name = f"_rs_kept_{self.query_id}_{len(self.names)}"
        self.names.append(name)
        return name

    def keep(self, query: str) -> str:
        name = self._name()
        width = len(self.width(query))
        columns = ", ".join(f"c{index}" for index in range(width))
        self.duck.run(f'CREATE TEMP TABLE "{name}"({columns}) AS {query}')
        return name

    def width(self, query: str) -> list[str]:
        return [column.name for column in self.duck.describe(query)]

    def drop(self) -> None:
        """Ends the relations of the statement."""
        while self.names:
            self.duck.run(f'DROP TABLE IF EXISTS temp."{self.names.pop()}"')

    def answer(self, function: Function, source: str, arguments: Sequence[str], guard: str, position: int) -> str:
        external = function.external
        if external is None:
            raise SqlError("XX000", f"{function} is not an external function")
        sent = self._arguments(function, source, arguments, guard)
        answers = self._answers(function)
        start = self.clock()
        totals = self._exchange(function, external, sent, answers)
        self.details.add(
            Detail(
                query_id=self.query_id,
                transaction_id=self.transaction_id,
                function_oid=function.oid,
                function_position=position,
                lambda_function_name=external.lambda_name,
                start_time=start,
                end_time=self.clock(),
                invocations=totals[0],
                total_rows=totals[1],
                input_bytes=totals[2],
                output_bytes=totals[3],
            )
        )
        return self._aligned(source, sent, answers) if guard else answers

    def _arguments(self, function: Function, source: str, arguments: Sequence[str], guard: str) -> str:
        """The JSON list of each row's arguments, written by DuckDB: exact for BIGINT and DECIMAL."""
        name = self._name()
        parts = [_finite(text, kind.name) for text, kind in zip(arguments, function.arguments, strict=True)]
        row = f"CAST(json_array({', '.join(parts)}) AS VARCHAR)"
        query = f"SELECT {row} AS x FROM {source}"  # noqa: S608 - rendered trees
        if guard:
            # A CASE and not a WHERE, so that DuckDB evaluates no argument of a row that does not count.
            guarded = f"CASE WHEN {guard} THEN {row} END AS x, row_number() OVER () - 1 AS r"
            query = f"SELECT x, r FROM (SELECT {guarded} FROM {source}) WHERE x IS NOT NULL"  # noqa: S608 - rendered trees
        self.duck.run(f'CREATE TEMP TABLE "{name}" AS {query}')
        return name

    def _answers(self, function: Function) -> str:
        name = self._name()
        self.duck.run(f'CREATE TEMP TABLE "{name}"(v {function.returns.duck})')
        return name

    def _aligned(self, source: str, sent: str, answers: str) -> str:
        """With a NULL for every row that was not sent."""
        name = self._name()
        rows = f"SELECT row_number() OVER () - 1 AS i FROM {source}"  # noqa: S608 - names of ours
        known = f'SELECT s.r, t.v FROM "{sent}" AS s POSITIONAL JOIN "{answers}" AS t'  # noqa: S608 - names of ours
        query = f"SELECT a.v FROM ({rows}) AS r LEFT JOIN ({known}) AS a ON r.i = a.r ORDER BY r.i"  # noqa: S608 - as above
        self.duck.run(f'CREATE TEMP TABLE "{name}" AS {query}')
        return name

    def _exchange(self, function: Function, external: External, sent: str, answers: str) -> tuple[int, int, int, int]:
        """Every batch there and back. At most `in_flight` are under way, and answers are stored in order."""
        envelope = batches.Envelope(
            user=self.user,
            database=self.database,
            function=f"{function.schema}.{function.name}",
            query_id=self.query_id,
        )
        lengths = self.duck.array(f'SELECT strlen(x) AS n FROM "{sent}"')  # noqa: S608 - a name of ours
        slices = batches.bounds(
            np.asarray(lengths), overhead=envelope.overhead, rows=external.max_batch_rows, size=external.max_batch_size
        )
        # Row ids of a transaction that is under way count from a number near 2^55, all others from 0: no window
        # function has to number a million rows.
        first = self.duck.rows(f'SELECT coalesce(min(rowid), 0) FROM "{sent}"')[0][0]  # noqa: S608 - a name of ours
        waiting: deque[tuple[Future[bytes], int]] = deque()
        input_bytes = output_bytes = 0
        try:
            for start, end in slices:
                self._check()
                if len(waiting) >= self.in_flight:
                    output_bytes += self._store(waiting, function, answers)
                batch = f'SELECT x FROM "{sent}" WHERE rowid >= {first + start} AND rowid < {first + end}'  # noqa: S608 - ours
                rows = self.duck.array(batch).tolist()
                payload = envelope.wrap(str(uuid.uuid4()).upper(), rows)
                _check_size(payload, end - start, function)
                input_bytes += len(payload)
                work = self.pool.submit(self.retrying, external.lambda_name, payload, external.retry_timeout)
                waiting.append((work, end - start))
            while waiting:
                output_bytes += self._store(waiting, function, answers)
        finally:
            for work, _ in waiting:
                work.cancel()
        return len(slices), len(lengths), input_bytes, output_bytes

    def _store(self, waiting: deque[tuple[Future[bytes], int]], function: Function, answers: str) -> int:
        """The oldest batch's answers, appended; its size in bytes."""
        work, count = waiting[0]
        body = self._result(work)
        waiting.popleft()
        columns = batches.columns(batches.read_reply(body, function, count), function.returns)
        with self.duck.lent("_rs_reply", columns):
            value = f"CASE WHEN n THEN NULL ELSE CAST(v AS {function.returns.duck}) END"
            self.duck.run(f'INSERT INTO "{answers}" SELECT {value} FROM _rs_reply')  # noqa: S608 - ours
        return len(body)

    def _result(self, work: Future[bytes]) -> bytes:
        while not wait([work], timeout=0.2).done:
            self._check()
        return work.result()

    def _check(self) -> None:
        if self.cancelled():
            raise SqlError("57014", "canceling statement due to user request")


def _finite(text: str, kind: str) -> str:
    """JSON has no NaN and no infinity."""
    if kind not in {"real", "double precision"}:
        return text
    message = "[22P02] a number that is not finite cannot be sent to an external function: pass it as VARCHAR"
    return f"CASE WHEN isfinite({text}) OR ({text}) IS NULL THEN {text} ELSE error('{message}') END"


def _check_size(payload: bytes, rows: int, function: Function) -> None:
    if len(payload) > batches.PAYLOAD_LIMIT:
        raise SqlError(
            "54000",
            f"a batch of {rows} row(s) for {function} has {len(payload)} bytes; Lambda takes {batches.PAYLOAD_LIMIT}",
            hint="lower MAX_BATCH_SIZE, or send a shorter value",
        )


def detail_columns(rows: Sequence[Detail]) -> Iterator[tuple[str, str, list[Any]]]:
    """SYS_LUDF_DETAIL's columns: name, DuckDB type, values. Source: Redshift, "SYS_LUDF_DETAIL"."""
    yield "user_id", "INTEGER", [100 for _ in rows]
    for name in ("transaction_id", "query_id", "function_oid"):
        yield name, "BIGINT", [getattr(row, name) for row in rows]
    yield "function_position", "INTEGER", [row.function_position for row in rows]
    for name in ("stream_id", "segment_id", "step_id"):
        yield name, "INTEGER", [0 for _ in rows]
    yield "lambda_function_name", "VARCHAR", [row.lambda_function_name for row in rows]
    for name in ("start_time", "end_time"):
        yield name, "TIMESTAMP", [getattr(row, name).isoformat(" ") for row in rows]
    spans = [row.end_time - row.start_time for row in rows]
    yield "total_duration", "BIGINT", [span // dt.timedelta(microseconds=1) for span in spans]
    yield "invocations", "INTEGER", [row.invocations for row in rows]
    for name in ("total_rows", "input_bytes", "output_bytes"):
        yield name, "BIGINT", [getattr(row, name) for row in rows]
