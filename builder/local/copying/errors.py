"""What COPY could not load: the rows of STL_LOAD_ERRORS and SYS_LOAD_ERROR_DETAIL, of the last loads of all sessions.

They are of the endpoint, not of a transaction: a load that failed is rolled back, and leaves them.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

KEPT = 10_000


@dataclass(frozen=True, kw_only=True)
class LoadError:
    """One record that was refused. Times in UTC; `raw` is cut at 1,024 characters, as in Redshift."""

    query: int
    transaction: int
    session: int
    table: str
    time: dt.datetime
    file: str
    line: int
    column: str = ""
    type: str = ""
    length: str = ""
    raw: str = ""
    value: str = ""
    code: int
    reason: str


@dataclass
class LoadErrors:
    """The newest, in memory."""

    rows: deque[LoadError] = field(default_factory=lambda: deque(maxlen=KEPT))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, error: LoadError) -> None:
        with self.lock:
            self.rows.append(error)

    def all(self) -> list[LoadError]:
        with self.lock:
            return list(self.rows)


def stl_columns(rows: Sequence[LoadError]) -> Iterator[tuple[str, str, list[Any]]]:
    """STL_LOAD_ERRORS: name, DuckDB type, values. Source: Redshift, "STL_LOAD_ERRORS"."""
    yield "userid", "INTEGER", [100 for _ in rows]
    yield "slice", "INTEGER", [0 for _ in rows]
    yield "tbl", "INTEGER", [0 for _ in rows]
    yield "starttime", "TIMESTAMP", [row.time.isoformat(" ") for row in rows]
    yield "session", "INTEGER", [row.session for row in rows]
    yield "query", "INTEGER", [row.query for row in rows]
    yield "filename", "VARCHAR", [row.file for row in rows]
    yield "line_number", "BIGINT", [row.line for row in rows]
    yield from _texts(rows, {"colname": "column", "type": "type", "col_length": "length"})
    yield "position", "INTEGER", [0 for _ in rows]
    yield from _texts(rows, {"raw_line": "raw", "raw_field_value": "value"})
    yield "err_code", "INTEGER", [row.code for row in rows]
    yield "err_reason", "VARCHAR", [row.reason for row in rows]
    yield "is_partial", "INTEGER", [0 for _ in rows]
    yield "start_offset", "BIGINT", [0 for _ in rows]
    yield "copy_job_id", "BIGINT", [0 for _ in rows]


def sys_columns(rows: Sequence[LoadError]) -> Iterator[tuple[str, str, list[Any]]]:
    """SYS_LOAD_ERROR_DETAIL. Source: Redshift, "SYS_LOAD_ERROR_DETAIL"."""
    yield "user_id", "INTEGER", [100 for _ in rows]
    yield "query_id", "BIGINT", [row.query for row in rows]
    yield "transaction_id", "BIGINT", [row.transaction for row in rows]
    yield "session_id", "INTEGER", [row.session for row in rows]
    yield "database_name", "VARCHAR", ["dev" for _ in rows]
    yield "table_id", "INTEGER", [0 for _ in rows]
    yield "start_time", "TIMESTAMP", [row.time.isoformat(" ") for row in rows]
    yield "file_name", "VARCHAR", [row.file for row in rows]
    yield "line_number", "BIGINT", [row.line for row in rows]
    yield from _texts(rows, {"column_name": "column", "column_type": "type", "column_length": "length"})
    yield "position", "INTEGER", [0 for _ in rows]
    yield "error_code", "INTEGER", [row.code for row in rows]
    yield "error_message", "VARCHAR", [row.reason for row in rows]


def _texts(rows: Sequence[LoadError], names: dict[str, str]) -> Iterator[tuple[str, str, list[Any]]]:
    for name, attribute in names.items():
        yield name, "VARCHAR", [getattr(row, attribute) for row in rows]
