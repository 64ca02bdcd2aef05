"""What all sessions of the endpoint share: the database, Lambda, and the counts of its calls."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from builder.local.calls.details import Details
from builder.local.copying.errors import LoadErrors
from builder.local.copying.objects import Objects, S3Objects
from builder.local.engine.backend import Session
from builder.local.engine.duck import EXCHANGES, Duck
from builder.local.engine.locks import TableLocks
from builder.local.objects.identities import ensure_master
from builder.local.sqlstate import ending

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from builder.local.calls.invoker import Invoker
    from builder.local.iam.gate import Gate

T = TypeVar("T")
IN_FLIGHT = 4
# How long the end of the endpoint waits for statements to notice it, in seconds; how often they are interrupted.
ENDING = 10.0
AGAIN = 0.05


@dataclass(kw_only=True)
class Engine:
    """`name` is the database that clients connect to, `master` the superuser that is always there; `in_flight` bounds
    the Lambda calls of one function at a time; `gate` asks IAM whether they may be made, None asks nobody.
    `external_types` may stand bare in external functions though the guide does not list them: see `carriers.py`.
    """

    database: duckdb.DuckDBPyConnection
    invoker: Invoker
    name: str = "dev"
    master: str = "awsuser"
    in_flight: int = IN_FLIGHT
    gate: Gate | None = None
    external_types: frozenset[str] = frozenset()
    details: Details = field(default_factory=Details)
    objects: Objects = field(default_factory=S3Objects)
    load_errors: LoadErrors = field(default_factory=LoadErrors)
    # UTC without a zone, as TIMESTAMP columns have it.
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
    locks: TableLocks = field(default_factory=TableLocks)

    def __post_init__(self) -> None:
        self.pool = ThreadPoolExecutor(max_workers=4 * self.in_flight, thread_name_prefix="lambda")
        self.query_ids = itertools.count(1)
        self.sessions: dict[int, Session] = {}
        self.change = object()
        # How often schemas have come or gone: sessions look along their search paths anew.
        self.schemas = 0
        self.ending = threading.Event()
        self.left = threading.Condition()
        self.opening = threading.Lock()
        self.ask(lambda duck: ensure_master(duck, self.master))

    def session(self, user: str) -> Session:
        """Raises SqlError 57P01 once the endpoint ends."""
        if self.ending.is_set():
            raise ending()
        made = Session(engine=self, user=user, duck=self.duck())
        with self.left:
            self.sessions[id(made)] = made
        return made

    def changed(self) -> None:
        """What names, types and rights mean may have changed: what was settled before is settled anew."""
        self.change = object()

    def forget(self, session: Session) -> None:
        """A session that has closed."""
        with self.left:
            self.sessions.pop(id(session), None)
            self.left.notify_all()

    def end(self, seconds: float = ENDING) -> bool:
        """Interrupts every statement until the sessions have closed: whether all have. No new ones are let in.

        One interrupt is not enough: between two steps of a statement nothing runs that would notice it.
        """
        self.ending.set()
        for _ in range(int(seconds / AGAIN)):
            with self.left:
                live = list(self.sessions.values())
            for session in live:
                session.cancel()
            with self.left:
                if self.left.wait_for(lambda: not self.sessions, AGAIN):
                    return True
        return False

    def duck(self) -> Duck:
        """One more connection."""
        with self.opening:
            return Duck(self.database.cursor())

    @property
    def exchange(self) -> str:
        """The one folder that the database may reach: files on their way to S3 or from there."""
        return next(str(name) for (name,) in self.database.execute(EXCHANGES).fetchall() if name.endswith("exchange/"))

    def ask(self, question: Callable[[Duck], T]) -> T:
        """On a connection of its own: what the endpoint itself wants to know."""
        connection = self.database.cursor()
        try:
            return question(Duck(connection))
        finally:
            connection.close()

    def close(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.database.close()
