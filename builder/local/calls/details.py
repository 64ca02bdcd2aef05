"""SYS_LUDF_DETAIL: what the calls of external functions came to. Source: Redshift, "SYS_LUDF_DETAIL"."""

from __future__ import annotations

import datetime as dt
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
