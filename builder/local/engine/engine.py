"""What all sessions of the endpoint share: the database, Lambda, and the counts of its calls."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from builder.local.calls.external import Details
from builder.local.engine.backend import Session
from builder.local.engine.duck import Duck

if TYPE_CHECKING:
    import duckdb

    from builder.local.calls.invoker import Invoker

IN_FLIGHT = 4


@dataclass(kw_only=True)
class Engine:
    """`name` is the database that clients connect to; `in_flight` bounds the Lambda calls of one function at a time."""

    database: duckdb.DuckDBPyConnection
    invoker: Invoker
    name: str = "dev"
    in_flight: int = IN_FLIGHT
    details: Details = field(default_factory=Details)

    def __post_init__(self) -> None:
        self.pool = ThreadPoolExecutor(max_workers=4 * self.in_flight, thread_name_prefix="lambda")
        self.query_ids = itertools.count(1)
        self.opening = threading.Lock()

    def session(self, user: str) -> Session:
        with self.opening:
            return Session(engine=self, user=user, duck=Duck(self.database.cursor()))

    def close(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.database.close()
