"""Statements of the Data API and their lives: SUBMITTED, PICKED, STARTED, and then FINISHED, FAILED or ABORTED."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.local.data_api.access import Access
    from builder.local.data_api.results import Kept
    from builder.local.engine.backend import Session

SUBMITTED, PICKED, STARTED = "SUBMITTED", "PICKED", "STARTED"
FINISHED, FAILED, ABORTED = "FINISHED", "FAILED", "ABORTED"
ENDS = frozenset({FINISHED, FAILED, ABORTED})


@dataclass(kw_only=True)
class Part:
    """One SQL text of a statement. `rows` and `size` are -1 while nothing is counted; times are epoch seconds."""

    id: str
    sql: str
    created: float
    updated: float
    status: str = SUBMITTED
    error: str = ""
    duration: int = 0
    rows: int = -1
    size: int = -1
    query: int = 0
    has_result: bool = False
    kept: Kept | None = None

    def described(self) -> dict[str, Any]:
        """The members that a statement and a sub-statement have in common."""
        return {
            "Id": self.id,
            "QueryString": self.sql,
            "Status": self.status,
            "CreatedAt": self.created,
            "UpdatedAt": self.updated,
            "Duration": self.duration,
            "ResultRows": self.rows,
            "ResultSize": self.size,
            "RedshiftQueryId": self.query,
            "HasResultSet": self.has_result,
            **({"Error": self.error} if self.error else {}),
        }


@dataclass(kw_only=True)
class Statement:
    """What ExecuteStatement or BatchExecuteStatement was asked for. `values` are its parameters by name.

    `mode` is TRANSACTION or AUTO_COMMIT for a batch, "" for a single statement; `keep_alive` None where no session is
    to outlive it.
    """

    id: str
    sqls: tuple[str, ...]
    access: Access
    created: float
    clock: Callable[[], float]
    pid: int
    name: str = ""
    values: dict[str, str] = field(default_factory=dict)
    format: str = "JSON"
    mode: str = ""
    session_id: str = ""
    keep_alive: int | None = None

    def __post_init__(self) -> None:
        self.changed = threading.Condition()
        self.status = SUBMITTED
        self.error = ""
        self.updated = self.created
        self.duration = 0
        self.cancelled = False
        self.waiting = 0
        self.session: Session | None = None
        ids = [f"{self.id}:{number}" if self.mode else self.id for number in range(1, len(self.sqls) + 1)]
        self.parts = [
            Part(id=each, sql=sql, created=self.created, updated=self.created)
            for each, sql in zip(ids, self.sqls, strict=True)
        ]

    @property
    def bytes(self) -> int:
        """What its texts weigh, roughly."""
        return sum(map(len, self.sqls)) + sum(map(len, self.values.values()))

    @property
    def done(self) -> bool:
        return self.status in ENDS

    def part(self, suffix: str) -> Part | None:
        """`2` of `...:2`; without a suffix the only statement, None for a whole batch."""
        if not suffix:
            return None if self.mode else self.parts[0]
        number = int(suffix) - 1
        return self.parts[number] if self.mode and 0 <= number < len(self.parts) else None

    def move(self, status: str, error: str = "") -> None:
        """The next status, for everyone who waits for it."""
        with self.changed:
            self.status, self.error, self.updated = status, error, self.clock()
            if not self.mode and not self.parts[0].error:
                self.parts[0].status, self.parts[0].error, self.parts[0].updated = status, error, self.updated
            self.changed.notify_all()

    def abort(self, why: str) -> None:
        """A statement whose turn has not come."""
        for part in self.parts:
            self.end(part, ABORTED, f"ERROR: {why}")
        self.move(ABORTED, f"ERROR: {why}")

    def end(self, part: Part, status: str, error: str = "") -> None:
        part.status, part.error, part.updated = status, error, self.clock()

    def close(self) -> None:
        """Lets the results go."""
        for part in self.parts:
            if part.kept is not None:
                part.kept.close()

    def described(self) -> dict[str, Any]:
        """DescribeStatement's reply."""
        whole = self._batch() if self.mode else self.parts[0].described()
        whole |= {
            "Id": self.id,
            "Status": self.status,
            "CreatedAt": self.created,
            "UpdatedAt": self.updated,
            "Duration": self.duration,
            "RedshiftPid": self.pid,
            "ResultFormat": self.format,
            **self.access.shown(),
        }
        if self.error:
            whole["Error"] = self.error
        if self.values:
            whole["QueryParameters"] = self._parameters()
        if self.session_id:
            whole["SessionId"] = self.session_id
        return whole

    def _batch(self) -> dict[str, Any]:
        # The developer guide's sample: the counts are the sums, and the batch itself has no query id.
        ended = [part for part in self.parts if part.rows >= 0]
        return {
            "ExecutionMode": self.mode,
            "HasResultSet": self.has_result,
            "RedshiftQueryId": 0,
            "ResultRows": sum(part.rows for part in ended) if ended else -1,
            "ResultSize": sum(part.size for part in ended) if ended else -1,
            "SubStatements": [part.described() for part in self.parts],
        }

    @property
    def has_result(self) -> bool:
        return any(part.has_result for part in self.parts)

    def listed(self) -> dict[str, Any]:
        """One entry of ListStatements."""
        texts: dict[str, Any] = {"QueryStrings": list(self.sqls)} if self.mode else {"QueryString": self.sqls[0]}
        entry = {
            "Id": self.id,
            **texts,
            "Status": self.status,
            "CreatedAt": self.created,
            "UpdatedAt": self.updated,
            "IsBatchStatement": bool(self.mode),
            "ResultFormat": self.format,
        }
        optional = {
            "StatementName": self.name,
            "SecretArn": self.access.secret,
            "QueryParameters": self._parameters(),
            "SessionId": self.session_id,
        }
        return entry | {name: value for name, value in optional.items() if value}

    def _parameters(self) -> list[dict[str, str]]:
        return [{"name": name, "value": value} for name, value in self.values.items()]
